"""Whether an account adds up to the truth: what is missing, doubled or odd is said, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from service.simulator.reckoning import RECORD, SAID, Account, Closed, Seen, mistakes
from service.simulator.result import closed_by

AT = "2026-11-22T20:23:17.541Z"
EARLIER, LATER = "2026-11-22T20:23:17.540Z", "2026-11-22T20:23:17.542Z"
DECIDED = "2026-11-22T20:23:17.541000Z"
Change = Callable[[dict[str, Any]], object]


def truth() -> dict[str, Any]:
    """Return a conversation that was closed by a rule, with one customer whose profile was merged, and one word."""
    person = {"id": "p", "type": "CUSTOMER", "profileId": "old", "updatedAt": AT}
    said = {
        "id": "m", "author": {"participantId": "p"}, "content": {"text": "hello you"},
        "createdAt": AT, "updatedAt": AT,
    }  # fmt: skip
    one = {"id": "c", "status": "CLOSED", "closedBy": "rest", "updatedAt": AT}
    return {
        "conversations": [{**one, "participants": [person], "communications": [said]}],
        "observations": [
            {"source": SAID, "profileId": "new", "content": "hello you", "conversationIds": ["c"]},
            {"source": RECORD, "profileId": "new", "content": "SMS: 1", "conversationIds": ["c"]},
            {"source": "memory-extraction", "profileId": "new", "content": "x", "conversationIds": ["c"]},
        ],
        "mergedProfiles": {"old": "new"},
        "callbacks": [{"fate": "taken"}, {"fate": "lost"}, {"fate": "unanswered"}],
        "patches": {"c": ["429", "timeout-after", "200"]},
        "closings": [{"conversationId": "c", "by": "rest", "communications": 1, "listed": 1}],
    }


def told(kind: str, resource: str, number: int = 1) -> Seen:
    """Return what the subscriber was told of a resource."""
    return Seen(id=f"evt_{resource}{number}", type=kind, source="orchestrator", resource_id=resource, updated_at=AT)


ACCOUNT = Account(
    seen=(
        told("conversation.created", "c"),
        told("participant.added", "p"),
        told("communication.created", "m"),
        Seen(id="evt_call", type="call.completed", source="call"),
    ),
    stored=4,
    closed={"c": [Closed("gone quiet", DECIDED)]},
)


def test_what_is_right_is_not_spoken_of() -> None:
    """Lost callbacks and answers, a merged profile and Twilio's own observations are no mistakes."""
    assert [] == mistakes(truth(), ACCOUNT)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda t: t["callbacks"].append({"fate": "refused"}), "1 callbacks are refused"),
        (lambda t: t["conversations"][0].update(status="INACTIVE"), "not closed: c"),
        (lambda t: t["conversations"][0].update(updatedAt=LATER), "not known in the latest state: c"),
        (lambda t: t["conversations"][0]["participants"].append({"id": "q", "updatedAt": AT}), "never told of: q"),
        (lambda t: t["patches"].update(c=["200", "200"]), "closed by more than one PATCH: c"),
        (lambda t: t["observations"].pop(0), "words are missing in the memory: new"),
        (lambda t: t["observations"].append(t["observations"][0]), "words are doubled in the memory: new"),
        (lambda t: t["observations"].pop(1), "without a record in the memory: c"),
        (lambda t: t["observations"].append(t["observations"][1]), "with a record too many in the memory: c"),
    ],
)
def test_what_really_happened_is_compared(change: Change, expected: str) -> None:
    """Each thing that is not as it should be has a sentence."""
    real = truth()
    change(real)

    assert expected in mistakes(real, ACCOUNT)


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (replace(ACCOUNT, unproven=1), "1 deliveries could not be verified"),
        (replace(ACCOUNT, stored=5), "5 events are stored, and 4 were delivered"),
        (replace(ACCOUNT, left=1), "1 jobs are still to be done"),
        (replace(ACCOUNT, dead=1), "1 jobs were given up"),
        (replace(ACCOUNT, closed={}), "closed with no job that says why: c"),
        (
            replace(ACCOUNT, seen=(*ACCOUNT.seen, told("participant.added", "p", 2)), stored=5),
            "created under two ids: p",
        ),
        (
            replace(ACCOUNT, seen=(*ACCOUNT.seen, told("participant.added", "p", 2)), stored=5),
            "in one state twice: p",
        ),
    ],
)
def test_what_the_service_says_is_compared(account: Account, expected: str) -> None:
    """Each thing that the service says otherwise has a sentence."""
    assert expected in mistakes(truth(), account)


@pytest.mark.parametrize(
    ("created", "listed", "expected"),
    [
        (EARLIER, 1, []),
        (LATER, 1, ["closed although something newer was visible: c"]),
        (LATER, 0, []),
    ],
)
def test_what_was_visible_speaks_against_a_close(created: str, listed: int, expected: list[str]) -> None:
    """Something newer than the decision that the last list had shown; what came after the list cannot be known."""
    real = truth()
    real["conversations"][0]["communications"][0]["createdAt"] = created
    real["closings"][0]["listed"] = listed

    assert expected == mistakes(real, ACCOUNT)


@pytest.mark.parametrize(
    ("by", "expected"),
    [("rest", {"by the rule 'gone quiet'": 1}), ("scenario", {"by somebody else": 1}), (None, {})],
)
def test_closings_are_counted_by_rule(by: str | None, expected: dict[str, int]) -> None:
    """By our rule, or by somebody else."""
    real = truth()
    real["conversations"][0]["closedBy"] = by

    assert expected == closed_by(real, ACCOUNT)
