"""What the bench sends, and what a run comes to."""

import msgspec
import pytest

from service.bench.bare_delivery import delivery
from service.bench.callbacks import Series, Signing, bodies, requests
from service.bench.samples import Arrival, Arrivals, Waits, arrivals, drained, sample, waits
from service.twilio.callbacks import parse
from service.twilio.signature import AuthToken, Proven, SignedRequest, verify

TOKEN = "0123456789abcdef0123456789abcdef"
BASE = "https://hooks.example.com"
SERIES = Series(events=5, conversations=2, first_ms=1_795_000_000_000)
SENT = [10.0, 10.5]


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
    assert SERIES.events == len({parse(body, 0).id for body in bodies(SERIES)})


def test_events_go_round_the_conversations() -> None:
    """A series has as many conversations as it is asked for."""
    assert SERIES.conversations == len({parse(body, 0).conversation_id for body in bodies(SERIES)})


def test_the_kinds_of_a_series_take_turns() -> None:
    """Events of several kinds go round them, so that each reaches others of the subscribers."""
    series = msgspec.structs.replace(SERIES, kinds=("CONVERSATION_A", "CONVERSATION_B"))

    kinds = [parse(body, 0).kind[-1] for body in bodies(series)]

    assert ["A", "B", "A", "B", "A"] == kinds


def test_a_bare_delivery_is_like_ours() -> None:
    """What the bare loop sends has every header of a delivery, and its body tells the same event."""
    callback = bodies(SERIES)[2]
    names = ["content-type", "user-agent", "webhook-attempt", "webhook-id", "webhook-previous-sequence"]
    names += ["webhook-signature", "webhook-timestamp"]

    headers, body = delivery(callback, 1, 1_795_000_000)
    told = msgspec.json.decode(body)

    assert (names, parse(callback, 0).id, "conversation.updated", 2) == (
        sorted(headers), told["id"], told["type"], told["sequence"],
    )  # fmt: skip


def test_the_events_of_a_series_are_a_millisecond_apart() -> None:
    """Later events have later times, so that none is late."""
    assert ["2026-11-18T11:06:40.000Z", "2026-11-18T11:06:40.001Z"] == [
        parse(body, 0).timestamp for body in bodies(SERIES)[:2]
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


def test_what_was_stored_before_is_timed_from_its_first_arrival() -> None:
    """Four of six deliveries in two seconds are two a second, however long the first one took; a repeat is extra."""
    came = [Arrival("/a", 0, 50.0), Arrival("/a", 1, 51.0), Arrival("/a", 1, 51.5), Arrival("/b", 0, 51.0)]
    came.append(Arrival("/b", 1, 52.0))

    assert Arrivals(arrived=4, missing=2, extra=1, per_s=2.0, waits=Waits(None, None)) == drained(came, 6)


@pytest.mark.parametrize("at", [[], [50.0]])
def test_a_rate_needs_two_arrivals(at: list[float]) -> None:
    """Nothing, or one arrival, takes no time: there is no rate to tell."""
    assert 0.0 == drained([Arrival("/a", 0, each) for each in at], 1).per_s


def test_without_arrivals_all_is_missing() -> None:
    """A relay that never delivered is told as such."""
    assert Arrivals(arrived=0, missing=4, extra=0, per_s=0.0, waits=Waits(None, None)) == arrivals(SENT, [], 2)
