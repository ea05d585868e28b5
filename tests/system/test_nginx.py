"""Behind the real nginx with the project's own file the receiver's answers come through, and nothing else gets in."""

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.nginx_front import Front, needs_nginx, running_front
from tests.raw_http import Answer, Recorder, written
from tests.real_redis import running_redis
from tests.receivers_behind import Behind, receivers_behind
from tests.twilio_callbacks import PUBLIC_URL, communication
from tests.twilio_signer import json_headers, json_request, json_target, signature

pytestmark = needs_nginx

PATH = "/twilio/orchestrator"


def error(answer: Answer) -> tuple[int, Any]:
    """Return the status and what the receiver says; nginx itself would say it in HTML."""
    return answer.status, json.loads(answer.body)


def root(answer: Answer) -> str:
    """Return the outermost element of an answer. Raises ParseError where it is not XML."""
    return ET.fromstring(answer.body).tag  # noqa: S314 - our own receiver's


def test_a_long_query_comes_through(behind: Behind) -> None:
    """The query of a GET that carries a long message of emoji is neither cut nor refused."""
    answer = behind.front.send(json_request(PATH, "Body=" + "%F0%9F%98%80" * 1600, communication(2)))

    assert 204 == answer.status


def test_a_chunked_body_comes_through(behind: Behind) -> None:
    """A body without an announced length is proved like any other."""
    body = communication(3)
    target = json_target(PATH, "", body)
    headers = {**json_headers(target), "Host": "hooks.example.com", "Transfer-Encoding": "chunked"}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:7], body[7:], b""))

    answer = behind.front.send(f"POST {target} HTTP/1.1\r\n{head}\r\n".encode() + chunks)

    assert 204 == answer.status


def test_a_caller_that_waits_for_leave_gets_it(behind: Behind) -> None:
    """A caller that sends its body only after 100 Continue is answered."""
    answer = behind.front.send(json_request(PATH, "", communication(4), {"Expect": "100-continue"}))

    assert 204 == answer.status


@pytest.mark.parametrize("size", [262_145, 1_000_000])
def test_what_is_too_large_gets_the_receivers_answer(size: int, behind: Behind) -> None:
    """A body above MAX_BODY_BYTES is refused by the receiver, with its own words, each time."""
    request = json_request(PATH, "", b"[" + b" " * (size - 2) + b"]")

    answers = [error(behind.front.send(request)) for _ in range(10)]

    assert [(413, {"error": "too large"})] * 10 == answers


def test_what_is_unproven_is_refused(behind: Behind) -> None:
    """A signature for another body is refused by the receiver itself, whatever a proxy header claims."""
    target = json_target(PATH, "", communication(5))
    forwarded = {"X-Forwarded-Host": "hooks.example.com", "X-Forwarded-Proto": "https"}

    answer = behind.front.send(written("POST", target, json_headers(target) | forwarded, communication(6)))

    assert (403, {"error": "forbidden"}) == error(answer)


@pytest.mark.parametrize("path", ["/", "/api/stats", "/metrics", "/livez", "/twilio/../metrics", "//twilio/message"])
def test_nothing_else_is_public(path: str, before_recorder: Front, recorder: Recorder) -> None:
    """What is not Twilio's is answered by nginx, and reaches nobody."""
    before = len(recorder.taken)

    answer = before_recorder.send(written("GET", path, {}))

    assert (404, before) == (answer.status, len(recorder.taken))


def test_readiness_is_shown(behind: Behind) -> None:
    """A balancer in front sees that receivers are ready."""
    answer = behind.front.send(written("GET", "/readyz", {}))

    assert (200, {"status": "ok"}) == error(answer)


def test_nothing_private_is_written_down() -> None:
    """The log of nginx holds path, status and receiver of a request, and nothing of its query, headers or body."""
    with running_front([1, 2]) as front:
        headers = {"X-Twilio-Signature": "signed-by-marker", "User-Agent": "agent-marker"}
        front.send(written("GET", "/twilio/message?Body=query-marker&From=%2B12025550123", headers))
        front.send(written("POST", "/twilio/message?a=query-marker", headers, b"body-marker"))
        front.send(b"GET /twilio/bad-marker?query-marker HTTP/1.1\r\nHost: a b\r\n\r\n")
        said = front.said

    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert ["/twilio/message"] * 2 == [line["path"] for line in lines][:2]
    assert [] == [word for word in ("query-marker", "12025550123", "body-marker", "signed-by", "agent") if word in said]


@pytest.fixture(scope="module")
def without_redis() -> Iterator[Front]:
    """Run two receivers that have lost their Redis, behind nginx."""
    with running_redis() as redis, receivers_behind(redis.url) as behind:
        redis.kill()
        yield behind.front


def test_a_lost_redis_is_passed_on(without_redis: Front) -> None:
    """With Redis away every request gets the receiver's 503 with Retry-After, and readiness fails too."""
    requests = [json_request(PATH, "", communication(8))] * 8 + [written("GET", "/readyz", {})]

    answers = [without_redis.send(request) for request in requests]

    assert [(503, "5")] * 9 == [(answer.status, answer.headers.get("retry-after")) for answer in answers]


def test_calls_are_answered_without_redis(without_redis: Front) -> None:
    """With Redis away a call still gets valid TwiML, and no receiver is thought dead meanwhile."""
    kind, body = "application/x-www-form-urlencoded", "CallSid=CA9372d890a94d24dd5fe377375660f82d&CallStatus=ringing"
    headers = {"Content-Type": kind, "X-Twilio-Signature": signature(f"{PUBLIC_URL}/twilio/voice", kind, body)}

    answers = [without_redis.send(written("POST", "/twilio/voice", headers, body.encode())) for _ in range(4)]

    assert [(200, "Response")] * 4 == [(answer.status, root(answer)) for answer in answers]
