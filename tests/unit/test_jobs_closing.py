"""How a close is decided, answer by answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rules.asked import Author, CloseArguments
from service.twilio.errors import (
    MissingError,
    RejectedError,
    ThrottledError,
    TwilioError,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
)
from workers.jobs.closing import Answers, Ask, Case, next_step
from workers.jobs.guards import Fetched, Seen, seen
from workers.jobs.outcomes import Cancelled, Continue, Dead, Done, RetryLater, Stop

CASE = Case("2026-11-20T14:22:41.498000Z", failures=0, chance=0.5)
INACTIVE, ACTIVE = Fetched("INACTIVE", "conv_configuration_1"), Fetched("ACTIVE", "conv_configuration_1")
QUIET = (Seen("c1", "2026-11-20T14:22:41.498000Z"),)
PATCHED = Answers(INACTIVE, QUIET, ours=True, patched="CLOSED")
UNSURE = UnreachableError("ReadTimeout")


def said(status: int, kind: type[TwilioError] = RejectedError) -> TwilioError:
    """Return an error of this status."""
    return kind("no", status=status)


@pytest.mark.parametrize(
    ("answers", "step"),
    [
        (Answers(), Ask.FETCH),
        (Answers(INACTIVE), Ask.COMMUNICATIONS),
        (Answers(ACTIVE), Ask.COMMUNICATIONS),
        (Answers(INACTIVE, ()), Ask.LEASE),
        (Answers(INACTIVE, QUIET), Ask.LEASE),
        (Answers(INACTIVE, QUIET, ours=True), Ask.PATCH),
        (PATCHED, Ask.CONFIRM),
        (Answers(INACTIVE, QUIET, ours=True, patched=said(409)), Ask.CONFIRM),
        (Answers(INACTIVE, QUIET, ours=True, patched=said(400)), Ask.CONFIRM),
        (Answers(INACTIVE, QUIET, ours=True, patched=said(204, UnreachableError)), Ask.CONFIRM),
    ],
)
def test_one_question_follows_the_other(answers: Answers, step: Ask) -> None:
    """Look first, close only what is quiet and still ours, and confirm whatever was answered to it."""
    assert step is next_step(answers, CASE)


@pytest.mark.parametrize(
    "answers",
    [
        Answers(Fetched("CLOSED")),
        Answers(INACTIVE, QUIET, ours=True, patched="CLOSED", confirmed="CLOSED"),
        Answers(INACTIVE, QUIET, ours=True, patched=said(409), confirmed="CLOSED"),
        Answers(INACTIVE, QUIET, ours=True, patched=said(400), confirmed="CLOSED"),
        Answers(INACTIVE, QUIET, ours=True, patched=said(422), confirmed="CLOSED"),
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
    step = next_step(Answers(INACTIVE, communications), CASE)

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
    assert at == seen("c1", created, occurred).at


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
        next_step(Answers(INACTIVE, error), CASE),
        next_step(Answers(INACTIVE, QUIET, ours=True, patched="CLOSED", confirmed=error), CASE),
    ]

    assert [kind] * 3 == [type(step) for step in steps]


@pytest.mark.parametrize(("error", "kind"), FAILURES)
def test_a_failed_close_decides_by_its_fault(error: TwilioError, kind: type) -> None:
    """After an unclear close nothing is repeated at once: the next attempt begins with a look."""
    assert kind is type(next_step(Answers(INACTIVE, QUIET, ours=True, patched=error), CASE))


@pytest.mark.parametrize(
    ("patched", "kind"), [("CLOSED", RetryLater), (said(409), RetryLater), (said(400), Dead), (said(415), Dead)]
)
def test_what_is_still_open_after_the_close_is_not_done(patched: str | TwilioError, kind: type) -> None:
    """An answer is not believed without the look that confirms it."""
    answers = Answers(INACTIVE, QUIET, ours=True, patched=patched, confirmed="INACTIVE")

    assert kind is type(next_step(answers, CASE))


def test_a_lost_lease_closes_nothing() -> None:
    """Whoever stalled and lost the job leaves the conversation alone."""
    assert isinstance(next_step(Answers(INACTIVE, QUIET, ours=False), CASE), RetryLater)


def test_retry_after_is_honoured() -> None:
    """The hint of an answer reaches the schedule."""
    error = ThrottledError("slow", status=429, retry_after=77.0)

    assert RetryLater(77.0, "429 slow") == next_step(Answers(error), CASE)


ERRORS = st.sampled_from([error for error, _ in FAILURES] + [said(400), said(409)])
STATUSES = st.sampled_from(["ACTIVE", "INACTIVE", "CLOSED", ""])
CONFIGURATIONS = st.sampled_from([None, "conv_configuration_1", "conv_configuration_2"])
WANTED = st.builds(
    CloseArguments,
    configurations=st.sampled_from([(), ("conv_configuration_1",)]),
    author=st.none() | st.just(Author(("CUSTOMER",), "conv_participant_1")),
)
TIMES = st.none() | st.sampled_from(["2026-11-20T14:00:00.000000Z", "2026-11-20T15:00:00.000000Z"])
LISTS = st.lists(st.builds(Seen, st.just("c"), TIMES), max_size=3).map(tuple)


@given(
    st.builds(
        Answers,
        fetched=st.none() | st.builds(Fetched, STATUSES, CONFIGURATIONS) | ERRORS,
        author=st.none() | st.sampled_from(["", "CUSTOMER", "HUMAN_AGENT"]) | ERRORS,
        communications=st.none() | LISTS | ERRORS,
        ours=st.none() | st.booleans(),
        patched=st.none() | STATUSES | ERRORS,
        confirmed=st.none() | STATUSES | ERRORS,
    ),
    st.integers(0, 7),
    WANTED,
)
def test_nothing_is_closed_before_all_that_is_wanted_was_seen(
    answers: Answers, failures: int, wanted: CloseArguments
) -> None:
    """Whatever was answered, the PATCH follows an open conversation, old traffic, what the rule wants, our lease."""
    if next_step(answers, Case(CASE.decided_at, failures, 0.5, wanted)) is Ask.PATCH:
        assert isinstance(answers.fetched, Fetched)
        assert answers.fetched.status in {"ACTIVE", "INACTIVE", ""}
        assert not wanted.configurations or answers.fetched.configuration in wanted.configurations
        assert wanted.author is None or answers.author == "CUSTOMER"
        assert isinstance(answers.communications, tuple)
        assert all(one.at is not None and one.at <= CASE.decided_at for one in answers.communications)
        assert answers.ours


def test_the_author_is_asked_for_before_the_traffic() -> None:
    """One call may save many: a list of communications has pages."""
    case = Case(CASE.decided_at, 0, 0.5, CloseArguments(author=Author(("CUSTOMER",), "conv_participant_1")))
    steps = [next_step(Answers(ACTIVE, author=author), case) for author in (None, "CUSTOMER")]

    assert [Ask.AUTHOR, Ask.COMMUNICATIONS] == steps


def test_what_we_held_back_ourselves_is_no_attempt() -> None:
    """The pace of all processes said wait, and nothing was sent: the job goes on after that, and has not failed."""
    error = ThrottledError("calls are held back", retry_after=7.0, sent=False)

    assert Continue(10.5, "no answer calls are held back") == next_step(Answers(error), CASE)
