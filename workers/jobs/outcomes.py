"""PURE. What an attempt at a job can come to. Exceptions are for surprises."""

import msgspec


class Done(msgspec.Struct, frozen=True):
    """The job's purpose is reached."""

    reason: str


class Cancelled(msgspec.Struct, frozen=True):
    """The job's purpose no longer holds."""

    reason: str


class RetryLater(msgspec.Struct, frozen=True):
    """Another attempt may help, `after` seconds from now."""

    after: float
    reason: str


class Continue(msgspec.Struct, frozen=True):
    """Part of the job is done, which is no failure; the next part may begin `after` seconds from now."""

    after: float
    reason: str


class Dead(msgspec.Struct, frozen=True):
    """No further attempt is made."""

    reason: str


class Stop(msgspec.Struct, frozen=True):
    """No job of this kind can succeed for now: all of them wait, but for a probe now and then."""

    reason: str


Outcome = Done | Cancelled | RetryLater | Continue | Dead | Stop
