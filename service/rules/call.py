"""PURE. What the parameters of a request say of its call.

https://www.twilio.com/docs/voice/twiml#request-parameters
"""

from collections.abc import Callable

import msgspec

OVER = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
"""States of a call that nothing can be said to any more."""
ANONYMOUS = frozenset(
    {"anonymous", "blocked", "private", "restricted", "unavailable", "unknown", "+266696687", "+7378742833", "+2562533"}
)
"""Callers who do not show their number, and how Twilio writes that on a keypad (ANONYMOUS, RESTRICTED, BLOCKED).

https://help.twilio.com/articles/223179988
"""
CLIENT = "client:"


class Call(msgspec.Struct, frozen=True):
    """A request's call: our address and the other one, None where there is none; `status` in lower case.

    `dialled`: the request says how a `<Dial>` of an earlier answer ended. `failed_url`: the one that failed, where this
    is the fallback's request. `session`: how the ConversationRelay session ended. `handed_off`: the application gave
    what a hand-off needs.
    """

    sid: str | None = None
    account: str | None = None
    status: str = ""
    outbound: bool = False
    ours: str | None = None
    other: str | None = None
    dialled: bool = False
    failed_url: str | None = None
    session: str = ""
    handed_off: bool = False

    @property
    def first(self) -> bool:
        """Whether this may be the first request of the call: one that we make is answered before it is asked for."""
        return self.outbound or self.status == "ringing"

    @property
    def refusable(self) -> bool:
        """Whether nobody has taken the call yet."""
        return self.status == "ringing" and not self.outbound

    @property
    def client(self) -> str | None:
        """The Voice SDK client that makes the call, None where it is somebody else."""
        return self.other if self.other is not None and self.other.startswith(CLIENT) else None

    @property
    def participant(self) -> str | None:
        """The caller's address as the Orchestrator writes it, None where the caller does not show it."""
        shown = self.other is not None and self.other.lower() not in ANONYMOUS
        return self.other.removeprefix(CLIENT) if self.other is not None and shown else None


def call(get: Callable[..., str | None]) -> Call:
    """Return the call; `get` returns the first of some parameters that is not blank. We make an outbound call."""
    outbound = (get("Direction") or "").startswith("outbound")
    to, caller = get("To", "Called"), get("From", "Caller")
    return Call(
        sid=get("CallSid"),
        account=get("AccountSid"),
        status=(get("CallStatus") or "").lower(),
        outbound=outbound,
        ours=caller if outbound else to,
        other=to if outbound else caller,
        dialled=get("DialCallStatus") is not None,
        failed_url=get("ErrorUrl"),
        session=(get("SessionStatus") or "").lower(),
        handed_off=get("HandoffData") is not None,
    )
