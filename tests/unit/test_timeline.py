"""An event's whole way as lines for people."""

from typing import Any

import pytest

from service.cli.timeline import LONGEST_ANSWER, lines, printable
from service.events.explained import Attempt, Delivery, Unmatched
from service.store.explanation import Explanation
from service.store.job_pages import JobPage

BODY = (
    b'{"id":"evt_1","type":"conversation.closed","timestamp":"2026-11-20T14:03:10Z","sequence":7,"source":"orchestrator",'
    b'"account_id":"AC1","conversation_id":"conv_1","late":true,"data":{"text":"a secret word"}}'
)
ALONE = b'{"id":"evt_1","type":"message.sent","timestamp":"2026-11-20T14:03:10Z","source":"message","late":true}'
AT, LATER = "2026-11-20T14:03:10.114Z", "2026-11-20T14:03:15.000Z"


def explanation(**more: Any) -> Explanation:  # noqa: ANN401 - any of its members
    """Return an explanation with little in it."""
    given = {
        "body": BODY, "received_at": AT, "correlated_by": None, "routed": True, "deliveries": [], "unmatched": [],
        "jobs": [], **more,
    }  # fmt: skip
    return Explanation(**given)


def test_every_step_has_its_line() -> None:
    """Received, routed, each attempt, what comes next, jobs; and nothing of what the event holds."""
    job = JobPage(
        id="close-evt_1", kind="close", state="waiting", conversation_id="conv_1", endpoint_id=None, event_id="evt_1",
        rule="conversation.closed", reason=None, decided_at=AT, created_at=AT, due_at=LATER, started_at=AT,
        last_error="503\x1b[31m", attempts=1,
    )  # fmt: skip
    failing = Delivery(
        "ep_a", "retrying", None, [Attempt(AT, 503, 12, None, LATER), Attempt(AT, None, 15_000, "timeout", LATER)],
        filter="conversation.*", next_attempt_at=LATER, waits_for="the paused endpoint to answer a probe",
        answer="busy",
    )  # fmt: skip
    skipped = Delivery("ep_b", "skipped", "the endpoint was disabled", [], filter=None)
    other = Unmatched("ep_c", "none of its types match")
    found = explanation(deliveries=[failing, skipped], unmatched=[other], jobs=[job])

    assert [
        "evt_1  conversation.closed",
        "  2026-11-20 14:03:10.114  received from orchestrator, which sent it at 2026-11-20 14:03:10",
        "  sequence 7 of conv_1; late: a newer state had come before it",
        "  routed to 2 endpoints",
        "  not for ep_c: none of its types match",
        "",
        "ep_a  retrying  (matched conversation.*)",
        "  2026-11-20 14:03:10.114  attempt 1: status 503 after 12 ms",
        "  2026-11-20 14:03:10.114  attempt 2: timeout after 15000 ms",
        "  it said: busy",
        "  2026-11-20 14:03:15.000  attempt 3 is due",
        "  waits for the paused endpoint to answer a probe",
        "",
        "ep_b  skipped: the endpoint was disabled  (came by a replay)",
        "",
        "close-evt_1  waiting",
        "  2026-11-20 14:03:10.114  asked for by the rule conversation.closed",
        "  2026-11-20 14:03:10.114  attempt 1 began",
        "  its last error: 503 [31m",
        "  2026-11-20 14:03:15.000  it is due",
    ] == lines(found)


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (explanation(routed=False), "  not routed yet: no relay has looked at it"),
        (explanation(), "  routed to nobody, as far as is remembered"),
        (explanation(received_at=None), "  the log has lost it; a dead delivery keeps a copy"),
    ],
)
def test_what_is_not_there_is_said(found: Explanation, line: str) -> None:
    """Nobody has to guess from a line that is missing."""
    assert line in lines(found)


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (explanation(correlated_by="sid"), "  the sender names no conversation; a SID of the event led to it"),
        (explanation(correlated_by="addresses"), "  the sender names no conversation; its two addresses led to it"),
        (explanation(body=ALONE), "  late: a newer state had come before it"),
    ],
)
def test_how_traffic_found_its_conversation_is_said(found: Explanation, line: str) -> None:
    """And that a state had been overtaken, also where there is no conversation."""
    assert line in lines(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no\r\nway", "no  way"),
        ("\x1b]0;title\x07", " ]0;title "),
        ("x" * LONGEST_ANSWER, "x" * LONGEST_ANSWER),
        ("x" * (LONGEST_ANSWER + 1), "x" * LONGEST_ANSWER + "…"),
    ],
)
def test_a_strangers_text_cannot_command_a_terminal(text: str, expected: str) -> None:
    """One line, and not too long."""
    assert expected == printable(text)
