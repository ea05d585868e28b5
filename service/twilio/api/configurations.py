"""Configurations of Conversations v2. Writing is asynchronous: each change answers with an operation to wait for.

Twilio has no conditional write: of two that change a configuration at once, the last one wins.
"""

import uuid
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import httpx

from service.twilio.api.caller import PAGE_SIZE, Caller, segment
from service.twilio.api.operations import DEADLINE, Operations, accepted
from service.twilio.api.pace import Pace
from service.twilio.errors import MissingError, RejectedError
from service.twilio.resources.configuration import GROUPING, Configuration, configuration_of, merged, writable
from service.twilio.resources.operation import Operation
from service.twilio.resources.reading import Json

PATH = "/ControlPlane/Configurations"
SHAPE = ("displayName", "channelSettings")
"""What a configuration in a list must have; else it is fetched by itself."""
_METHOD_NOT_ALLOWED = 405


class ConfigurationsApi:
    """Configurations; each method raises a TwilioError when it did not get what it asked for.

    An idempotency key is a UUID: Twilio answers a repetition within 24 hours with its first answer. A job that may be
    repeated gives its own; otherwise one is made for each call.
    """

    def __init__(self, http: httpx.Client, pace: Pace | None = None, operations: Operations | None = None) -> None:
        """`http` has the base URL of Conversations v2 and the credentials."""
        self._caller = Caller(http, pace)
        self._operations = operations or Operations(self._caller)

    def list(self, *, memory_store_id: str | None = None, needed: Collection[str] = SHAPE) -> Iterator[Configuration]:
        """Yield all configurations, or those of one memory store."""
        query: list[tuple[str, str | int]] = [("pageSize", PAGE_SIZE)]
        query += [("memoryStoreId", memory_store_id)] if memory_store_id else []
        yield from map(configuration_of, self._caller.whole_items(PATH, "configurations", needed, query))

    def fetch(self, configuration_id: str) -> Configuration:
        """Return a configuration as it is now."""
        return configuration_of(self._caller.call("GET", _path(configuration_id)).body, configuration_id)

    def create(self, members: Mapping[str, Any], key: str | None = None) -> Operation:
        """Ask for a configuration and return the operation; `wait` for it and take the id from its `resource_id`."""
        return self._write("POST", PATH, dict(members), key)

    def replace(self, configuration_id: str, members: Mapping[str, Any], key: str | None = None) -> Operation:
        """Ask for a configuration to be as given and return the operation.

        It may be given as a fetched one's `raw` with changes. What is left out is cleared. Members that can only be
        read are not sent; the grouping type must stay as it is.
        """
        return self._write("PUT", _path(configuration_id), writable(members), key)

    def patch(self, configuration_id: str, changes: Mapping[str, Any], key: str | None = None) -> Operation:
        """Ask for some members to be changed and return the operation.

        Where Twilio does not know the call (it is newer than some descriptions), the configuration is read, changed
        and replaced; what somebody else changes in that moment is lost. Raises ValueError for a change of the grouping
        type, which is fixed when a configuration is made.
        """
        if GROUPING in changes:
            raise ValueError(f"{GROUPING} is fixed when a configuration is made; create a new one instead")
        name = key or str(uuid.uuid4())
        try:
            return self._write("PATCH", _path(configuration_id), dict(changes), name)
        except (MissingError, RejectedError) as error:
            if not isinstance(error, MissingError) and error.status != _METHOD_NOT_ALLOWED:
                raise
        fetched = self._caller.call("GET", _path(configuration_id)).body
        # With the same key Twilio would answer with its refusal of the PATCH.
        return self.replace(configuration_id, merged(fetched, changes), str(uuid.uuid5(uuid.NAMESPACE_OID, name)))

    def delete(self, configuration_id: str, key: str | None = None) -> Operation:
        """Ask for a configuration to be deleted and return the operation."""
        return self._write("DELETE", _path(configuration_id), None, key)

    def wait(self, operation: Operation, deadline: float = DEADLINE) -> Operation:
        """Return the operation once it is completed; see `Operations.wait` for what is raised."""
        return self._operations.wait(operation, deadline)

    def _write(self, method: str, path: str, body: Json | None, key: str | None) -> Operation:
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return accepted(self._caller.call(method, path, json=body, headers=headers))


def _path(configuration_id: str) -> str:
    return f"{PATH}/{segment(configuration_id)}"
