"""PURE. Results of Conversation Intelligence, in every form that they have been seen in.

A label is `{"label": …}`; Twilio's agent SDK also meets `{"result": …}` and `{"payload": "<JSON text>"}` around it.
"""

import msgspec

from service.rules.words import folded

_DEPTH = 4


class Result(msgspec.Struct, frozen=True):
    """One operator's result: the operator by its id and its name, the labels that it gave, and the channels it saw."""

    operators: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def by(self, operators: tuple[str, ...]) -> bool:
        """Return whether it is a result of one of the operators, named or by id (empty: of any)."""
        return not operators or _share(self.operators, operators)

    def says(self, labels: tuple[str, ...]) -> bool:
        """Return whether it gave one of the labels (empty: any, or none at all)."""
        return not labels or _share(self.labels, labels)


def results_of(value: object) -> tuple[Result, ...]:
    """Return the results of a list `operatorResults`; one that cannot be read is there, and says nothing."""
    return tuple(_result(each) for each in value) if isinstance(value, list) else ()


def _share(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return not set(map(folded, some)).isdisjoint(map(folded, others))


def _result(value: object) -> Result:
    if not isinstance(value, dict):
        return Result()
    operator, details = value.get("operator"), value.get("executionDetails")
    named = [operator.get(name) for name in ("id", "displayName", "friendlyName")] if isinstance(operator, dict) else []
    channels = details.get("channels") if isinstance(details, dict) else None
    return Result(
        tuple(each for each in named if isinstance(each, str)),
        _labels(value.get("result"), _DEPTH),
        tuple(each.upper() for each in channels if isinstance(each, str)) if isinstance(channels, list) else (),
    )


def _labels(value: object, depth: int) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return tuple(each for each in value if isinstance(each, str))
    if not isinstance(value, dict) or depth == 0:
        return ()
    found = _labels(value.get("label"), 0) + _labels(value.get("labels"), 0)
    if found:
        return found
    payload = value.get("payload")
    inside = _decoded(payload) if isinstance(payload, str) else payload
    return _labels(value.get("result"), depth - 1) or _labels(inside, depth - 1)


def _decoded(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
