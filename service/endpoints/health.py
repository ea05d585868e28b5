"""PURE. How an endpoint fares: what its attempts have come to since the last success, and whether it is paused."""

import msgspec


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Times are milliseconds since 1970, None: not since the endpoint was made.

    `failures` counts the attempts that failed since the last success, the first of them at `first_failure`;
    `warned` is the highest warning (50, 70 or 90 per cent of the way to being disabled) that was given, 0: none.
    `paused_until` is when the breaker lets a probe through, `pauses` how often it has opened since it last closed.
    """

    last_success: int | None = None
    first_failure: int | None = None
    failures: int = 0
    warned: int = 0
    paused_until: int | None = None
    pauses: int = 0


HEALTHY = Health()
