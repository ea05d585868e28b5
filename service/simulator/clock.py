"""The simulated Twilio's clock: the real time. What is sped up is waiting, so that times fit those of the service."""

import time


def now() -> int:
    """Return milliseconds since 1970."""
    return int(time.time() * 1000)
