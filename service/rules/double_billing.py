"""PURE. Calls whose words would be transcribed twice, and billed twice: by a `[[voice]]` answer and by a capture rule.

A capture rule of the channel VOICE transcribes every call that it matches, and so do <ConversationRelay> and
<Transcription>, captured or not. https://www.twilio.com/docs/conversations/orchestrator/concepts/ingestion
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from service.rules.voice_answer import E164, OTHERS, Voice, address
from service.twilio.resources.configuration import Configuration
from service.twilio.resources.reading import listed, mapping, text

ANY = "*"
CHANNEL = "VOICE"
_KINDS = {"PSTN": "PSTN", "CLIENT": "CLIENT", "PUBLIC_SIP": "PUBLIC_SIP", "SIP": "PUBLIC_SIP"}


class CaptureRule(msgspec.Struct, frozen=True):
    """One rule of one configuration; `number` is its place in the list, counted from 1, `kind` its type of call.

    A type of call that we do not know is None, and counts as any.
    """

    configuration_id: str
    display_name: str
    number: int
    caller: str
    called: str
    kind: str | None

    def __str__(self) -> str:
        """Return where it is and what it says."""
        name = f' "{self.display_name}"' if self.display_name else ""
        where = f"configuration {self.configuration_id}{name}, {CHANNEL} capture rule {self.number}"
        return f"{where} (from {self.caller} to {self.called}, {self.kind or 'any kind of call'})"


class Conflict(msgspec.Struct, frozen=True):
    """A table and a capture rule that transcribe the same calls, and which calls these are."""

    voice: Voice
    rule: CaptureRule
    calls: str

    def __str__(self) -> str:
        """Return both places."""
        answer = f'line {self.voice.line}: number = "{self.voice.number}" is answered with {self.voice.answer}'
        return f"{answer} <-> {self.rule}: {self.calls}"


def capture_rules(configurations: Iterable[Configuration]) -> tuple[CaptureRule, ...]:
    """Return the capture rules of the channel VOICE; an address that a rule leaves out stands for any."""
    return tuple(rule for configuration in configurations for rule in _rules(configuration))


def _rules(configuration: Configuration) -> Iterator[CaptureRule]:
    for channel, settings in configuration.channel_settings.items():
        if channel.upper() != CHANNEL:
            continue
        for number, entry in enumerate(listed(settings, "captureRules"), 1):
            kind = text(mapping(entry, "metadata"), "callType")
            yield CaptureRule(
                configuration.id,
                configuration.display_name,
                number,
                text(entry, "from") or ANY,
                text(entry, "to") or ANY,
                "PSTN" if kind is None else _KINDS.get(kind.upper()),
            )


def conflicts(voices: Sequence[Voice], rules: Sequence[CaptureRule]) -> tuple[Conflict, ...]:
    """Return every pair that transcribes the same calls, those that a table accepts too."""
    own = [voice.number for voice in voices if voice.number != OTHERS]
    inbound = [rule.called for rule in rules if _is_any(rule.caller) and not _is_any(rule.called)]
    found = []
    for voice in (each for each in voices if each.transcribes):
        for rule in rules:
            calls = _of_others(rule, own) if voice.number == OTHERS else _of_number(voice, rule, (*own, *inbound))
            if calls is not None:
                found.append(Conflict(voice, rule, calls))
    return tuple(found)


def _of_number(voice: Voice, rule: CaptureRule, ours: Sequence[str]) -> str | None:
    """Return which calls of one number are transcribed twice; `ours` are the numbers that we know to be ours.

    A rule that names one side only is about that side: if it is ours, its calls to another number of ours are not
    meant. If it may be a customer's, any of our numbers may be the other side.
    """
    number = voice.number
    if _names(rule.called, number):
        return f"calls to {number}"
    if _names(rule.caller, number):
        return f"calls from {number} that this answers"
    if _is_any(rule.called) and _may_be(rule.kind, number):
        if _is_any(rule.caller):
            return f"calls to {number}, since the rule captures all"
        if not any(_names(rule.caller, each) for each in ours):
            return f"calls from {rule.caller} to {number}"
    return _of_dialled(voice, rule)


def _of_dialled(voice: Voice, rule: CaptureRule) -> str | None:
    """Return the calls that a table dials while it transcribes both sides; after a session nothing is transcribed."""
    if voice.answer != "transcription":
        return None
    dialled = next((each for each in voice.steps.dial if _names(rule.called, each)), None)
    if dialled is not None:
        return f"calls that are put through to {dialled}"
    shown = dict(voice.attributes("Dial")).get("callerId")
    return f"calls that are put through as {shown}" if shown and _names(rule.caller, shown) else None


def _of_others(rule: CaptureRule, own: Sequence[str]) -> str | None:
    """Return which calls of numbers without a table of their own are transcribed twice."""
    listed_caller, listed_called = (any(_names(side, each) for each in own) for side in (rule.caller, rule.called))
    if not _is_any(rule.called) and not listed_called:
        return f"calls to {rule.called}, which has no table of its own"
    if _is_any(rule.called) and not listed_caller:
        return "calls to any number that has no table of its own"
    return None


def _is_any(pattern: str) -> bool:
    return not pattern.strip("*")


def _names(pattern: str, number: str) -> bool:
    """Whether one side of a rule names the address: as it is, with `*` for a part of it, or within a SIP URI."""
    if _is_any(pattern):
        return False
    wanted = re.compile(".*".join(map(re.escape, re.split(r"\*+", address(pattern).removeprefix("client:")))))
    return any(wanted.fullmatch(each) for each in _spellings(number))


def _spellings(number: str) -> Iterator[str]:
    plain = address(number)
    yield plain.removeprefix("client:")
    user = plain.removeprefix("sip:").partition("@")[0]
    if plain.startswith("sip:"):
        yield plain.removeprefix("sip:")
        if E164.fullmatch(user):
            yield user


def _may_be(kind: str | None, number: str) -> bool:
    """Whether a call of this kind may come to the address."""
    if kind is None:
        return True
    if number.startswith("client:"):
        return kind == "CLIENT"
    return kind == ("PUBLIC_SIP" if number.startswith("sip:") else "PSTN")
