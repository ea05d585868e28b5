"""The difference between a file and what there is, as lines for people. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from service.cli.endpoints.printing import text
from service.endpoints.difference import Change, Step, Value
from service.endpoints.shown import MASK
from service.store.backlog import Backlog

_SIGNS = {"create": "+", "update": "~", "unchanged": "=", "remove": "-"}


def lines(steps: Sequence[Step], dropped: Mapping[str, Backlog]) -> Iterator[str]:
    """Return a line for each step, and one for each member that changes; `dropped` is what goes with the removed."""
    for step in steps:
        gone = dropped.get(step.name)
        lost = f", with {gone.waiting} deliveries that wait and {gone.missed} that were missed" if gone else ""
        yield f"{_SIGNS[step.action]} {step.name} {step.action}{f' {step.id}' if step.id else ''}{lost}"
        yield from (f"    {change.member}: {_change(change, new=step.id is None)}" for change in step.changes)


def _change(change: Change, *, new: bool) -> str:
    if change.before == change.after == MASK:
        return "replaced"
    return _value(change.after) if new else f"{_value(change.before)} → {_value(change.after)}"


def _value(value: Value) -> str:
    return text(value) or "none"
