"""Which call comes next, what was found, and what a failure means, as functions of values."""

import msgspec
import pytest

from service.events.observation import Draft
from service.twilio.errors import (
    ConflictError,
    MissingError,
    MovedError,
    RejectedError,
    ThrottledError,
    TwilioError,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
)
from service.twilio.resources.memory import Observation
from workers.jobs.observing_calls import Post, Search, Wait, meaning, next_call, observation, written

NOW = 1_795_179_600_000
AT = "2026-11-20T14:03:09.123456Z"


def draft(number: int, *, begun: int = 0, profile: str = "p1", source: str = "s") -> Draft:
    """Return a draft; higher numbers were said later."""
    at = f"2026-11-20T14:{number:02}:09.123456Z"
    return Draft(f"obs_{number}", "st", profile, f"text {number}", source, at, "c", (f"evt_{number}",), begun=begun)


A, B, OTHER = draft(1), draft(2), draft(3, profile="p2")
BEGUN, SHOWN = draft(4, begun=NOW - 59_000), draft(5, begun=NOW - 60_000)
ELSE = draft(6, begun=NOW - 61_000, source="t")
AFTER = "2026-11-20T12:54:00.000Z"


@pytest.mark.parametrize(
    ("drafts", "alone", "expected"),
    [
        ([], (), None),
        ([B, A, OTHER], (), Post((A, B))),
        ([A, B], ("obs_1", "obs_2"), Post((A,))),
        ([A, B], ("obs_2",), Post((A,))),
        ([BEGUN, A, SHOWN], (), Post((A,))),
        ([BEGUN, SHOWN, ELSE], (), Search((SHOWN,), AFTER)),
        ([BEGUN], (), Wait(1.0)),
        ([draft(number) for number in range(11)], (), Post(tuple(draft(number) for number in range(10)))),
    ],
)
def test_what_is_new_comes_first_then_what_can_be_looked_up(
    drafts: list[Draft], alone: tuple[str, ...], expected: Post | Search | Wait | None
) -> None:
    """Of one profile at a time, at most ten; what was begun is looked up after a minute."""
    found = next_call(drafts, NOW, frozenset(alone))

    assert expected == found


@pytest.mark.parametrize(
    ("items", "there"),
    [
        ([], []),
        ([("text 1", "2026-11-20T14:01:09.123456Z")], ["obs_1"]),
        ([("text 1", "2026-11-20T14:01:09.000000Z")], ["obs_1"]),
        ([("text 1", "2026-11-20T14:01:10.123456Z")], []),
        ([("text 1", None)], ["obs_1"]),
        ([("another text", "2026-11-20T14:01:09.123456Z")], []),
        ([("text 2", "2026-11-20T14:02:09.123456Z"), ("text 1", "2026-11-20T14:01:09.123456Z")], ["obs_1", "obs_2"]),
    ],
)
def test_the_same_words_of_the_same_second_are_the_same_observation(
    items: list[tuple[str, str | None]], there: list[str]
) -> None:
    """Memory may keep times less exactly."""
    held = [Observation("x", content, "s", at, None, ()) for content, at in items]

    assert there == [one.id for one in written([A, B], held)]


def test_an_item_counts_for_one_draft() -> None:
    """Two that are alike need two."""
    twice = [A, msgspec.structs.replace(A, id="obs_9")]
    held = [Observation("x", A.content, "s", A.occurred_at, None, ())]

    assert 1 == len(written(twice, held))


@pytest.mark.parametrize("at", [AT, "2026-11-20T14:03:09.123Z", "2026-11-20T15:03:09.123+01:00"])
def test_times_are_sent_to_the_millisecond(at: str) -> None:
    """Whatever the event had."""
    assert "2026-11-20T14:03:09.123Z" == observation(msgspec.structs.replace(A, occurred_at=at)).occurred_at


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UnreachableError("ReadTimeout"), "unclear"),
        (UnreachableError("no JSON", status=202), "unclear"),
        (UnavailableError("", status=500), "unclear"),
        (UnreachableError("ConnectError", sent=False), "not_written"),
        (ThrottledError("", status=429), "not_written"),
        (ThrottledError("held back", sent=False), "not_written"),
        (ConflictError("", status=409), "not_written"),
        (RejectedError("", status=400), "refused"),
        (MovedError("", status=308), "refused"),
        (MissingError("", status=404), "missing"),
        (UnauthorizedError("", status=401), "stop"),
        (UnauthorizedError("", status=403), "stop"),
    ],
)
def test_a_failure_says_whether_something_may_have_been_written(error: TwilioError, expected: str) -> None:
    """Only what may have been written has to be looked up."""
    assert expected == meaning(error)
