"""PURE. How the calls of one number are answered: a `[[voice]]` table once it has been read."""

import hashlib
import re
from collections.abc import Sequence
from typing import Literal

import msgspec

Pairs = tuple[tuple[str, str], ...]
Kind = Literal["conversation_relay", "transcription", "forward", "say", "redirect", "reject"]

OTHERS = "*"
"""Stands for every number that has no table of its own."""
E164 = re.compile(r"\+[1-9]\d{6,14}")
_SIP = re.compile(r"sips?:[^@\s;?]+@[^@\s;?]+")
_CLIENT = re.compile(r"client:\S.{0,120}")


class Steps(msgspec.Struct, frozen=True):
    """What is said, whom is dialled and where the call is handed on to, in this order; what is None or empty is not."""

    say: str | None = None
    dial: tuple[str, ...] = ()
    redirect: str | None = None

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.say or self.dial or self.redirect)


class Voice(msgspec.Struct, frozen=True):
    """One table: its line in the file, its number as it was normalised, and the answer.

    `elements` holds the attributes of TwiML's elements by the element's name. `steps` are the answer, or with
    `conversation_relay` what comes after the session; with `handoff_only` after a hand-off or a failure alone.
    """

    line: int
    number: str
    answer: Kind
    steps: Steps = Steps()
    elements: tuple[tuple[str, Pairs], ...] = ()
    parameters: Pairs = ()
    languages: tuple[Pairs, ...] = ()
    create: bool = False
    handoff_only: bool = False
    accept_double_billing: bool = False
    fallback: Steps | None = None

    def attributes(self, element: str) -> Pairs:
        """Return the attributes of an element; empty where the table gives none."""
        return next((pairs for name, pairs in self.elements if name == element), ())

    @property
    def transcribes(self) -> bool:
        """Whether the answer itself has the call transcribed, which Twilio bills."""
        return self.answer in {"conversation_relay", "transcription"}

    @property
    def configuration(self) -> str | None:
        """The Orchestrator's configuration that captures the call, None where a table names none."""
        noun = "ConversationRelay" if self.answer == "conversation_relay" else "Transcription"
        return dict(self.attributes(noun)).get("conversationConfiguration")


def address(text: str) -> str:
    """Return a number, SIP URI or client as it is compared: without parameters, port or letter case.

    The user of a SIP URI has letter case (RFC 3261, section 19.1.4); whoever types one does not rely on it.
    """
    plain = text.strip()
    if plain.lower().startswith(("sip:", "sips:")):
        plain = re.split(r"[;?]", plain, maxsplit=1)[0].lower().replace("sips:", "sip:", 1)
        return re.sub(r":\d+$", "", plain)
    return plain


def is_address(text: str) -> bool:
    """Whether it is a number in E.164, a SIP URI or a client's address."""
    return any(form.fullmatch(text) for form in (E164, _SIP, _CLIENT))


def matching(voices: Sequence[Voice], addresses: Sequence[str]) -> Voice | None:
    """Return the table of the first address that has one, else the one for all others, else None."""
    tables = {voice.number: voice for voice in voices}
    own = (tables.get(address(each)) for each in addresses)
    return next((voice for voice in own if voice is not None), tables.get(OTHERS))


def fingerprint(voices: Sequence[Voice]) -> str:
    """Return a digest of what a check for double billing depends on: numbers, answers and whom they dial."""
    seen = sorted((v.number, v.answer, v.accept_double_billing, v.steps.dial, v.attributes("Dial")) for v in voices)
    return hashlib.sha256(msgspec.json.encode(seen)).hexdigest()[:16]
