"""PURE. What goes wrong on demand: how often, and with which call or callback.

No generator is stepped: whether a call fails is a function of the seed, the call and how often it was made before, so
that a run can be repeated although its calls come in another order.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, TypeVar

import msgspec

from service.simulator.scenario import chance

Fault = Literal["429", "500", "503", "500-after", "timeout-before", "timeout-after"]
"""What a REST call can meet; `after` has its effect all the same."""

FAULTS: tuple[Fault, ...] = ("429", "500", "503", "500-after", "timeout-before", "timeout-after")
AFTER_EFFECT = ("500-after", "timeout-after")
STATUSES: Mapping[str, tuple[int, int, str]] = {
    "429": (429, 20429, "Too Many Requests"),
    "500": (500, 20500, "Internal Server Error"),
    "500-after": (500, 20500, "Internal Server Error"),
    "503": (503, 20503, "Service Unavailable"),
    "timeout-before": (504, 20504, "Gateway Timeout"),
    "timeout-after": (504, 20504, "Gateway Timeout"),
}
"""Status, Twilio's code and message of each fault."""

Name = TypeVar("Name", bound=str)
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class InvalidFaultError(ValueError):
    """A fault is none of ours, or its share is no number from 0 to 1; the message says so in a sentence."""


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    """The next `times` calls of a method (any, if empty), on a path that contains `path`, meet this fault."""

    fault: Fault
    times: Annotated[int, msgspec.Meta(ge=0)] = 1
    method: str = ""
    path: str = ""

    def meets(self, method: str, path: str) -> bool:
        """Return whether a call is one of them."""
        return self.times > 0 and self.method in {"", method} and self.path in path


class Faults(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """What goes wrong, as it may be changed while the simulation runs. Times are real seconds, not sped up.

    `faults` are shares of REST calls, `lose`, `repeat` and `reorder` of callbacks, `unlinked` of customers who have no
    profile. `only` limits the shares of calls to methods or parts of paths.
    """

    faults: dict[Fault, Share] = {}
    only: list[str] = []
    next: list[Expected] = []
    retry_after: Seconds | None = None
    hold: Seconds = 30.0
    latency: Seconds = 0.0
    lose: Share = 0.0
    repeat: Share = 0.0
    reorder: Share = 0.0
    unlinked: Share = 0.0
    extraction: bool = True
    already_closed: Literal[200, 400, 409] = 200

    def of_call(self, seed: str, method: str, path: str, count: int) -> Fault | None:
        """Return what the call meets that is made for the `count`th time, or None; an expected fault is used up."""
        for expected in self.next:
            if expected.meets(method, path):
                expected.times -= 1
                return expected.fault
        if self.only and not any(part == method or (part.startswith("/") and part in path) for part in self.only):
            return None
        return drawn(self.faults, chance(seed, "call", method, path, str(count)))

    def of_callback(self, seed: str, token: str) -> Literal["lose", "repeat", "reorder"] | None:
        """Return what happens to the callback with this idempotency token, or None."""
        return drawn({"lose": self.lose, "repeat": self.repeat, "reorder": self.reorder}, chance(seed, "sent", token))

    def unlinks(self, seed: str, address: str) -> bool:
        """Return whether the customer at this address has no profile."""
        return chance(seed, "unlinked", address) < self.unlinked


def drawn(shares: Mapping[Name, float], number: float) -> Name | None:
    """Return the name whose share of the line from 0 to 1 holds a number, or None."""
    for name, share in shares.items():
        if number < share:
            return name
        number -= share
    return None


def parse(texts: Iterable[str]) -> dict[Fault, float]:
    """Return the shares of faults that are written like `429=0.05`. Raises InvalidFaultError."""
    found: dict[Fault, float] = {}
    for text in texts:
        name, _, share = text.partition("=")
        known = next((fault for fault in FAULTS if fault == name), None)
        if known is None:
            raise InvalidFaultError(f"{name!r} is none of {', '.join(FAULTS)}; for example --fault 429=0.05")
        found[known] = _share(text, share)
    if sum(found.values()) > 1:
        raise InvalidFaultError("the shares add up to more than 1; for example --fault 429=0.05 --fault 500=0.05")
    return found


def _share(text: str, share: str) -> float:
    try:
        number = float(share)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise InvalidFaultError(f"{text!r} has no share from 0 to 1; for example --fault 429=0.05")
    return number
