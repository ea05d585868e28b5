"""PURE. What the last `rules check --online` found, and what is to be said of it while the service runs."""

from collections.abc import Sequence

import msgspec

from service.rules.double_billing import Conflict
from service.rules.voice_answer import Voice, fingerprint

OLD = 7 * 86400
"""Seconds after which somebody may well have changed a configuration."""
BILLED_TWICE = "voice.billed_twice"
MEND = "conversation-events rules check FILE --online"


class Place(msgspec.Struct, frozen=True):
    """The two places of a conflict: the line of the table, and the capture rule with its number."""

    line: int
    configuration_id: str
    capture_rule: int


class VoiceCheck(msgspec.Struct, frozen=True):
    """When (ms since 1970) which tables were compared, and the conflicts that no table accepts."""

    at_ms: int
    fingerprint: str
    conflicts: tuple[Place, ...] = ()


class Concern(msgspec.Struct, frozen=True):
    """Something to warn of: a log line's name, and its fields."""

    event: str
    fields: dict[str, object]


def result(voices: Sequence[Voice], found: Sequence[Conflict], now_ms: int) -> VoiceCheck:
    """Return what is kept of a comparison."""
    open_ones = (each for each in found if not each.voice.accept_double_billing)
    places = (Place(each.voice.line, each.rule.configuration_id, each.rule.number) for each in open_ones)
    return VoiceCheck(now_ms, fingerprint(voices), tuple(places))


def concerns(check: VoiceCheck | None, voices: Sequence[Voice], now_ms: int) -> tuple[Concern, ...]:
    """Return what is to be warned of; nothing where no call is transcribed by an answer of ours."""
    if not any(voice.transcribes for voice in voices):
        return ()
    if check is None:
        return (_unsure("it was never checked whether calls are transcribed and billed twice"),)
    if check.fingerprint != fingerprint(voices):
        return (_unsure("the [[voice]] tables have changed since it was checked"),)
    found = [Concern(BILLED_TWICE, _fields(place)) for place in check.conflicts]
    age = (now_ms - check.at_ms) // 1000
    if age > OLD:
        found.append(_unsure(f"the last check is {age // 86400} days old"))
    return tuple(found)


def _unsure(why: str) -> Concern:
    return Concern("voice.unchecked", {"reason": why, "hint": MEND})


def _fields(place: Place) -> dict[str, object]:
    return {
        "rule_line": place.line,
        "configuration_id": place.configuration_id,
        "capture_rule": place.capture_rule,
        "hint": f"remove the capture rule or the answer, then run: {MEND}",
    }
