"""Bodies that nobody expects, signed as they are, and what is neither stored nor told."""

import json
from urllib.parse import urlencode

import pytest
from redis import Redis

from service.store.keys import Keys
from service.web.inbound import TABLE, Inbound
from tests.eventually import eventually
from tests.hermetic_settings import hermetic_settings
from tests.inbound_requests import FORM, message, sample, signed_form, signed_json, signed_pairs
from tests.real_receiver import RealReceiver, running_receiver
from tests.stored_events import counted, stored_events
from tests.twilio_callbacks import Signed

ROUTES = [pytest.param(row, id=row.path) for row in TABLE]
STRANGE = {
    "a form of no UTF-8": b"MessageSid=%ff%fe&Body=\xff\xc3\x28",
    "a lone surrogate": b"MessageSid=%ed%a0%80&%ed%bf%bf=1",
    "nothing": b"",
    "only separators": b"&&&=&==&",
    "a name without value": b"MessageSid&CallSid&Sid",
    "10,000 parameters": urlencode([(f"P{n}", str(n)) for n in range(10_000)]).encode(),
    "10,000 repeats": b"&".join([b"MessageSid=x"] * 10_000),
    "JSON of absurd depth": b"MessageSid=SM1&MessageStatus=sent&Attributes=" + b"[" * 100_000,
    "JSON just deep enough": b"MessageSid=SM1&MessageStatus=sent&A=" + b"[" * 900 + b"]" * 900,
    "a long SID": b"MessageSid=" + b"x" * 129,
    "numbers out of range": b"MessageSid=SM1&A=%5B1e999%5D&B=%5B" + b"9" * 5000 + b"%5D",
}


@pytest.mark.parametrize("row", ROUTES)
def test_strange_bodies_do_no_harm(receiver: RealReceiver, sync_redis: Redis, keys: Keys, row: Inbound) -> None:
    """Signed as they are they are stored as JSON in UTF-8, or refused; never is a fault of ours the answer."""
    make = signed_form if row.body == "form" else signed_json
    answers = {name: receiver.send(make(row.path, body)).status_code for name, body in STRANGE.items()}

    assert set(answers.values()) <= {row.stored.status, 400}
    assert all(isinstance(json.loads(event.data), dict) for event in stored_events(sync_redis, keys))


def test_a_deep_text_is_kept_beside_the_others(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """What cannot be decoded stands there as it came, and nothing else of the message is lost."""
    deep = "[" * 10_000
    receiver.send(signed_pairs("/twilio/message", message(AddOns=deep, ChannelMetadata='{"type":"whatsapp"}')))
    (event,) = stored_events(sync_redis, keys)
    data = json.loads(event.data)

    assert (deep, {"ChannelMetadata": {"type": "whatsapp"}}) == (data["AddOns"], data["decoded"])


def test_report_mode_takes_unproven_forms(redis_url: str, sync_redis: Redis, keys: Keys) -> None:
    """With SIGNATURE_MODE=report a form without a signature is stored, in both methods, on every route, and counted."""
    forms = [row for row in TABLE if row.body == "form"]
    bodies = {row.path: sample(row.path).body for row in forms}
    posts = [Signed(row.path, bodies[row.path], {"content-type": FORM}) for row in forms]
    gets = [Signed(f"{row.path}?{bodies[row.path].decode()}", b"", {}, "GET") for row in forms if "GET" in row.methods]
    with running_receiver(hermetic_settings(redis_url, signature_mode="report")) as receiver:
        answers = [receiver.send(request).status_code for request in (*posts, *gets)]

        assert eventually(lambda: counted(sync_redis, keys, "unproven_accepted") == len(posts) + len(gets))
    by_method = [[row.stored.status for row in forms], [row.stored.status for row in forms if "GET" in row.methods]]
    assert by_method[0] + by_method[1] == answers
    # A fallback is the same message or call as its first; the recorded ones are, of the calls.
    assert len(forms) - 1 == len(stored_events(sync_redis, keys))


@pytest.mark.parametrize("request_", [signed_pairs("/twilio/message", message(), "GET")], ids=["get"])
def test_the_log_holds_nothing_of_a_query(
    receiver: RealReceiver, redis_url: str, capsys: pytest.CaptureFixture[str], request_: Signed
) -> None:
    """Where a GET is refused, its address is told without the message that it carries."""
    for target in (request_.target, f"{request_.target}1", request_.target.partition("?")[0] + "?Body=Text+1"):
        receiver.send(Signed(target, b"", request_.headers, "GET"))
    said = capsys.readouterr()

    assert "request.refused" in said.out + said.err
    assert not [word for word in ("Text+1", "Text 1", "12025550", redis_url) if word in said.out + said.err]
