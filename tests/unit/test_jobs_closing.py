"""How a close is decided, answer by answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.twilio.errors import (
    MissingError,
    RejectedError,
    ThrottledError,
    TwilioError,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
)
from workers.jobs.closing import Answers, Ask, Case, Seen, next_step, seen
from workers.jobs.outcomes import Cancelled, Dead, Done, RetryLater, Stop

CASE = Case("2026-11-20T14:22:41.498000Z", failures=0, chance=0.5)
QUIET = (Seen("c1", "2026-11-20T14:22:41.498000Z"),)
PATCHED = Answers("INACTIVE", QUIET, ours=True, patched="CLOSED")
UNSURE = UnreachableError("ReadTimeout")


def said(status: int, kind: type[TwilioError] = RejectedError) -> TwilioError:
    """Return an error of this status."""
    return kind("no", status=status)


@pytest.mark.parametrize(
    ("answers", "step"),
    [
        (Answers(), Ask.FETCH),
        (Answers("INACTIVE"), Ask.COMMUNICATIONS),
        (Answers("ACTIVE"), Ask.COMMUNICATIONS),
        (Answers("INACTIVE", ()), Ask.LEASE),
        (Answers("INACTIVE", QUIET), Ask.LEASE),
        (Answers("INACTIVE", QUIET, ours=True), Ask.PATCH),
        (PATCHED, Ask.CONFIRM),
        (Answers("INACTIVE", QUIET, ours=True, patched=said(409)), Ask.CONFIRM),
        (Answers("INACTIVE", QUIET, ours=True, patched=said(400)), Ask.CONFIRM),
        (Answers("INACTIVE", QUIET, ours=True, patched=said(204, UnreachableError)), Ask.CONFIRM),
    ],
)
def test_one_question_follows_the_other(answers: Answers, step: Ask) -> None:
    """Look first, close only what is quiet and still ours, and confirm whatever was answered to it."""
    assert step is next_step(answers, CASE)


@pytest.mark.parametrize(
    "answers",
    [
        Answers("CLOSED"),
        Answers("INACTIVE", QUIET, ours=True, patched="CLOSED", confirmed="CLOSED"),
        Answers("INACTIVE", QUIET, ours=True, patched=said(409), confirmed="CLOSED"),
        Answers("INACTIVE", QUIET, ours=True, patched=said(400), confirmed="CLOSED"),
        Answers("INACTIVE", QUIET, ours=True, patched=said(422), confirmed="CLOSED"),
    ],
)
def test_closed_in_any_form_is_done(answers: Answers) -> None:
    """What counts is that Twilio says CLOSED when it is asked."""
    assert isinstance(next_step(answers, CASE), Done)


@pytest.mark.parametrize(
    ("communications", "cancelled"),
    [
        ((), False),
        ((Seen("c1", "2026-11-20T14:22:41.497999Z"),), False),
        ((Seen("c1", "2026-11-20T14:22:41.498000Z"),), False),
        ((Seen("c1", "2026-11-20T14:22:41.498001Z"),), True),
        ((Seen("c1", "2026-11-20T14:00:00.000000Z"), Seen("c2", "2026-11-21T00:00:00.000000Z")), True),
        ((Seen("c1", None),), True),
    ],
)
def test_only_what_is_newer_than_the_decision_cancels(communications: tuple[Seen, ...], cancelled: bool) -> None:  # noqa: FBT001
    """The boundary is exact; a communication without a time counts as newer, since closing is final."""
    step = next_step(Answers("INACTIVE", communications), CASE)

    assert cancelled == isinstance(step, Cancelled)


@pytest.mark.parametrize(
    ("created", "occurred", "at"),
    [
        ("2026-11-20T14:03:11Z", None, "2026-11-20T14:03:11.000000Z"),
        ("2026-11-20T14:03:11.207Z", "2026-11-20T14:03:09Z", "2026-11-20T14:03:11.207000Z"),
        ("2026-11-20T14:03:11.207123Z", None, "2026-11-20T14:03:11.207123Z"),
        (None, "2026-11-20T14:03:09Z", "2026-11-20T14:03:09.000000Z"),
        ("yesterday", "2026-11-20T14:03:09Z", "2026-11-20T14:03:09.000000Z"),
        (None, None, None),
    ],
)
def test_times_of_any_width_compare_in_one(created: str | None, occurred: str | None, at: str | None) -> None:
    """Twilio's creation time counts, whatever number of digits it has."""
    assert Seen("c1", at) == seen("c1", created, occurred)


FAILURES = [
    (said(429, ThrottledError), RetryLater),
    (said(500, UnavailableError), RetryLater),
    (said(503, UnavailableError), RetryLater),
    (UNSURE, RetryLater),
    (said(401, UnauthorizedError), Stop),
    (said(403, UnauthorizedError), Stop),
    (said(404, MissingError), Dead),
]


@pytest.mark.parametrize(("error", "kind"), [*FAILURES, (said(400), Dead), (said(409), RetryLater)])
def test_a_failed_look_decides_by_its_fault(error: TwilioError, kind: type) -> None:
    """Passing faults are tried again, refused credentials stop the kind, the rest is dead: at each look."""
    steps = [
        next_step(Answers(error), CASE),
        next_step(Answers("INACTIVE", error), CASE),
        next_step(Answers("INACTIVE", QUIET, ours=True, patched="CLOSED", confirmed=error), CASE),
    ]

    assert [kind] * 3 == [type(step) for step in steps]


@pytest.mark.parametrize(("error", "kind"), FAILURES)
def test_a_failed_close_decides_by_its_fault(error: TwilioError, kind: type) -> None:
    """After an unclear close nothing is repeated at once: the next attempt begins with a look."""
    assert kind is type(next_step(Answers("INACTIVE", QUIET, ours=True, patched=error), CASE))


@pytest.mark.parametrize(
    ("patched", "kind"), [("CLOSED", RetryLater), (said(409), RetryLater), (said(400), Dead), (said(415), Dead)]
)
def test_what_is_still_open_after_the_close_is_not_done(patched: str | TwilioError, kind: type) -> None:
    """An answer is not believed without the look that confirms it."""
    answers = Answers("INACTIVE", QUIET, ours=True, patched=patched, confirmed="INACTIVE")

    assert kind is type(next_step(answers, CASE))


def test_a_lost_lease_closes_nothing() -> None:
    """Whoever stalled and lost the job leaves the conversation alone."""
    assert isinstance(next_step(Answers("INACTIVE", QUIET, ours=False), CASE), RetryLater)


def test_retry_after_is_honoured() -> None:
    """The hint of an answer reaches the schedule."""
    error = ThrottledError("slow", status=429, retry_after=77.0)

    assert RetryLater(77.0, "429 slow") == next_step(Answers(error), CASE)


ERRORS = st.sampled_from([error for error, _ in FAILURES] + [said(400), said(409)])
STATUSES = st.sampled_from(["ACTIVE", "INACTIVE", "CLOSED", ""])
TIMES = st.none() | st.sampled_from(["2026-11-20T14:00:00.000000Z", "2026-11-20T15:00:00.000000Z"])
LISTS = st.lists(st.builds(Seen, st.just("c"), TIMES), max_size=3).map(tuple)


@given(
    st.builds(
        Answers,
        fetched=st.none() | STATUSES | ERRORS,
        communications=st.none() | LISTS | ERRORS,
        ours=st.none() | st.booleans(),
        patched=st.none() | STATUSES | ERRORS,
        confirmed=st.none() | STATUSES | ERRORS,
    ),
    st.integers(0, 7),
)
def test_nothing_is_closed_before_a_quiet_look_and_a_held_lease(answers: Answers, failures: int) -> None:
    """Whatever was answered, the PATCH follows only an open conversation, old traffic and our own lease."""
    if next_step(answers, Case(CASE.decided_at, failures, 0.5)) is Ask.PATCH:
        assert answers.fetched in {"ACTIVE", "INACTIVE", ""}
        assert isinstance(answers.communications, tuple)
        assert all(one.at is not None and one.at <= CASE.decided_at for one in answers.communications)
        assert answers.ours
