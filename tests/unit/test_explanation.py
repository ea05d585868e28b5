"""What the record of an event's deliveries says to people."""

import msgspec

from service.store.explanation import REMOVED, Attempt, Delivery, shape


def attempt(status: int | None, error: str | None = None) -> Attempt:
    """Return an attempt."""
    return Attempt("2026-11-20T14:03:10.114Z", status, 12, error)


def test_attempts_come_in_their_order() -> None:
    """Numbers are compared as numbers: the tenth attempt comes after the second."""
    tried = {number: attempt(500 + number) for number in (10, 2, 1)}
    fields = {f"ep_a:{number}": msgspec.json.encode(one) for number, one in tried.items()}

    assert [Delivery("ep_a", "retrying", None, [tried[1], tried[2], tried[10]])] == shape(
        {**fields, "ep_a": b"retrying"}, {"ep_a"}, {}
    )


def test_what_a_removed_endpoint_did_not_get_was_skipped() -> None:
    """What it did get stays delivered, and a dead one stays dead."""
    fields = {"ep_a": b"waiting", "ep_b": b"retrying", "ep_c": b"delivered", "ep_d": b"dead"}

    assert [
        Delivery("ep_a", "skipped", REMOVED, []),
        Delivery("ep_b", "skipped", REMOVED, []),
        Delivery("ep_c", "delivered", None, []),
        Delivery("ep_d", "dead", None, []),
    ] == shape(fields, set(), {})


def test_a_dead_delivery_has_its_reason() -> None:
    """A delivered one has none, even where an old record of its death is left."""
    fields = {"ep_a": b"dead", "ep_b": b"delivered"}

    assert [Delivery("ep_a", "dead", "gone", []), Delivery("ep_b", "delivered", None, [])] == shape(
        fields, {"ep_a", "ep_b"}, {"ep_a": "gone", "ep_b": "gone"}
    )


def test_an_event_that_nobody_wanted_has_no_deliveries() -> None:
    """An empty record is an empty list."""
    assert [] == shape({}, set(), {})
