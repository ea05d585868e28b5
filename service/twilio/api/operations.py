"""Operations: what Twilio does after it has answered 202, asked for until it is done."""

import time
from collections.abc import Callable

import httpx

from service.twilio.api.caller import Answer, Caller, same_origin, segment
from service.twilio.errors import (
    OperationFailedError,
    OperationPendingError,
    ThrottledError,
    TwilioError,
    UnavailableError,
    UnreachableError,
    message_of,
)
from service.twilio.resources.operation import Operation, operation_of

DEADLINE = 60.0
"""Seconds that an operation may take."""
PAUSE = 1.0
"""Seconds between two looks where Twilio does not say."""
LONGEST_PAUSE = 10.0
"""Seconds between two looks, whatever Twilio says."""


class Operations:
    """The operations of one API."""

    def __init__(
        self,
        caller: Caller,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`clock` and `sleep` are in seconds; tests have their own."""
        self._caller = caller
        self._clock = clock
        self._sleep = sleep

    def fetch(self, operation_id: str) -> Operation:
        """Return the operation as it is now."""
        return self._asked(Operation(operation_id, ""))

    def wait(self, operation: Operation, deadline: float = DEADLINE) -> Operation:
        """Return the operation once it is completed.

        Raises OperationFailedError when it failed or was cancelled, OperationPendingError when it is not done within
        `deadline` seconds, and another TwilioError where Twilio refuses to tell.
        """
        until = self._clock() + deadline
        while True:
            if operation.state == "completed":
                return operation
            if operation.state == "failed":
                raise _failure(operation)
            pause = min(PAUSE if operation.retry_after is None else operation.retry_after, LONGEST_PAUSE)
            if not operation.id or self._clock() + pause >= until:
                raise OperationPendingError(f"operation {operation.id or 'without id'} is not done yet")
            self._sleep(max(pause, 0.1))
            operation = self._heard_of(operation)

    def _heard_of(self, operation: Operation) -> Operation:
        """Return what can be heard now; an operation of which nothing can be heard for the moment still runs."""
        try:
            return self._asked(operation)
        except (UnavailableError, ThrottledError, UnreachableError) as error:
            return Operation(
                operation.id, "", operation.resource_id, operation.status_url, retry_after=error.retry_after
            )

    def _asked(self, operation: Operation) -> Operation:
        answer = self._caller.call("GET", self._address(operation))
        return accepted(answer, operation)

    def _address(self, operation: Operation) -> str:
        """Return where to ask: where Twilio says, unless that is another host, which may not see our credentials."""
        own = f"/ControlPlane/Operations/{segment(operation.id)}"
        if not operation.status_url:
            return own
        base = self._caller.http.base_url
        try:
            url = base.join(operation.status_url)
        except httpx.InvalidURL:
            return own
        return str(url) if same_origin(url, base) else own


def accepted(answer: Answer, before: Operation | None = None) -> Operation:
    """Return the operation that an answer tells of."""
    return operation_of(answer.body, answer.headers, answer.retry_after, before)


def _failure(operation: Operation) -> TwilioError:
    status, code = operation.error.get("status"), operation.error.get("code")
    return OperationFailedError(
        message_of(operation.error) or f"the operation is {operation.status}",
        status=status if isinstance(status, int) else None,
        code=code if isinstance(code, int) else None,
    )
