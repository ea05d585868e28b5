"""PURE. What a world is made with."""

import msgspec

MINUTE = 60_000


class Birth(msgspec.Struct, frozen=True):
    """The account; the seed of all ids; how much faster than life time passes; where callbacks go; the defaults.

    `hooks` is the base URL that Twilio is given, the Orchestrator's callbacks going to `orchestrator`; None of both: no
    callbacks. `inactive` and `closed` are the default configuration's minutes. Of the conversations the newest `most`
    are kept.
    """

    account_id: str
    seed: str = "seed"
    speed: float = 1.0
    orchestrator: str | None = None
    hooks: str | None = None
    inactive: int | None = 2
    closed: int | None = 1440
    visible_after: float = 5.0
    operation: float = 5.0
    most: int = 5000

    def ms(self, seconds: float) -> int:
        """Return how many milliseconds so many seconds of simulated time take."""
        return int(seconds * 1000 / self.speed)

    def minutes(self, minutes: int) -> int:
        """Return how many milliseconds so many minutes of simulated time take."""
        return int(minutes * MINUTE / self.speed)
