"""Faults of REST calls on demand: their effect, and what the truth says of them."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.eventually import eventually
from tests.simulated_twilio import V2, SimulatedTwilio, begin, planned, simulated_twilio


def calls(twilio: SimulatedTwilio, count: int) -> Counter[int]:
    """Return the statuses of so many fetches of a conversation."""
    path = f"{V2}/Conversations/{begin(twilio)['id']}"
    return Counter(twilio.http.get(path).status_code for _ in range(count))


def test_faults_of_calls_are_counted_exactly() -> None:
    """The truth counts the faults that callers met, and the calls that went well."""
    with simulated_twilio(planned()) as twilio:
        twilio.http.post("/_control", json={"faults": {"429": 0.2, "500": 0.2}, "only": ["GET"], "retryAfter": 2})
        actual = calls(twilio, 100)
        faults = twilio.state()["counts"]["faults"]
        limited = next(
            answer for _ in range(99) if (answer := twilio.http.get(f"{V2}/Conversations")).status_code == 429
        )

    assert {429: faults["429"], 500: faults["500"], 200: 100 - faults["429"] - faults["500"]} == actual
    assert ("2", 20429) == (limited.headers["retry-after"], limited.json()["code"])


@pytest.mark.parametrize(
    ("fault", "answered", "effect"),
    [
        ("429", 429, "ACTIVE"),
        ("500", 500, "ACTIVE"),
        ("503", 503, "ACTIVE"),
        ("timeout-before", 504, "ACTIVE"),
        ("500-after", 500, "CLOSED"),
        ("timeout-after", 504, "CLOSED"),
    ],
)
def test_a_fault_has_its_effect_or_none(fault: str, answered: int, effect: str) -> None:
    """What is named `after` has closed the conversation all the same; each PATCH and its outcome is on record."""
    with simulated_twilio(planned()) as twilio:
        name = begin(twilio)["id"]
        control: dict[str, Any] = {"hold": 0.01, "next": [{"fault": fault, "method": "PATCH"}]}
        twilio.http.post("/_control", json=control)
        one = f"{V2}/Conversations/{name}"
        first = twilio.http.patch(one, json={"status": "CLOSED"}).status_code
        status = twilio.http.get(one).json()["status"]
        second = twilio.http.patch(one, json={"status": "CLOSED"}).status_code
        state = twilio.state()

    assert (answered, effect, 200) == (first, status, second)
    assert {name: [fault, "200"]} == state["patches"]
    assert [name] == [each["conversationId"] for each in state["closings"]]


def test_who_is_kept_waiting_is_let_go_at_the_end() -> None:
    """A call that is held for a timeout is answered when the simulation ends, not an hour later."""
    with simulated_twilio(planned()) as twilio, ThreadPoolExecutor(1) as caller:
        twilio.http.post("/_control", json={"hold": 3600, "next": [{"fault": "timeout-before", "method": "GET"}]})
        waiting = caller.submit(twilio.http.get, f"{V2}/Conversations", timeout=10)
        eventually(lambda: twilio.simulation.ledger.faults["timeout-before"])
        before = waiting.done()
        twilio.simulation.release()
        after = waiting.result(10).status_code

    assert (False, 504) == (before, after)


def test_a_closing_shows_what_its_caller_had_seen() -> None:
    """The truth says how many communications a conversation had when it was closed, and how many were listed before."""
    with simulated_twilio(planned()) as twilio:
        one = f"{V2}/Conversations/{begin(twilio)['id']}"
        said = {
            "author": {"address": "+12025550188", "channel": "SMS"},
            "content": {"type": "TEXT", "text": "Hello"},
            "recipients": [{"address": "+12035550100", "channel": "SMS"}],
        }
        twilio.http.post(f"{one}/Communications", json=said)
        twilio.http.get(f"{one}/Communications")
        twilio.http.post(f"{one}/Communications", json=said)
        twilio.http.patch(one, json={"status": "CLOSED"})
        [closing] = twilio.state()["closings"]

    assert (2, 1) == (closing["communications"], closing["listed"])
