"""The pure parts of the bench: what is sent, what a run comes to, and what is said of it."""

import pytest

from service.bench.callbacks import Series, Signing, requests
from service.bench.figures import KINDS, Kind, Limit, Round, Row, all_met, order, rows
from service.bench.samples import Arrival, Arrivals, Sample, Waits, arrivals, sample, waits
from service.twilio.callbacks import parse
from service.twilio.signature import AuthToken, Proven, SignedRequest, verify

TOKEN = "0123456789abcdef0123456789abcdef"
BASE = "https://hooks.example.com"
SERIES = Series(events=5, conversations=2, first_ms=1_795_000_000_000)
SENT = [10.0, 10.5]


def made(per_s: float, delivered: float = 0.0, missing: int = 0, p50_ms: float = 5.0) -> Sample:
    """Return a sample with these figures."""
    times = Waits(p50_ms, 2 * p50_ms)
    return Sample(100, per_s, times, Arrivals(300 - missing, missing, 0, delivered, times))


def row(rounds: list[Round], what: str) -> Row:
    """Return the line of the table that is about `what`."""
    return next(each for each in rows(rounds) if each.what == what)


def bodies() -> list[bytes]:
    """Return the bodies of the series."""
    made_requests = requests(SERIES, Signing(BASE, TOKEN), "http://127.0.0.1:8000/twilio/orchestrator")
    return [request.partition(b"\r\n\r\n")[2] for request in made_requests]


def test_every_request_is_signed_for_the_public_url() -> None:
    """What is sent to this machine proves as a request to the public URL."""
    signing = Signing(f"{BASE}/twilio/orchestrator", TOKEN)
    request = requests(SERIES, signing, "http://127.0.0.1:8000/twilio/orchestrator")[3].decode()
    head, _, body = request.partition("\r\n\r\n")
    line, *headers = head.split("\r\n")
    path, _, query = line.split(" ")[1].partition("?")
    named = dict(header.split(": ", 1) for header in headers)
    signed = SignedRequest((BASE,), path, query, named["Content-Type"], body.encode(), named["X-Twilio-Signature"])

    assert isinstance(verify(signed, [AuthToken(TOKEN)]), Proven)


def test_every_event_is_another_one() -> None:
    """No event of a series is a repeat of one before: the service has to deliver each."""
    assert SERIES.events == len({parse(body, 0).id for body in bodies()})


def test_events_go_round_the_conversations() -> None:
    """A series has as many conversations as it is asked for."""
    assert SERIES.conversations == len({parse(body, 0).conversation_id for body in bodies()})


def test_the_events_of_a_series_are_a_millisecond_apart() -> None:
    """Later events have later times, so that none is late."""
    assert ["2026-11-18T11:06:40.000Z", "2026-11-18T11:06:40.001Z"] == [
        parse(body, 0).timestamp for body in bodies()[:2]
    ]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([], Waits(None, None)),
        ([0.002], Waits(2.0, 2.0)),
        ([0.003, 0.001, 0.002], Waits(2.0, 3.0)),
        ([n / 1000 for n in range(1, 101)], Waits(50.0, 99.0)),
    ],
)
def test_waits_are_told_by_nearest_rank(seconds: list[float], expected: Waits) -> None:
    """Median and 99th percentile are times that were measured, in milliseconds."""
    assert expected == waits(seconds)


def test_the_rate_counts_from_the_first_request_to_the_last_answer() -> None:
    """Two requests, sent from 10 s on and answered until 12 s, are one a second."""
    assert 1.0 == sample(SENT, [11.0, 12.0]).per_s


def test_each_event_is_expected_once_at_each_subscriber() -> None:
    """What never came is missing, what came again is extra, and a repeat at one does not stand in for another."""
    came = [Arrival("/a", 0, 11.0), Arrival("/a", 0, 11.5), Arrival("/b", 0, 11.0), Arrival("/a", 1, 12.0)]

    expected = Arrivals(arrived=3, missing=1, extra=1, per_s=1.5, waits=Waits(1000.0, 1500.0))

    assert expected == arrivals(SENT, came, subscribers=2)


def test_without_arrivals_all_is_missing() -> None:
    """A relay that never delivered is told as such."""
    assert Arrivals(arrived=0, missing=4, extra=0, per_s=0.0, waits=Waits(None, None)) == arrivals(SENT, [], 2)


def test_rounds_go_there_and_back() -> None:
    """What is measured first in one round is measured last in the next."""
    kinds: tuple[Kind, ...] = ("whole", "peer")

    assert [(0, "whole"), (0, "peer"), (1, "peer"), (1, "whole")] == order(kinds, 2)


def test_a_rate_is_the_median_of_the_rounds() -> None:
    """One disturbed round does not move it."""
    rounds: list[Round] = [{"bare": made(per_s)} for per_s in (9000.0, 100.0, 8000.0)]

    assert Row("bare Starlette: requests/s", 8000.0) == row(rounds, "bare Starlette: requests/s")


@pytest.mark.parametrize(("ours", "met"), [(2500.0, True), (2499.0, False)])
def test_a_ratio_is_that_of_the_medians(ours: float, met: bool) -> None:  # noqa: FBT001 - a column of the table
    """Ours over the peer's, and whether that is as asked."""
    rounds: list[Round] = [{"whole": made(ours), "peer": made(1000.0)}]

    expected = Row("acks/s: everything ÷ Express + BullMQ", ours / 1000, "≥ 2.5", met)

    assert expected == row(rounds, expected.what)


def test_losses_add_up_over_the_rounds() -> None:
    """A loss in one round of three is not outvoted by the two others."""
    rounds: list[Round] = [{"whole": made(1.0, missing=missing)} for missing in (0, 2, 0)]

    assert Row("everything: missing", 2, "0", met=False) == row(rounds, "everything: missing")


@pytest.mark.parametrize(("p50_ms", "met"), [(9.9, True), (10.0, False)])
def test_latency_is_asked_for_in_milliseconds(p50_ms: float, met: bool) -> None:  # noqa: FBT001 - a column of the table
    """The median of the rounds has to be below 10 ms."""
    rounds: list[Round] = [{"latency": made(50.0, p50_ms=p50_ms)}]

    expected = Row("at 50 events/s: send to arrival, p50 in ms", p50_ms, "< 10", met)

    assert expected == row(rounds, expected.what)


def test_a_figure_that_cannot_be_told_is_not_met() -> None:
    """A peer that delivered nothing is no proof of being faster than it."""
    rounds: list[Round] = [{"whole": made(1.0, delivered=1.0), "peer": made(1.0, delivered=0.0)}]

    expected = Row("deliveries/s: everything ÷ Express + BullMQ", None, "≥ 2", met=False)

    assert expected == row(rounds, expected.what)


def test_only_what_was_measured_is_told() -> None:
    """Without the peer there is no line about it, nor one that compares with it."""
    told = rows([{kind: made(1.0) for kind in KINDS if kind != "peer"}])

    assert [] == [each.what for each in told if "BullMQ" in each.what]


@pytest.mark.parametrize(
    ("met", "expected"), [((True, None), True), ((True, False), False), ((None,), True), ((), True)]
)
def test_what_nothing_is_asked_of_cannot_fail(met: tuple[bool | None, ...], expected: bool) -> None:  # noqa: FBT001 - a column
    """All is met when nothing that is asked is missed."""
    assert expected == all_met([Row("something", 1.0, met=each) for each in met])


@pytest.mark.parametrize(
    ("limit", "expected"), [(Limit("≥", 2.5), "≥ 2.5"), (Limit("<", 40), "< 40"), (Limit("=", 0), "0")]
)
def test_a_limit_is_told_as_people_write_it(limit: Limit, expected: str) -> None:
    """The table says what is asked in few characters."""
    assert expected == str(limit)
