"""What the receiver does not take: each answer, and that nothing is stored."""

import json
import time

import httpx
import pytest
from redis import Redis

from service.store.keys import Keys
from service.twilio.signature import sign, sign_json_url
from service.web import body as body_reading
from tests.eventually import eventually
from tests.hermetic_settings import hermetic_settings
from tests.real_receiver import RealReceiver, running_receiver
from tests.stored_events import counted, entries, stored_events
from tests.twilio_callbacks import (
    ACCOUNT,
    OTHER_TOKEN,
    PATH,
    PUBLIC_URL,
    TOKEN,
    Signed,
    communication,
    conversation,
    fixture_body,
    signed,
    written,
)

BODY = communication(1)
LIMIT = 256 * 1024
HEAD = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n".encode()
MALFORMED = {
    "truncated": fixture_body("co-bad-truncated-json"),
    "without data": fixture_body("co-bad-missing-data"),
    "array": b"[" + BODY + b"]",
    "empty": b"",
    "no UTF-8": BODY.replace(b"Text 1", b"Text \xff"),
    "deep": b'{"eventType":"X","data":' + b"[" * 100_000,
    "long id": written("CONVERSATION_UPDATED", {"id": "x" * 129}, "2026-11-20T14:00:00Z"),
}


def error(answer: httpx.Response) -> tuple[int, bool]:
    """Return the status, and whether the body is one line of JSON that has only `error`."""
    told = answer.content
    return answer.status_code, b"\n" not in told and ["error"] == list(json.loads(told))


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_malformed_is_kept_for_people_to_look_at(
    receiver: RealReceiver, sync_redis: Redis, keys: Keys, body: bytes
) -> None:
    """A signed body that cannot be read gets 400 and stands in the capped stream, cut if it is long."""
    answer = receiver.send(signed(body))
    (kept,) = entries(sync_redis, keys.malformed)

    assert (400, True) == error(answer)
    assert (body[: 16 * 1024], str(len(body)).encode(), PATH.encode()) == (kept[b"body"], kept[b"size"], kept[b"route"])
    assert [] == stored_events(sync_redis, keys)


def test_the_stream_of_malformed_requests_is_capped(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """About a thousand are kept, the newest."""
    with sync_redis.pipeline(transaction=False) as pipeline:
        for _ in range(1500):
            pipeline.xadd(keys.malformed, {"body": "old"})
        pipeline.execute()
    receiver.post(b"new")

    assert 1000 <= sync_redis.xlen(keys.malformed) <= 1100
    assert b"new" == entries(sync_redis, keys.malformed)[-1][b"body"]


def test_refusals_are_counted_by_reason(sync_redis: Redis, redis_url: str) -> None:
    """The counters in Redis tell how often and why, under the prefix that is set."""
    keys = Keys("counting:")
    with running_receiver(hermetic_settings(redis_url, key_prefix=keys.prefix)) as receiver:
        for body in (b"", b"[]"):
            receiver.post(body)
        receiver.send(Signed(PATH, b"", {"content-type": "application/json"}))
        receiver.client.get(PATH)
        expected = {"malformed": 2, "missing_signature": 1, "method": 1}

        assert eventually(lambda: all(n == counted(sync_redis, keys, f"refused:{r}") for r, n in expected.items()))


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods(receiver: RealReceiver, method: str) -> None:
    """405, with the method that is possible."""
    answer = receiver.client.request(method, PATH)

    assert (405, "POST") == (answer.status_code, answer.headers["allow"])


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_can_only_be_read(receiver: RealReceiver, path: str) -> None:
    """Its methods are named, too."""
    answer = receiver.client.post(path)

    assert (405, "GET, HEAD") == (answer.status_code, answer.headers["allow"])
    assert 200 == receiver.client.get(path).status_code


@pytest.mark.parametrize(
    "path", ["/", "/twilio", f"{PATH}/", f"{PATH}/x", "/livez/", "/docs", "/metrics", "/%2e%2e/", "//evil.example/"]
)
def test_there_is_nothing_else(receiver: RealReceiver, path: str) -> None:
    """Other paths are not found, and none is redirected: Twilio would follow with a GET and call it a success."""
    assert (404, True) == error(receiver.client.post(path))


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_other_content_types(receiver: RealReceiver, content_type: str) -> None:
    """415: this route takes JSON."""
    assert (415, True) == error(receiver.send(signed(BODY, content_type=content_type)))


@pytest.mark.parametrize(
    ("size", "status"), [(LIMIT, 400), (LIMIT + 1, 413), (LIMIT * 40, 413)], ids=["limit", "one more", "much more"]
)
def test_the_size_of_a_body(receiver: RealReceiver, size: int, status: int) -> None:
    """256 KiB are read and judged; a byte more is too large."""
    assert status == receiver.post(b" " * size)


def test_an_announced_size_is_refused_unread(receiver: RealReceiver) -> None:
    """Content-Length is enough to say no, before a byte of the body came."""
    with receiver.socket() as connection:
        connection.sendall(HEAD + b"content-length: 262145\r\n\r\n")

        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body_is_refused_while_it_arrives(receiver: RealReceiver) -> None:
    """The answer comes when the limit is passed, not at the end of a body that never ends."""
    with receiver.socket() as connection:
        connection.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        for _ in range(5):
            connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")

        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("beginning", [b"", b"{"])
def test_a_body_that_stalls_is_not_waited_for(
    receiver: RealReceiver, monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    """Who sends the beginning and no more, or nothing at all, gets an answer, and the connection is closed."""
    monkeypatch.setattr(body_reading, "SLOWEST_BODY", 0.2)
    with receiver.socket() as connection:
        connection.sendall(HEAD + b"content-length: 100\r\n\r\n" + beginning)
        answer = b""
        while part := connection.recv(1000):
            answer += part

        assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_sender_that_goes_away_leaves_nothing(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """Half a callback is none, and the next one is served."""
    with receiver.socket() as connection:
        connection.sendall(HEAD + f"content-length: {len(BODY)}\r\n\r\n".encode() + BODY[:50])

    assert 204 == receiver.post(BODY)
    assert 1 == len(stored_events(sync_redis, keys))


def unproven() -> dict[str, Signed]:
    """Return requests that nobody should believe."""
    good = signed(BODY)
    url, signature = sign_json_url(TOKEN, "https://evil.example" + PATH, BODY)
    query = url.partition("?")[2]
    named = conversation("CLOSED", accountId="AC" + "9" * 32)
    return {
        "unsigned": Signed(good.target, BODY, {"content-type": "application/json"}),
        "empty signature": signed(BODY, x_twilio_signature=""),
        "tampered body": Signed(good.target, BODY.replace(b"Text 1", b"Text 2"), good.headers),
        "tampered query": Signed(good.target + "&x=1", BODY, good.headers),
        "without body hash": Signed(PATH, BODY, {**good.headers, "x-twilio-signature": sign(TOKEN, PUBLIC_URL + PATH)}),
        "another host": Signed(f"{PATH}?{query}", BODY, {**good.headers, "x-twilio-signature": signature}),
        "another token": signed(BODY, token="f" * 32),
        "host of the request": Signed(
            f"{PATH}?{query}", BODY,
            {**good.headers, "x-twilio-signature": signature, "host": "evil.example",
             "x-forwarded-host": "evil.example"},
        ),
        "key of another account": signed(BODY, token=OTHER_TOKEN),
        "account of nobody": signed(named),
    }  # fmt: skip


@pytest.mark.parametrize("request_", unproven().values(), ids=unproven())
def test_what_is_not_proven_changes_nothing(
    receiver: RealReceiver, sync_redis: Redis, keys: Keys, request_: Signed
) -> None:
    """403, and neither the log nor the malformed stream has anything of it."""
    answer = receiver.send(request_)

    assert (403, True) == error(answer)
    assert [0, 0] == [sync_redis.exists(keys.events), sync_redis.exists(keys.malformed)]


def test_the_answer_tells_no_secret(receiver: RealReceiver) -> None:
    """Why a signature does not match is for the log alone."""
    answer = receiver.send(signed(BODY, token="f" * 32))

    assert b'{"error":"forbidden"}' == answer.content


def test_report_mode_accepts_what_is_not_proven(sync_redis: Redis, keys: Keys, redis_url: str) -> None:
    """With SIGNATURE_MODE=report an unsigned callback is stored, and counted."""
    with running_receiver(hermetic_settings(redis_url, signature_mode="report")) as receiver:
        answer = receiver.send(Signed(PATH, BODY, {"content-type": "application/json"}))

        assert (204, 1) == (answer.status_code, len(stored_events(sync_redis, keys)))
        assert eventually(lambda: counted(sync_redis, keys, "unproven_accepted") == 1)


def test_a_callback_older_than_the_log_is_refused(sync_redis: Redis, keys: Keys, redis_url: str) -> None:
    """A captured signature never expires; what cannot be proved to be new is 403."""
    now = time.time()
    old, new = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - age)) for age in (3700, 3500))
    with running_receiver(hermetic_settings(redis_url, event_retention=3600)) as receiver:
        answers = [receiver.post(communication(n, at, f"conv_{n}")) for n, at in enumerate((old, new))]

    assert [403, 204] == answers
    assert [ACCOUNT] == [event.account_id for event in stored_events(sync_redis, keys)]
