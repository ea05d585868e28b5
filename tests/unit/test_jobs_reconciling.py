"""What is missing, and when a conversation is looked at again: tables."""

from typing import Any

import pytest

from service.events.known import Known
from service.twilio.reconstruction import Found, found
from workers.jobs.reconciling import (
    MOST_AGAIN,
    MOST_AGAIN_HOURLY,
    MOST_LOOKS,
    Look,
    Wanted,
    again_after,
    chosen,
    floor_of,
    in_order,
    is_history,
    looked,
    missing,
    most_calls,
    next_pass,
    reason,
    told_as,
)

FLOOR = "2026-11-20T00:00:00.000000Z"
OLD, BORN, THEN, NOW = (f"2026-11-{day}T12:00:00.000000Z" for day in (19, 20, 21, 22))
CREATED, CLOSED, INACTIVE, UPDATED = (
    "conversation.created", "conversation.closed", "conversation.inactivated", "conversation.updated",
)  # fmt: skip
JOINED, CHANGED = "participant.added", "participant.updated"


def shown(kind: Any = "conversation", status: str | None = "ACTIVE", **members: object) -> Found:  # noqa: ANN401
    """Return a resource of REST."""
    own = {"id": "one", "createdAt": BORN, "updatedAt": BORN, "status": status, **members}
    one = found(kind, own, "conv", "AC1")
    assert one
    return one


def known(status: str | None = None, version: str | None = None, *, created: bool = False, sequence: int = 1) -> Known:
    """Return what the log knows of that resource, and its conversation."""
    events = frozenset({shown().creation_id, shown("participant").creation_id} if created else ())
    return Known(sequence, status, {"one": version} if version else {}, events)


@pytest.mark.parametrize(
    ("one", "ours", "expected"),
    [
        (shown(), Known(), [CREATED]),
        (shown(), known("ACTIVE", BORN, created=True), []),
        (shown(updatedAt=THEN), Known(), [CREATED, UPDATED]),
        (shown(updatedAt=THEN, status="INACTIVE"), known("ACTIVE", BORN, created=True), [INACTIVE]),
        (shown(updatedAt=THEN, status="INACTIVE"), known("INACTIVE", THEN), [CREATED]),
        (shown(updatedAt=THEN, status="INACTIVE"), known("ACTIVE", NOW, created=True), []),
        (shown(updatedAt=THEN, status="INACTIVE"), known("ACTIVE", THEN, created=True), [INACTIVE]),
        (shown(updatedAt=THEN), known(None, THEN, created=True), []),
        (shown(status="INACTIVE"), Known(), [CREATED, INACTIVE]),
        # Closed wins whatever the times say, and for good.
        (shown(updatedAt=THEN, status="CLOSED"), known("ACTIVE", NOW, created=True), [CLOSED]),
        (shown(updatedAt=None, status="CLOSED"), known("ACTIVE", NOW, created=True), [CLOSED]),
        (shown(updatedAt=NOW, status="ACTIVE"), known("CLOSED", THEN, created=True), []),
        (shown(updatedAt=NOW, status="CLOSED"), known("CLOSED", THEN, created=True), [CLOSED]),
        # A minimal callback left us the time of its envelope, which may be older by its digits.
        (shown(createdAt=THEN, updatedAt=THEN), known(None, BORN, created=True), []),
        # History.
        (shown(createdAt=OLD, updatedAt=OLD), Known(), []),
        (shown(createdAt=OLD, updatedAt=THEN), Known(), [UPDATED]),
        # Times that are left out.
        (shown(createdAt=None, updatedAt=None), Known(), []),
        (shown(createdAt=None, updatedAt=THEN), Known(), [CREATED, UPDATED]),
        (shown("participant"), Known(1), [JOINED]),
        (shown("participant", updatedAt=THEN), known(version=BORN, created=True), [CHANGED]),
        (shown("participant", updatedAt=THEN), known(version=THEN), [JOINED]),
        (shown("participant", updatedAt=None), known(version=THEN, created=True), []),
        (shown("communication", createdAt=None, updatedAt=None, occurredAt=THEN), Known(1), ["communication.created"]),
    ],
)  # fmt: skip
def test_what_is_missing(one: Found, ours: Known, expected: list[str]) -> None:
    """A creation that is not in the log, and a state that is newer than ours."""
    assert expected == [told_as(event) for event in missing(one, ours, FLOOR, 0)]


def test_the_order_is_that_of_a_story() -> None:
    """Whatever the order of the lists; the end comes last."""
    inside = [
        shown("communication", id="c2", createdAt=THEN, updatedAt=THEN), shown("communication", id="c1"),
        shown("participant", id="p2", createdAt=THEN, updatedAt=THEN), shown("participant", id="p1"),
        shown(updatedAt=NOW, status="CLOSED"),
    ]  # fmt: skip
    events = in_order(inside, Known(), FLOOR, 0)

    assert ["one", "p1", "p2", "c1", "c2", "one"] == [event.resource_id for event in events]
    assert CLOSED == told_as(events[-1])


LOOK = Look(BORN, 5, 1000, 60)


@pytest.mark.parametrize(
    ("one", "sequence", "look", "now", "expected"),
    [
        (shown(), 5, None, 1000, "never"),
        (shown(), 5, LOOK, 1000, None),
        (shown(), 5, LOOK, 1059, None),
        (shown(), 5, LOOK, 1060, "again"),
        (shown(), 6, LOOK, 1000, "changed"),
        (shown(updatedAt=THEN), 5, LOOK, 1000, "changed"),
    ],
)
def test_a_look_needs_a_reason(one: Found, sequence: int, look: Look | None, now: int, expected: str | None) -> None:
    """A change that the list or our log shows, or time."""
    assert expected == reason(one, sequence, look, now)


@pytest.mark.parametrize(
    ("status", "before", "news", "pause"),
    [
        ("ACTIVE", None, False, 60),
        ("ACTIVE", Look(BORN, 5, 0, 60), False, 120),
        ("ACTIVE", Look(BORN, 5, 0, 3000), False, 3600),
        ("ACTIVE", Look(BORN, 5, 0, 3600), True, 60),
        ("INACTIVE", None, True, 3600),
        ("INACTIVE", Look(BORN, 5, 0, 60), False, 3600),
        ("INACTIVE", Look(BORN, 5, 0, 80000), False, 86400),
    ],
)
def test_looks_without_news_become_seldom(status: str, before: Look | None, news: bool, pause: int) -> None:  # noqa: FBT001
    """Twice the time after each, up to an hour; where traffic would show in the status, up to a day."""
    assert Look(BORN, 7, 99, pause) == looked(shown(status=status), 7, before, 99, news=news)


def wanted(why: Any, number: int, at: int = 1) -> list[Wanted]:  # noqa: ANN401
    """Return so many conversations to look at."""
    return [Wanted(f"{why}{each}", why, None, Look(at=at + each)) for each in range(number)]


@pytest.mark.parametrize(
    ("pressing", "again", "hourly", "looks", "left"),
    [
        (0, 0, False, 0, 0),
        (3, 10, False, 13, 0),
        (0, 900, False, MOST_AGAIN, 0),
        (0, 900, True, MOST_AGAIN_HOURLY, 0),
        (MOST_LOOKS, 900, True, MOST_LOOKS, 0),
        (MOST_LOOKS + 7, 900, False, MOST_LOOKS, 7),
    ],
)
def test_a_pass_keeps_to_its_budget(pressing: int, again: int, hourly: bool, looks: int, left: int) -> None:  # noqa: FBT001
    """What only time is a reason for waits behind the rest, and is never more than its share."""
    made = chosen([*wanted("again", again), *wanted("changed", pressing)], hourly=hourly)

    assert (looks, left) == (len(made.wanted), made.left)
    assert min(pressing, MOST_LOOKS) == sum(one.why == "changed" for one in made.wanted)


def test_those_not_seen_for_longest_come_first() -> None:
    """So nobody starves."""
    made = chosen(
        [*wanted("changed", 3, at=50), Wanted("new", "never", None, None), *wanted("changed", 1)], hourly=False
    )

    assert ["new", "changed0", "changed0", "changed1", "changed2"] == [one.id for one in made.wanted]


@pytest.mark.parametrize(
    ("conversations", "changed", "hourly", "calls"),
    [
        (500, 0, False, 101),
        (500, 0, True, 1001),
        (2500, 0, False, 103),
        (500, 10, False, 131),
        (9000, 9000, False, 1510),
    ],
)
def test_the_budget_is_stated(conversations: int, changed: int, hourly: bool, calls: int) -> None:  # noqa: FBT001
    """By the number of open conversations, and of those that changed."""
    assert calls == most_calls(conversations, changed, hourly=hourly)


@pytest.mark.parametrize(("sequence", "expected"), [(0, THEN), (1, FLOOR)])
def test_an_unknown_conversation_is_no_older_than_the_log(sequence: int, expected: str) -> None:
    """The log would refuse it: nobody could tell whether it was told before."""
    assert expected == floor_of(Known(sequence), FLOOR, THEN)


@pytest.mark.parametrize(
    ("one", "sequence", "expected"),
    [
        (shown(createdAt=OLD, updatedAt=OLD), 0, True),
        (shown(createdAt=OLD, updatedAt=OLD), 1, False),
        (shown(), 0, False),
    ],
)
def test_history_is_what_nobody_has_heard_of(one: Found, sequence: int, expected: bool) -> None:  # noqa: FBT001
    """It is not even looked at."""
    assert expected == is_history(one, Known(sequence), FLOOR)


@pytest.mark.parametrize(("seconds", "left", "expected"), [(2.0, False, 58.0), (2.0, True, 0.0), (99.0, False, 0.0)])
def test_the_next_pass_comes_in_time(seconds: float, left: bool, expected: float) -> None:  # noqa: FBT001
    """At once where work is left."""
    assert expected == next_pass(60, seconds, left=left)


@pytest.mark.parametrize(
    ("failures", "hint", "expected"), [(0, None, 10.0), (0, 40.0, 40.0), (3, None, 600.0), (99, None, 600.0)]
)
def test_a_pass_that_failed_comes_back_for_ever(failures: int, hint: float | None, expected: float) -> None:
    """Other jobs die; this one has to be there when Twilio is back."""
    assert expected == again_after(failures, hint, 0.5, "why").after
