"""PURE. What may happen in a simulated conversation: the words that scenarios are written in, and invented ids.

A script tells what people do, not what Twilio reports of it: which callbacks follow is up to the world, as it depends
on the configuration and on what others have done meanwhile. A seed stands for a story: the same seed gives the same
ids, numbers and turns.
"""

import base64
import hashlib
from typing import Literal

import msgspec

AGENT = "+12025550188"
"""The number of the business that is called and written to."""
_ID_LENGTH = 26
_SID_LENGTH = 32
_NUMBERS_PER_AREA = 100
"""555-0100 to 555-0199 are kept free for fiction in each area code."""
_FIRST_AREA, _AREAS = 203, 700
"""Area codes of customers; 202 is the business's."""

Role = Literal["customer", "agent", "ai", "human"]


class Say(msgspec.Struct, frozen=True, tag=True):
    """Somebody writes or says something; on VOICE `channel_id` is the call, elsewhere the message."""

    role: Role
    channel: str
    text: str
    channel_id: str
    resource_id: str


class Deliver(msgspec.Struct, frozen=True, tag=True):
    """What became of an outbound message: Twilio's status of the message, with an error's code where it failed."""

    message_sid: str
    status: Literal["sent", "delivered", "undelivered", "read"]
    error_code: int | None = None


class Join(msgspec.Struct, frozen=True, tag=True):
    """Somebody joins on a channel."""

    role: Role
    channel: str


class Leave(msgspec.Struct, frozen=True, tag=True):
    """Somebody leaves."""

    role: Role


class Call(msgspec.Struct, frozen=True, tag=True):
    """A call's progress; the sequence number counts the reports of one call, `seconds` is its length at the end."""

    sid: str
    status: Literal["initiated", "ringing", "in-progress", "completed"]
    sequence: int
    seconds: int | None = None


class EndRelay(msgspec.Struct, frozen=True, tag=True):
    """A ConversationRelay session ends: by the application (`ended`, maybe handing over) or by the caller."""

    call_sid: str
    session_id: str
    status: Literal["ended", "completed", "failed"]
    handoff: str | None = None


class Close(msgspec.Struct, frozen=True, tag=True):
    """Somebody else than the service closes the conversation, through Twilio."""


class Merge(msgspec.Struct, frozen=True, tag=True):
    """Memory finds that the customer's profile is another one's, and merges it into that."""


class Judge(msgspec.Struct, frozen=True, tag=True):
    """Conversation Intelligence classifies what was said last."""

    label: str


Action = Say | Deliver | Join | Leave | Call | EndRelay | Close | Merge | Judge


class Step(msgspec.Struct, frozen=True):
    """An action, some seconds of simulated time after the story's beginning."""

    after: float
    action: Action


class Script(msgspec.Struct, frozen=True):
    """One customer's story, in the order of time."""

    name: str
    seed: str
    customer: str
    steps: tuple[Step, ...]


def identifier(prefix: str, *seed: str) -> str:
    """Return an id as Twilio makes them: the prefix and 26 characters, the first of them 0 to 7."""
    text = base64.b32encode(_digest(*seed)).decode().lower()
    return f"{prefix}0{text[: _ID_LENGTH - 1]}"


def sid(prefix: str, *seed: str) -> str:
    """Return a SID: two letters and 32 hexadecimal digits."""
    return f"{prefix}{_digest('sid', *seed).hex()[:_SID_LENGTH]}"


def chance(*seed: str) -> float:
    """Return a number from 0 to 1 (not included) that looks drawn by lot, and is the same for the same seed."""
    return int.from_bytes(_digest("chance", *seed)[:6]) / 2**48


def customer(number: int) -> str:
    """Return the number of a customer: the first 70,000 have different ones, all of them kept free for fiction."""
    area = _FIRST_AREA + number // _NUMBERS_PER_AREA % _AREAS
    return f"+1{area}55501{number % _NUMBERS_PER_AREA:02}"


def _digest(*seed: str) -> bytes:
    return hashlib.sha256("\x1f".join(seed).encode()).digest()
