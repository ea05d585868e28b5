"""Waiting for a condition with a deadline, instead of sleeping for luck."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], seconds: float = 5.0, every: float = 0.01) -> T:
    """Return the condition's first truthy value. Raises AssertionError when the time is over."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > until:
            message = f"not within {seconds} s"
            raise AssertionError(message)
        time.sleep(every)
    return value
