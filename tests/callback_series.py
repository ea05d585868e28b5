"""Callbacks of many conversations, spread over a time: each is born, is spoken in, and ends by going quiet.

Each callback has a number of its own, which stands in its text, so that its arrivals can be counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.twilio_callbacks import Signed, communication, conversation, signed


@dataclass(frozen=True, slots=True)
class Callback:
    """One signed callback, due so many seconds after the beginning; `status` is None for a communication."""

    number: int
    conversation_id: str
    status: str | None
    due: float
    request: Signed


@dataclass(frozen=True, slots=True)
class Series:
    """So many conversations of so many callbacks each, over so many seconds; each conversation takes `life` of them."""

    conversations: int = 132
    callbacks: int = 40
    seconds: float = 34.0
    life: float = 5.0


def conversation_id(number: int) -> str:
    """Return the id of a conversation of a series."""
    return f"conv_conversation_{number:026d}"


def callbacks(series: Series) -> list[Callback]:
    """Return all callbacks of a series, the first due of them first; the last of each conversation says INACTIVE."""
    began = datetime.now(UTC) - timedelta(seconds=series.seconds)
    made = (each for number in range(series.conversations) for each in _conversation(series, number, began))
    return sorted(made, key=lambda each: each.due)


def _conversation(series: Series, number: int, began: datetime) -> Iterator[Callback]:
    first_due = number * (series.seconds - series.life) / max(1, series.conversations - 1)
    for step in range(series.callbacks):
        due = first_due + step * series.life / (series.callbacks - 1)
        at = _written(began + timedelta(seconds=due))
        mark = number * series.callbacks + step
        status = {0: "ACTIVE", series.callbacks - 1: "INACTIVE"}.get(step)
        yield _callback(mark, conversation_id(number), status, due, at)


def closed(number: int, closed_id: str, due: float) -> Callback:
    """Return the callback that tells, as of now, that a conversation was closed."""
    return _callback(number, closed_id, "CLOSED", due, _written(datetime.now(UTC)))


def _callback(number: int, named: str, status: str | None, due: float, at: str) -> Callback:
    if status is None:
        body = communication(number, at, named)
    else:
        kind = "CONVERSATION_CREATED" if status == "ACTIVE" else "CONVERSATION_UPDATED"
        body = conversation(status, at, kind=kind, conversation_id=named, name=f"Text {number}")
    return Callback(number, named, status, due, signed(body))


def _written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
