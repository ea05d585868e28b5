"""Every error answer on every route: its status, its kind of body, and that nothing is stored."""

import json
import socket

import httpx
import pytest
from redis import Redis

from service.store.keys import Keys
from service.web import body as body_reading
from service.web.answers import TWIML
from service.web.inbound import ORCHESTRATOR, TABLE, Inbound
from service.web.intake import MOST_PARAMETERS
from tests.inbound_requests import FORM, is_twiml, sample, signed_form, signed_json
from tests.real_receiver import RealReceiver
from tests.stored_events import entries, stored_events
from tests.twilio_callbacks import ACCOUNT, OTHER_ACCOUNT, OTHER_TOKEN, TOKEN, Signed, communication, signed

PRE = "/twilio/conversations-v1/pre"
LIMIT = 256 * 1024
ROUTES = [pytest.param(row, id=row.path) for row in TABLE]
GUARDED = [pytest.param(row, id=row.path) for row in TABLE if row.path != PRE]
OF_FORMS = [pytest.param(row, id=row.path) for row in TABLE if row.body == "form"]
WITHOUT_A_KEY = b"EventType=&Level=ERROR&Body=no+SID&Timestamp=now&AccountSid=" + ACCOUNT.encode()


def accepted(row: Inbound) -> Signed:
    """Return a request that the route takes."""
    return signed(communication(1)) if row.path == ORCHESTRATOR else sample(row.path)


def told(row: Inbound, answer: httpx.Response) -> tuple[int, bool]:
    """Return the status, and whether the body is of the kind that this route's errors have."""
    kind, content = answer.headers.get("content-type"), answer.content
    if row.path == PRE:
        return answer.status_code, (kind, content) == ("application/json", b"{}")
    if row.stored == TWIML:
        return answer.status_code, (kind, content) == ("text/xml", b"<Response/>")
    error = b"\n" not in content and ["error"] == list(json.loads(content))
    return answer.status_code, kind == "application/json" and error


def expected(row: Inbound, status: int) -> tuple[int, bool]:
    """Return what is told: this status, but on the route where no error may be."""
    return (200 if row.path == PRE else status), True


def nothing_stored(redis: Redis, keys: Keys) -> bool:
    """Return whether neither the log nor the malformed stream has anything."""
    return not redis.exists(keys.events, keys.malformed)


@pytest.mark.parametrize("row", ROUTES)
def test_every_route_takes_what_is_meant_for_it(
    receiver: RealReceiver, sync_redis: Redis, keys: Keys, row: Inbound
) -> None:
    """A signed request is stored, and answered as suits Twilio."""
    answer = receiver.send(accepted(row))
    kind, content = answer.headers.get("content-type"), answer.content

    assert row.stored.status == answer.status_code
    assert is_twiml(kind, content) if row.stored == TWIML else row.stored.body == content
    assert stored_events(sync_redis, keys)


@pytest.mark.parametrize("row", ROUTES)
def test_what_is_not_proven(receiver: RealReceiver, sync_redis: Redis, keys: Keys, row: Inbound) -> None:
    """403, and nothing is stored; a call's answer is TwiML that tells nothing."""
    request = accepted(row)
    bare = {name: value for name, value in request.headers.items() if name != "x-twilio-signature"}
    forged = [[], *([(b"x-twilio-signature", each)] for each in (b"", b"A" * 27 + b"=", "é".encode()))]
    sent = [[*((name.encode(), value.encode()) for name, value in bare.items()), *each] for each in forged]
    answers = [receiver.client.post(request.target, content=request.body, headers=each) for each in sent]

    assert {expected(row, 403)} == {told(row, answer) for answer in answers}
    assert nothing_stored(sync_redis, keys)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.path) for row in TABLE if "GET" in row.methods])
def test_a_get_that_is_not_proven(receiver: RealReceiver, sync_redis: Redis, keys: Keys, row: Inbound) -> None:
    """403, whether it has no parameters, those of a body that was signed, or some that nobody signed."""
    request = sample(row.path)
    queries = ("", "?Body=x", f"?{request.body.decode()}")
    answers = [receiver.send(Signed(row.path + query, b"", request.headers, "GET")) for query in queries]

    assert {expected(row, 403)} == {told(row, answer) for answer in answers}
    assert nothing_stored(sync_redis, keys)


@pytest.mark.parametrize("row", ROUTES)
def test_a_changed_request(receiver: RealReceiver, sync_redis: Redis, keys: Keys, row: Inbound) -> None:
    """One more character in a body that was signed is 403."""
    request = accepted(row)
    answer = receiver.send(Signed(request.target, request.body + b"1", request.headers))

    assert expected(row, 403) == told(row, answer)
    assert nothing_stored(sync_redis, keys)


@pytest.mark.parametrize("row", ROUTES)
@pytest.mark.parametrize(
    ("account", "token"), [(OTHER_ACCOUNT, TOKEN), (ACCOUNT, OTHER_TOKEN)], ids=["named", "signing"]
)
def test_the_key_of_another_account(
    receiver: RealReceiver, sync_redis: Redis, keys: Keys, row: Inbound, account: str, token: str
) -> None:
    """A key proves only what names its own account."""
    body = communication(1).replace(ACCOUNT.encode(), account.encode())
    request = signed(body, token=token) if row.path == ORCHESTRATOR else sample(row.path, account, token)
    answer = receiver.send(request)

    assert expected(row, 403) == told(row, answer)
    assert nothing_stored(sync_redis, keys)


@pytest.mark.parametrize("row", ROUTES)
def test_what_is_signed_but_cannot_be_read(receiver: RealReceiver, sync_redis: Redis, keys: Keys, row: Inbound) -> None:
    """400, and it is kept for people to look at."""
    body = WITHOUT_A_KEY if row.body == "form" else b'{"eventType":'
    request = signed_form(row.path, body) if row.body == "form" else signed_json(row.path, body)
    answer = receiver.send(request)
    (kept,) = entries(sync_redis, keys.malformed)

    assert expected(row, 400) == told(row, answer)
    assert (row.path.encode(), b"POST", body) == (kept[b"route"], kept[b"method"], kept[b"body"])
    assert [] == stored_events(sync_redis, keys)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.path) for row in TABLE if "GET" in row.methods])
def test_the_query_of_a_malformed_get_is_kept(
    receiver: RealReceiver, sync_redis: Redis, keys: Keys, row: Inbound
) -> None:
    """It is all that there was."""
    answer = receiver.send(signed_form(row.path, WITHOUT_A_KEY, "GET"))
    (kept,) = entries(sync_redis, keys.malformed)

    assert expected(row, 400) == told(row, answer)
    assert (b"GET", WITHOUT_A_KEY) == (kept[b"method"], kept[b"body"])


@pytest.mark.parametrize("row", ROUTES)
def test_other_methods(receiver: RealReceiver, sync_redis: Redis, keys: Keys, row: Inbound) -> None:
    """405 with those that are possible."""
    others = {"GET", "PUT", "PATCH", "DELETE", "OPTIONS"} - row.methods
    answers = [receiver.client.request(method, row.path) for method in sorted(others)]

    assert {expected(row, 405)} == {told(row, answer) for answer in answers}
    assert {", ".join(sorted(row.methods))} == {answer.headers["allow"] for answer in answers}
    assert nothing_stored(sync_redis, keys)


@pytest.mark.parametrize("row", ROUTES)
def test_other_content_types(receiver: RealReceiver, sync_redis: Redis, keys: Keys, row: Inbound) -> None:
    """415, also for JSON where a form is wanted, and for a form where JSON is."""
    request = accepted(row)
    other = {"form": "application/json", "json": FORM}[row.body]
    answers = [
        receiver.send(Signed(request.target, request.body, {**request.headers, "content-type": given}))
        for given in ("", "text/plain", "application/xml", "multipart/form-data; boundary=x", f"x-{other}", other)
    ]

    assert {expected(row, 415)} == {told(row, answer) for answer in answers}
    assert nothing_stored(sync_redis, keys)


@pytest.mark.parametrize("row", ROUTES)
def test_a_body_that_is_too_large(receiver: RealReceiver, sync_redis: Redis, keys: Keys, row: Inbound) -> None:
    """413, whether it is signed or not."""
    body = b"Body=" + b"x" * LIMIT
    request = signed_form(row.path, body) if row.body == "form" else signed_json(row.path, body)
    answer = receiver.send(request)

    assert expected(row, 413) == told(row, answer)
    assert nothing_stored(sync_redis, keys)


@pytest.mark.parametrize("row", OF_FORMS)
def test_more_parameters_than_are_sorted(receiver: RealReceiver, sync_redis: Redis, keys: Keys, row: Inbound) -> None:
    """413 before the signature is looked at: to sort so many would cost all others their time."""
    answer = receiver.send(Signed(row.path, b"&" * (MOST_PARAMETERS + 1), {"content-type": FORM}))

    assert expected(row, 413) == told(row, answer)
    assert nothing_stored(sync_redis, keys)


@pytest.mark.parametrize("row", GUARDED)
def test_a_body_that_stalls(receiver: RealReceiver, monkeypatch: pytest.MonkeyPatch, row: Inbound) -> None:
    """408, and the connection is closed."""
    monkeypatch.setattr(body_reading, "SLOWEST_BODY", 0.2)
    with receiver.socket() as connection:
        answer = said_to_half_a_request(connection, row)

    assert answer.startswith(b"HTTP/1.1 408 ")


def said_to_half_a_request(connection: socket.socket, row: Inbound) -> bytes:
    """Send the beginning of a request and return all that comes until the connection is closed."""
    kind = {"form": FORM, "json": "application/json"}[row.body]
    head = f"POST {row.path} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\ncontent-length: 100\r\n\r\n"
    connection.sendall(head.encode() + b"Body=")
    said = b""
    while part := connection.recv(1000):
        said += part
    return said
