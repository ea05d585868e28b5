"""Behind the real nginx with the project's own file every signature holds, however a request is written."""

import pytest

from tests.nginx_front import Front, needs_nginx
from tests.raw_http import Recorder, written
from tests.receivers_behind import Behind
from tests.twilio_callbacks import ACCOUNT, PUBLIC_URL, communication
from tests.twilio_signer import json_request, recorded, recorded_request, signature

pytestmark = needs_nginx

PATH = "/twilio/orchestrator"
MESSAGE = f"AccountSid={ACCOUNT}&MessageSid=SM487ca4ead319907e790c7246fc506f48&From=%2B12025550123&To=%2B12025550188"
ODD_QUERIES = {
    "blank as %20": "name=a%20b",
    "blank as plus": "name=a+b",
    "plus": "name=%2B12025550123",
    "apostrophe": "name=o'hara",
    "encoded apostrophe": "name=o%27hara",
    "lower hex": "name=%c3%a9%2f",
    "upper hex": "name=%C3%A9%2F",
    "needless encoding": "n%61me=%41",
    "emoji": "Body=%F0%9F%98%80%E2%80%8D%F0%9F%92%BB",
    "slashes": "next=http://example.com//a//../b/./c",
    "empty values": "a=&b&=c&&",
    "the same name again": "a=2&a=1&a=2",
    "question marks": "a?b=c?d",
    "semicolons and brackets": "a[]=1;b=(2)|{3}*!$,:@",
    "percent": "a=100%25&b=%",
    "backslash and quotes": 'a=\\"<>^`',
}


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("name", recorded())
def test_every_recorded_request_keeps_its_signature(name: str, version: str, behind: Behind) -> None:
    """What Twilio's library has signed is answered as suits Twilio, over HTTP/1.0 too; nothing is unproven."""
    answer = behind.front.send(recorded_request(name, version))

    assert answer.status in recorded()[name]["expect"]["status"], answer


@pytest.mark.parametrize("query", ODD_QUERIES.values(), ids=ODD_QUERIES)
def test_odd_queries_keep_their_signature(query: str, behind: Behind) -> None:
    """However a query is written, the signature of a POST of JSON holds."""
    answer = behind.front.send(json_request(PATH, query, communication(1)))

    assert (204, b"") == (answer.status, answer.body)


@pytest.mark.parametrize("query", ODD_QUERIES.values(), ids=ODD_QUERIES)
def test_odd_messages_keep_their_signature(query: str, behind: Behind) -> None:
    """However the query of a GET is written, its signature holds: it is the message."""
    target = f"/twilio/message?{query}&{MESSAGE}"
    signed = {"X-Twilio-Signature": signature(PUBLIC_URL + target, "", "")}

    answer = behind.front.send(written("GET", target, signed))

    assert 200 == answer.status


@pytest.mark.parametrize("form", ODD_QUERIES.values(), ids=ODD_QUERIES)
def test_odd_forms_keep_their_signature(form: str, behind: Behind) -> None:
    """However a form is written, its signature holds, also at a URL with a bare question mark."""
    kind, body = "application/x-www-form-urlencoded", f"{form}&{MESSAGE}"
    signed = {"Content-Type": kind, "X-Twilio-Signature": signature(f"{PUBLIC_URL}/twilio/message", kind, body)}

    answer = behind.front.send(written("POST", "/twilio/message?", signed, body.encode()))

    assert 200 == answer.status


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "target",
    [
        *(f"/twilio/message?{query}" for query in ODD_QUERIES.values()),
        "/twilio/message",
        "/twilio/message?",
        "/twilio/message/",
        "/twilio//message///x//",
        "/twilio/m%65ssage/%2f%2F/%C3%A9/%c3%a9",
        "/twilio/a%20b/./c+d/../e'f;g=h",
    ],
)
def test_path_and_query_arrive_as_they_were_sent(
    target: str, method: str, before_recorder: Front, recorder: Recorder
) -> None:
    """The receiver gets the very bytes of the request line, and the body, whatever is written there."""
    answer = before_recorder.send(written(method, target, {}, b"a=%20+&b"))

    taken = recorder.taken[-1]
    assert (204, f"{method} {target} HTTP/1.1".encode(), b"a=%20+&b") == (answer.status, taken.line, taken.body)


def test_headers_arrive_as_they_were_sent(before_recorder: Front, recorder: Recorder) -> None:
    """Twilio's headers come through as they are, also large ones and ones with underscores in their names."""
    sent = {
        "X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        "X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_01,algorithm=HMAC_SHA256",
        "I-Twilio-Idempotency-Token": "eb0c6017-3493-4865-a0ce-0d5cfdc9e678",
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X_Home_Region": "us1",
        "X-Large": "x" * 60_000,
    }
    before_recorder.send(written("POST", "/twilio/message", sent, b"a=b"))

    taken = recorder.taken[-1].headers

    assert sent == {name: taken.get(name.lower()) for name in sent}
    assert not any(name.startswith("x-forwarded") for name in taken)
