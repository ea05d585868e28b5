"""PURE. What an attempt came to, and what follows from it: values, never exceptions."""

import msgspec


class Answered(msgspec.Struct, frozen=True):
    """The subscriber answered with a status; `retry_after` is its header, as sent."""

    status: int
    retry_after: str | None = None


class Failed(msgspec.Struct, frozen=True):
    """No answer came; `error` is a short constant word, `timeout` among them."""

    error: str


class Delivered(msgspec.Struct, frozen=True):
    """The subscriber has it."""


class Retry(msgspec.Struct, frozen=True):
    """Try again after so many seconds."""

    after: float
    reason: str


class Dead(msgspec.Struct, frozen=True):
    """Nothing more will be tried."""

    reason: str


Answer = Answered | Failed
Outcome = Delivered | Retry | Dead
