"""Where an error would do harm: before an action of a chat, on a call, to a message."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from redis import Redis

from service.store.keys import Keys
from tests.eventually import eventually
from tests.hermetic_settings import hermetic_settings
from tests.inbound_requests import is_twiml, message, pairs_of, recorded, sample, signed_form, signed_pairs
from tests.real_receiver import RealReceiver, running_receiver
from tests.real_redis import Away, RealRedis, killed, stopped
from tests.stored_events import counted, stored_events
from tests.twilio_callbacks import ACCOUNT, Signed
from tests.voice_tables import AGENT, table, voices

PRE = "/twilio/conversations-v1/pre"
IN_TIME = 1.0
EMPTY = ("text/xml", b"<Response/>")
FORWARDED = voices(table("forward", f'dial = "{AGENT}"'))
CALLS = ["/twilio/voice", "/twilio/voice-fallback", "/twilio/relay-action"]


def at_once(receiver: RealReceiver, requests: Iterable[Signed]) -> list[tuple[float, httpx.Response]]:
    """Send requests side by side, and return the seconds that each took with its answer."""

    def timed(request: Signed) -> tuple[float, httpx.Response]:
        began = time.monotonic()
        answer = receiver.send(request)
        return time.monotonic() - began, answer

    with ThreadPoolExecutor(16) as threads:
        return list(threads.map(timed, requests))


def go_on(receiver: RealReceiver, requests: Iterable[Signed]) -> set[bool]:
    """Return whether answers let a customer's message through, and in time."""
    answers = at_once(receiver, requests)
    return {(200, b"{}") == (each.status_code, each.content) and took < IN_TIME for took, each in answers}


def before_an_action() -> dict[str, Signed]:
    """Return requests of every sort to the route on which no error may be answered."""
    good = recorded("cv1-onMessageAdd-preaction")
    return {
        "good": good,
        "get": recorded("cv1-onMessageAdd-preaction", "GET"),
        "unsigned": Signed(PRE, good.body, {"content-type": good.headers["content-type"]}),
        "malformed": signed_form(PRE, b"Body=x"),
        "too large": signed_form(PRE, b"EventType=onMessageAdd&Body=" + b"x" * 300_000),
        "other method": Signed(PRE, b"", {}, "DELETE"),
        "other type": Signed(PRE, b"{}", {"content-type": "application/json"}),
    }


@pytest.mark.parametrize("away", [killed, stopped])
def test_a_chat_goes_on_without_redis(own_redis: RealRedis, away: Away) -> None:
    """200 `{}` within a second, whatever is sent, with Redis and without, first and again."""
    requests = before_an_action().values()
    with running_receiver(hermetic_settings(own_redis.url)) as receiver:
        before = go_on(receiver, requests)
        with away(own_redis):
            without = go_on(receiver, requests) | go_on(receiver, requests)

    assert ({True}, {True}) == (before, without)


def test_a_chat_goes_on_while_a_body_stalls(receiver: RealReceiver) -> None:
    """Who sends half a request gets the answer within a second, too, and the connection is closed."""
    with receiver.socket() as connection:
        began = time.monotonic()
        head = f"POST {PRE} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n"
        connection.sendall(head.encode() + b"content-length: 100\r\n\r\nEventType=")
        said = b""
        while part := connection.recv(1000):
            said += part

    assert said.startswith(b"HTTP/1.1 200 ")
    assert said.endswith(b"\r\n\r\n{}")
    assert time.monotonic() - began < IN_TIME


def test_what_is_refused_before_an_action_is_counted(sync_redis: Redis, redis_url: str) -> None:
    """The answer hides it, so the counters must not."""
    keys = Keys("before:")
    with running_receiver(hermetic_settings(redis_url, key_prefix=keys.prefix)) as receiver:
        for request in before_an_action().values():
            receiver.send(request)
        reasons = {"missing_signature": 1, "malformed": 1, "too_large": 1, "method": 1, "content_type": 1}

        assert eventually(lambda: all(n == counted(sync_redis, keys, f"refused:{r}") for r, n in reasons.items()))
    # POST and GET say the same, and so do all that are equal.
    assert ["classic.onMessageAdd"] == [event.kind for event in stored_events(sync_redis, keys)]


@pytest.mark.parametrize("away", [killed, stopped])
def test_a_call_goes_on_without_redis(own_redis: RealRedis, keys: Keys, away: Away) -> None:
    """It gets the TwiML of its number, and that the event is lost is counted."""
    with running_receiver(hermetic_settings(own_redis.url), FORWARDED) as receiver:
        with away(own_redis):
            answers = [answer for _, answer in at_once(receiver, map(sample, CALLS))]
        with Redis.from_url(own_redis.url) as redis:
            assert eventually(lambda: counted(redis, keys, "refused:unstored") == len(CALLS))

    assert [True] * 3 == [is_twiml(each.headers["content-type"], each.content) for each in answers]
    assert [200] * 3 == [each.status_code for each in answers]
    assert [True, True, False] == [AGENT.encode() in each.content for each in answers]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_that_is_not_proven_is_told_nothing(redis_url: str, method: str) -> None:
    """What is said to callers, and to whom they are put through, is for Twilio; nor is it for what is no call."""
    query = f"?{sample(CALLS[0]).body.decode()}" if method == "GET" else ""
    forged = Signed(
        CALLS[0] + query, sample(CALLS[0]).body if method == "POST" else b"", sample(CALLS[1]).headers, method
    )
    malformed = signed_pairs(CALLS[0], [("AccountSid", ACCOUNT), ("To", "+12025550188")], method)
    with running_receiver(hermetic_settings(redis_url), FORWARDED) as receiver:
        answers = [receiver.send(each) for each in (forged, malformed)]

    assert [(403, *EMPTY), (400, *EMPTY)] == [
        (each.status_code, each.headers["content-type"], each.content) for each in answers
    ]


@pytest.mark.parametrize("away", [killed, stopped])
def test_a_message_is_not_answered_with_text(own_redis: RealRedis, away: Away) -> None:
    """Without Redis it is 503, with which Twilio goes to the fallback, and a body that it sends to nobody."""
    paths = ("/twilio/message", "/twilio/message-fallback")
    with running_receiver(hermetic_settings(own_redis.url)) as receiver, away(own_redis):
        answers = [answer for _, answer in at_once(receiver, map(sample, paths))]

    assert {(503, "5", *EMPTY)} == {
        (each.status_code, each.headers["retry-after"], each.headers["content-type"], each.content) for each in answers
    }


def test_a_call_and_a_chat_go_on_while_redis_is_full(own_redis: RealRedis) -> None:
    """What is shed elsewhere is answered there."""
    settings = hermetic_settings(own_redis.url, event_memory_share=0.5)
    with running_receiver(settings) as receiver, Redis.from_url(own_redis.url) as redis:
        redis.config_set("maxmemory", int(redis.info("memory")["used_memory"] * 1.5))
        assert eventually(lambda: receiver.send(signed_pairs("/twilio/message", message())).status_code == 503)
        answers = [receiver.send(sample(path)).status_code for path in (*CALLS, PRE)]

    assert [200] * 4 == answers


def test_the_same_words_in_two_chats_are_told_twice(receiver: RealReceiver, sync_redis: Redis, keys: Keys) -> None:
    """Before an action only requests with the same parameters are repeats, but for the number of the retry."""
    pairs = pairs_of("cv1-onMessageAdd-preaction")
    other = [(key, "CH" + "3" * 32 if key == "ConversationSid" else value) for key, value in pairs]
    for each in (pairs, [*pairs, ("RetryCount", "1")], other):
        receiver.send(signed_pairs(PRE, each))

    assert 2 == len(stored_events(sync_redis, keys))
