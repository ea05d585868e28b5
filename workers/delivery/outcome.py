"""PURE. What follows from an attempt: values, never exceptions."""

import msgspec


class Delivered(msgspec.Struct, frozen=True):
    """The subscriber has it."""


class Retry(msgspec.Struct, frozen=True):
    """Try again after so many seconds."""

    after: float
    reason: str


class Dead(msgspec.Struct, frozen=True):
    """Nothing more will be tried."""

    reason: str


Outcome = Delivered | Retry | Dead
