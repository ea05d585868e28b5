"""PURE. Operations: what a 202 promises, and when it is done."""

from collections.abc import Callable

import msgspec

from service.events.times import from_milliseconds
from service.simulator.call import Resource, not_found
from service.simulator.scenario import identifier
from service.simulator.world.birth import Birth


class _Operation(msgspec.Struct):
    id: str
    began: int
    due: int
    related: dict[str, str]
    finish: Callable[[int], None] | None


class Operations:
    """Each is PENDING for a while, and has its effect when it is done."""

    def __init__(self, birth: Birth, api: str) -> None:
        self._birth, self._api = birth, api
        self._operations: dict[str, _Operation] = {}
        self._open: list[_Operation] = []

    def begin(self, related: dict[str, str], at: int, finish: Callable[[int], None]) -> str:
        """Promise `finish`, and return the operation's id."""
        number = str(len(self._operations))
        name = identifier("operation_", self._birth.seed, self._api, number)
        operation = _Operation(name, at, at + self._birth.ms(self._birth.operation), related, finish)
        self._operations[name] = operation
        self._open.append(operation)
        return name

    def tick(self, at: int) -> None:
        """Let happen what is due."""
        due = [each for each in self._open if each.due <= at]
        self._open = [each for each in self._open if each.due > at]
        for operation in due:
            if operation.finish is not None:
                operation.finish(operation.due)

    def fetch(self, name: str, base: str) -> Resource:
        """Return an operation as it is now; `base` is the API's base URL. Raises RefusedError (404)."""
        found = self._operations.get(name)
        if found is None:
            raise not_found(name)
        done = found not in self._open
        shown = {
            "operationId": found.id,
            "status": "COMPLETED" if done else "PENDING",
            "createdAt": from_milliseconds(found.began),
            "statusUrl": f"{base}/ControlPlane/Operations/{found.id}",
            "related": found.related,
        }
        return {**shown, "completedAt": from_milliseconds(found.due)} if done else shown
