"""What the record of an event's deliveries says to people."""

from collections.abc import Mapping

import msgspec
import pytest

from service.endpoints.endpoint import Disabled, Endpoint
from service.endpoints.health import Health
from service.events.explained import (
    MATCHED_SINCE,
    REMOVED,
    UNMATCHED,
    Attempt,
    Delivery,
    Facts,
    Unmatched,
    deliveries,
    unmatched,
)

STORED = 1_763_647_390_007
DUE, PROBE = "2025-11-20T14:03:15.000Z", 1_763_647_400_000
PROBE_AT = "2025-11-20T14:03:20.000Z"
PROBING = "the paused endpoint to answer a probe"


def attempt(status: int | None, error: str | None = None, due: str | None = None) -> Attempt:
    """Return an attempt."""
    return Attempt("2026-11-20T14:03:10.114Z", status, 12, error, due)


def endpoint(name: str = "ep_a", *types: str, created_at: int = 0, disabled: Disabled | None = None) -> Endpoint:
    """Return an endpoint."""
    url, wanted = "https://8.8.8.8/", types or ("*",)
    return Endpoint(id=name, url=url, types=wanted, sealed_secret="", created_at=created_at, disabled=disabled)


def facts(fields: Mapping[str, bytes], *endpoints: Endpoint, **more: object) -> Facts:
    """Return what is known of an event's deliveries."""
    known = Facts("conversation.closed", STORED, fields, {one.id: one for one in endpoints})
    return msgspec.structs.replace(known, **more)


def test_attempts_come_in_their_order() -> None:
    """Numbers are compared as numbers: the tenth attempt comes after the second."""
    tried = {number: attempt(500 + number) for number in (10, 2, 1)}
    fields = {f"ep_a:{number}": msgspec.json.encode(one) for number, one in tried.items()}
    (found,) = deliveries(facts({**fields, "ep_a": b"retrying"}, endpoint()))

    assert [tried[1], tried[2], tried[10]] == found.attempts


def test_what_a_removed_endpoint_did_not_get_was_skipped() -> None:
    """What it did get stays delivered, and a dead one stays dead."""
    fields = {"ep_a": b"waiting", "ep_b": b"retrying", "ep_c": b"delivered", "ep_d": b"dead"}

    assert [
        Delivery("ep_a", "skipped", REMOVED, []),
        Delivery("ep_b", "skipped", REMOVED, []),
        Delivery("ep_c", "delivered", None, []),
        Delivery("ep_d", "dead", None, []),
    ] == deliveries(facts(fields))


def test_a_dead_delivery_has_its_reason() -> None:
    """A delivered one has none, even where an old record of its death is left."""
    fields = {"ep_a": b"dead", "ep_b": b"delivered"}

    assert [Delivery("ep_a", "dead", "gone", []), Delivery("ep_b", "delivered", None, [])] == deliveries(
        facts(fields, endpoint("ep_a"), endpoint("ep_b"), dead={"ep_a": "gone", "ep_b": "gone"})
    )


@pytest.mark.parametrize(
    ("recorded", "reason"),
    [
        (b"skipped:disabled", "the endpoint was disabled"),
        (
            b"skipped:other_source",
            "it gets the same words from the call's other source (forward of [transcription] in RULES_FILE)",
        ),
        (b"skipped:moon", "moon"),
    ],
)
def test_a_skipped_delivery_says_why(recorded: bytes, reason: str) -> None:
    """In words of people's, and as recorded where we have none."""
    (found,) = deliveries(facts({"ep_a": recorded}, endpoint()))

    assert ("skipped", reason, None, None) == (found.state, found.reason, found.next_attempt_at, found.waits_for)


@pytest.mark.parametrize(
    ("fields", "created_at", "expected"),
    [
        ({}, 0, "*"),
        ({"ep_a:filter": b"conversation.*"}, 0, "conversation.*"),
        ({}, STORED + 1, None),
        ({"ep_a:filter": b"conversation.*"}, STORED + 1, "conversation.*"),
    ],
)
def test_the_filter_that_matched_is_told(fields: dict[str, bytes], created_at: int, expected: str | None) -> None:
    """`*` is not recorded; an endpoint that is younger than the event has it by a replay."""
    (found,) = deliveries(facts({"ep_a": b"delivered", **fields}, endpoint(created_at=created_at)))

    assert expected == found.filter


@pytest.mark.parametrize(
    ("state", "more", "due", "waits_for"),
    [
        (b"waiting", {}, None, "a free slot at the endpoint"),
        (b"retrying", {}, DUE, None),
        (b"waiting", {"health": {"ep_a": Health(paused_until=PROBE)}}, PROBE_AT, PROBING),
        (b"retrying", {"health": {"ep_a": Health(paused_until=PROBE)}}, PROBE_AT, PROBING),
        (b"retrying", {"health": {"ep_a": Health(paused_until=1)}}, DUE, PROBING),
        (b"waiting", {"behind": {"ep_a": "6"}}, None, "its turn: sequence 6 of its conversation goes first"),
        (b"waiting", {"behind": {"ep_a": "0"}}, None, "its turn: an earlier event of its conversation goes first"),
        (b"delivered", {"health": {"ep_a": Health(paused_until=PROBE)}}, None, None),
        (b"dead", {}, None, None),
    ],
)  # fmt: skip
def test_what_comes_next_is_told(state: bytes, more: dict[str, object], due: str | None, waits_for: str | None) -> None:
    """The later of a retry's own time and a paused endpoint's next probe, and what else it waits for."""
    fields = {"ep_a": state, "ep_a:1": msgspec.json.encode(attempt(503, due=DUE))}
    (found,) = deliveries(facts(fields, endpoint(), **more))

    assert (due, waits_for) == (found.next_attempt_at, found.waits_for)


@pytest.mark.parametrize("state", [b"waiting", b"retrying"])
def test_what_waits_for_a_disabled_endpoint_waits_for_its_return(state: bytes) -> None:
    """No time can be told for that."""
    fields = {"ep_a": state, "ep_a:1": msgspec.json.encode(attempt(503, due=DUE))}
    (found,) = deliveries(facts(fields, endpoint(disabled=Disabled("gone", 1))))

    assert (None, "the endpoint to be enabled") == (found.next_attempt_at, found.waits_for)


def test_the_last_answer_is_shown_whatever_its_bytes() -> None:
    """What is no UTF-8 does not stand in the way."""
    (found,) = deliveries(facts({"ep_a": b"dead", "ep_a:answer": b"no \xff"}, endpoint()))

    assert "no \ufffd" == found.answer


def test_an_event_that_nobody_wanted_has_no_deliveries() -> None:
    """An empty record is an empty list."""
    assert [] == deliveries(facts({}))


def test_endpoints_that_did_not_get_it_are_named_with_the_reason() -> None:
    """Those that were there before it, and it was not for; a change of types shows where anything is recorded."""
    others = (
        endpoint("ep_a"),
        endpoint("ep_b", "communication.*"),
        endpoint("ep_c"),
        endpoint("ep_d", "communication.*", created_at=STORED + 1),
    )

    assert [Unmatched("ep_b", UNMATCHED), Unmatched("ep_c", MATCHED_SINCE)] == unmatched(
        facts({"ep_a": b"delivered"}, *others)
    )


def test_what_is_forgotten_is_not_told() -> None:
    """Without any record, an endpoint whose types match may have got the event long ago."""
    assert [Unmatched("ep_b", UNMATCHED)] == unmatched(facts({}, endpoint("ep_a"), endpoint("ep_b", "communication.*")))
