"""The simulated Twilio's clock."""

import time

from service.events.times import from_milliseconds


def now() -> str:
    """Return the time as Twilio writes it: ISO 8601 in UTC with milliseconds."""
    return from_milliseconds(int(time.time() * 1000))
