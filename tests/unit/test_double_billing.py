"""Which calls are transcribed twice: by an answer and by a capture rule of some configuration."""

from typing import Any

import pytest

from service.rules.double_billing import CaptureRule, capture_rules, conflicts
from service.rules.voice_answer import Voice, fingerprint
from service.rules.voice_check import BILLED_TWICE, OLD, Place, VoiceCheck, concerns, result
from service.twilio.resources.configuration import configuration_of
from tests.voice_tables import AGENT, CALLER, CAPTURED, CONFIGURATION, CONVERSATION, OURS, relay, table, voices

OTHER = "+12025550777"
SIP = "sip:desk@example.sip.twilio.com"
TRANSCRIBED = table("transcription", f'dial = "{AGENT}"', "[voice.Transcription]", CAPTURED)
SHOWN = TRANSCRIBED + f'[voice.Dial]\ncallerId = "{OTHER}"'
FORWARDED = table("forward", f'dial = "{AGENT}"')
NOW = 1_800_000_000_000


def rule(caller: str, called: str, kind: str | None = "PSTN") -> CaptureRule:
    """Return a capture rule."""
    return CaptureRule(CONFIGURATION, "Support", 1, caller, called, kind)


def found(text: str, *rules: CaptureRule) -> list[str]:
    """Return which calls are transcribed twice."""
    return [conflict.calls for conflict in conflicts(voices(text), rules)]


@pytest.mark.parametrize(
    ("text", "captured", "expected"),
    [
        # A rule that names the number, in either direction.
        (relay(), rule("*", OURS), [f"calls to {OURS}"]),
        (relay(), rule(OURS, "*"), [f"calls from {OURS} that this answers"]),
        (relay(), rule(CALLER, OURS), [f"calls to {OURS}"]),
        (relay(attributes=f'conversationId = "{CONVERSATION}"'), rule("*", OURS), [f"calls to {OURS}"]),
        # What is not captured is transcribed, too.
        (relay(attributes=""), rule("*", OURS), [f"calls to {OURS}"]),
        (TRANSCRIBED, rule("*", OURS), [f"calls to {OURS}"]),
        (table("transcription", 'say = "Hi"'), rule("*", OURS), [f"calls to {OURS}"]),
        # A rule that names any.
        (relay(), rule("*", "*"), [f"calls to {OURS}, since the rule captures all"]),
        (relay(), rule(CALLER, "*"), [f"calls from {CALLER} to {OURS}"]),
        (relay(), rule("*", "+1202555*"), [f"calls to {OURS}"]),
        (relay(), rule("*", "+1203*"), []),
        # A rule about another number.
        (relay(), rule("*", OTHER), []),
        (relay(), rule(CALLER, OTHER), []),
        (relay() + table("forward", f'dial = "{AGENT}"', number=OTHER), rule(OTHER, "*"), []),
        # An answer that transcribes nothing.
        (FORWARDED, rule("*", OURS), []),
        (table("say", 'say = "Hi"'), rule("*", "*"), []),
        (table("reject"), rule(OURS, "*"), []),
        # Kinds of calls: a name counts whatever the kind, any only where the kind may be the same.
        (relay(), rule("*", "*", "CLIENT"), []),
        (relay(), rule("*", "*", "PUBLIC_SIP"), []),
        (relay(), rule("*", "*", None), [f"calls to {OURS}, since the rule captures all"]),
        (relay(), rule("client:ada", OURS, "CLIENT"), [f"calls to {OURS}"]),
        (relay(number="client:ada"), rule("*", "*", "CLIENT"), ["calls to client:ada, since the rule captures all"]),
        (relay(number="client:ada"), rule("*", "*"), []),
        (relay(number="client:ada"), rule("*", "ada", "CLIENT"), ["calls to client:ada"]),
        (relay(number="client:ada"), rule("*", "adam", "CLIENT"), []),
        (relay(number=SIP), rule("*", SIP.upper(), "PUBLIC_SIP"), [f"calls to {SIP}"]),
        (relay(number=SIP), rule("*", "*", "PUBLIC_SIP"), [f"calls to {SIP}, since the rule captures all"]),
        (relay(number=f"sip:{OURS}@x.sip.twilio.com"), rule("*", OURS), [f"calls to sip:{OURS}@x.sip.twilio.com"]),
        # Whom a transcribed call is put through to; after a session nothing is transcribed any more.
        (TRANSCRIBED, rule("*", AGENT), [f"calls that are put through to {AGENT}"]),
        (relay(f'dial = "{AGENT}"'), rule("*", AGENT), []),
        (SHOWN, rule(OTHER, AGENT + "0"), [f"calls that are put through as {OTHER}"]),
        # All other numbers.
        (relay(number="*"), rule("*", OTHER), [f"calls to {OTHER}, which has no table of its own"]),
        (relay(number="*"), rule("*", "*", "CLIENT"), ["calls to any number that has no table of its own"]),
        (relay(number="*"), rule(OTHER, "*"), ["calls to any number that has no table of its own"]),
        (relay(number="*") + FORWARDED, rule("*", OURS), []),
        (relay(number="*") + FORWARDED, rule(OURS, "*"), []),
        (relay(number="*") + relay(), rule("*", OURS), [f"calls to {OURS}"]),
    ],
)  # fmt: skip
def test_a_rule_and_an_answer_are_compared(text: str, captured: CaptureRule, expected: list[str]) -> None:
    """Both directions, wildcards, kinds of calls, and the table for all other numbers."""
    assert expected == found(text, captured)


def test_calls_of_a_number_that_is_captured_in_both_directions_are_its_own() -> None:
    """Beside a rule for calls to a number, one for calls from it is not about a customer's calls."""
    assert [] == found(relay(), rule("*", OTHER), rule(OTHER, "*"))


def configuration(number: int, **members: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a configuration as Twilio tells of it."""
    return configuration_of({"id": f"conv_configuration_{number}", "displayName": f"No {number}", **members})


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([{"from": "*", "to": OURS, "metadata": {}}], [(1, "*", OURS, "PSTN")]),
        ([{"from": "*", "to": OURS, "metadata": {"callType": "SIP"}}], [(1, "*", OURS, "PUBLIC_SIP")]),
        ([{"to": "a"}, {"from": "b", "metadata": None}], [(1, "*", "a", "PSTN"), (2, "b", "*", "PSTN")]),
        ([{"from": "*", "to": "*", "metadata": {"callType": "VIDEO"}}], [(1, "*", "*", None)]),
        (None, []),
    ],
)
def test_capture_rules_are_read(rules: object, expected: list[tuple[Any, ...]]) -> None:
    """What a rule leaves out counts as any, and PSTN is what Twilio assumes."""
    found_rules = capture_rules([configuration(1, channelSettings={"VOICE": {"captureRules": rules}})])

    assert expected == [(each.number, each.caller, each.called, each.kind) for each in found_rules]


@pytest.mark.parametrize(
    "settings", [{"SMS": {"captureRules": [{"from": "*", "to": OURS}]}}, {"VOICE": None}, {}, None]
)
def test_a_configuration_that_captures_no_calls_has_no_rules(settings: object) -> None:
    """Those of other channels do not count."""
    assert () == capture_rules([configuration(1, channelSettings=settings)])


def test_a_conflict_names_both_places() -> None:
    """The line of the table; the configuration with its name and the rule with its number."""
    captured = {"VOICE": {"captureRules": [{"from": "*", "to": AGENT}, {"from": "*", "to": OURS}]}}

    (conflict,) = conflicts(voices("", relay()), capture_rules([configuration(7, channelSettings=captured)]))

    assert (
        f'line 2: number = "{OURS}" is answered with conversation_relay <-> configuration conv_configuration_7 "No 7", '
        f"VOICE capture rule 2 (from * to {OURS}, PSTN): calls to {OURS}"
    ) == str(conflict)


RELAY = voices(relay())
ACCEPTED = voices(relay("accept_double_billing = true"))
PLACE = Place(1, CONFIGURATION, 1)


def checked(tables: tuple[Voice, ...] = RELAY, age: int = 0) -> VoiceCheck:
    """Return what was found so many seconds ago."""
    return result(tables, conflicts(tables, [rule("*", OURS)]), NOW - age * 1000)


def test_what_is_accepted_is_kept_as_no_conflict() -> None:
    """A table may say that two transcriptions are wanted."""
    assert ((PLACE,), ()) == (checked().conflicts, checked(ACCEPTED).conflicts)


@pytest.mark.parametrize(
    ("check", "tables", "expected"),
    [
        (None, (), []),
        (None, voices(FORWARDED), []),
        (None, RELAY, ["it was never checked"]),
        (checked(), RELAY, [BILLED_TWICE]),
        (checked(ACCEPTED), ACCEPTED, []),
        (checked(ACCEPTED, OLD + 1), ACCEPTED, ["the last check is 7 days old"]),
        (checked(age=OLD + 1), RELAY, [BILLED_TWICE, "the last check is 7 days old"]),
        (checked(), voices(relay(number=OTHER)), ["the [[voice]] tables have changed"]),
        (checked(ACCEPTED), RELAY, ["the [[voice]] tables have changed"]),
        # Whoever only changes a greeting need not check once more.
        (checked(), voices(relay(attributes='welcomeGreeting = "Hi"')), [BILLED_TWICE]),
    ],
)
def test_a_receiver_knows_what_to_warn_of(
    check: VoiceCheck | None, tables: tuple[Voice, ...], expected: list[str]
) -> None:
    """Of conflicts, of a check that is missing, old, or of other tables; of nothing where nothing is transcribed."""
    said = [(each.event, str(each.fields.get("reason", ""))) for each in concerns(check, tables, NOW)]

    assert [True] * len(expected) == [
        want == event or reason.startswith(want) for (event, reason), want in zip(said, expected, strict=True)
    ]


def test_a_warning_holds_no_number_of_anybody() -> None:
    """Log lines name lines, configurations and rules."""
    fields = [each.fields for each in concerns(checked(), RELAY, NOW)]

    assert (True, False) == (CONFIGURATION in str(fields), "+1202" in str(fields))


def test_a_fingerprint_is_of_what_the_check_depends_on() -> None:
    """Whom a transcribed call is put through to belongs to it."""
    other = table("transcription", f'dial = "{OTHER}"', "[voice.Transcription]", CAPTURED)

    assert fingerprint(voices(TRANSCRIBED)) != fingerprint(voices(other))
