"""How fast the clients may go: whoever wires them knows, they only ask."""

from typing import Protocol


class Pace(Protocol):
    """Asked before each request, and told of each answer that wants us slower."""

    def wait(self) -> None:
        """Return when the next request may go. Raises ThrottledError, `sent` False, where that would take too long."""

    def slow_down(self, seconds: float | None) -> None:
        """Note that Twilio wants no request for so long; None: it did not say how long."""


class Unpaced:
    """As fast as one likes: for tests, and for commands that make a call or two."""

    def wait(self) -> None:
        """Return at once."""

    def slow_down(self, seconds: float | None) -> None:
        """Note nothing."""
