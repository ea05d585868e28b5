"""Which TwiML a request of a call gets, held against Twilio's own package; and that no call goes round in a circle."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml import voice_response

from service.rules import answering, voice_twiml
from service.rules.answering import CIRCLE, UNKNOWN
from service.rules.call import Call, call
from service.rules.voice_answer import Voice
from service.twilio.twiml import document
from tests.voice_tables import (
    AGENT,
    CALLER,
    CAPTURED,
    CONFIGURATION,
    CONVERSATION,
    OTHER_URL,
    OURS,
    SOCKET,
    relay,
    table,
    voices,
)

GREETING = 'Hi & "welcome"'
TWILIO: Any = voice_response
"""Twilio's own package, which has no types."""
PUBLIC = ("https://hooks.example.com",)
RINGING = {"CallSid": "CA1", "CallStatus": "ringing", "Direction": "inbound", "From": CALLER, "To": OURS}
FAILED = {**RINGING, "ErrorCode": "11205", "ErrorUrl": "https://hooks.example.com/twilio/voice"}
ENDED = {**RINGING, "CallStatus": "in-progress", "SessionStatus": "ended"}
HANDED_OFF = {**ENDED, "HandoffData": '{"reasonCode":"live-agent"}'}
Decide = Callable[..., answering.Decision]


def asked(parameters: dict[str, str]) -> Call:
    """Return what the parameters say of the call."""
    return call(lambda *names: next((parameters[name] for name in names if parameters.get(name)), None))


def said(decide: Decide, tables: tuple[Voice, ...], parameters: dict[str, str]) -> list[str]:
    """Return the verbs that the request gets, by name."""
    return [verb.name for verb in verbs(decide, tables, parameters)]


def verbs(decide: Decide, tables: tuple[Voice, ...], parameters: dict[str, str]) -> voice_twiml.Verbs:
    """Return the verbs that the request gets."""
    found = decide(tables, asked(parameters), PUBLIC)
    if found.reason or found.voice is None:
        return ()
    if found.steps is not None:
        return voice_twiml.steps(found.voice, found.steps)
    return voice_twiml.first(found.voice, voice_twiml.callbacks(PUBLIC[0]))


def as_twilio_reads_it(xml: str | bytes) -> object:
    """Return a document without the order of attributes, which XML does not have."""

    def tree(element: ET.Element) -> object:
        return (element.tag, dict(element.attrib), element.text or "", [tree(child) for child in element])

    return tree(ET.fromstring(xml))  # noqa: S314 - our own words, and those of Twilio's package


def _relay_by_twilio() -> str:
    response, connect = (
        TWILIO.VoiceResponse(),
        TWILIO.Connect(action="https://hooks.example.com/twilio/relay-action", method="POST"),
    )
    noun = TWILIO.ConversationRelay(
        url=SOCKET, conversationConfiguration=CONFIGURATION, welcomeGreeting='Hi & "welcome"'
    )
    noun.language(code="es-MX", voice="Mia")
    noun.parameter(name="team", value="sales")
    connect.append(noun)
    response.append(connect)
    return str(response)


def _transcription_by_twilio() -> str:
    response, start = TWILIO.VoiceResponse(), TWILIO.Start()
    start.transcription(
        status_callback_url="https://hooks.example.com/twilio/transcription", status_callback_method="POST",
        conversationConfiguration=CONFIGURATION, track="both_tracks",
    )  # fmt: skip
    response.append(start)
    response.say("One moment, please.", language="en-US")
    dial = TWILIO.Dial(timeout=20, caller_id=OURS)
    dial.number(AGENT)
    dial.sip("sip:desk@example.com")
    dial.client("ada")
    response.append(dial)
    response.redirect(f"{OTHER_URL}?a=1&b=2", method="GET")
    return str(response)


def _reject_by_twilio() -> str:
    response = TWILIO.VoiceResponse()
    response.reject(reason="busy")
    return str(response)


RELAY = relay(attributes=f"{CAPTURED}\nwelcomeGreeting = '{GREETING}'") + (
    '[voice.Parameter]\nteam = "sales"\n[[voice.Language]]\ncode = "es-MX"\nvoice = "Mia"\n'
)
TRANSCRIPTION = table(
    "transcription", 'say = "One moment, please."', f'dial = ["{AGENT}", "sip:desk@example.com", "client:ada"]',
    f'redirect = "{OTHER_URL}?a=1&b=2"', "[voice.Transcription]", CAPTURED, 'track = "both_tracks"',
    "[voice.Say]", 'language = "en-US"', "[voice.Dial]", "timeout = 20", f'callerId = "{OURS}"',
    "[voice.Redirect]", 'method = "GET"',
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RELAY, _relay_by_twilio()),
        (TRANSCRIPTION, _transcription_by_twilio()),
        (table("reject", "[voice.Reject]", 'reason = "busy"'), _reject_by_twilio()),
    ],
)
def test_an_answer_is_what_twilios_own_package_would_write(text: str, expected: str) -> None:
    """The same elements, attributes and texts."""
    found = document(*verbs(answering.first, voices(text), RINGING))

    assert as_twilio_reads_it(expected) == as_twilio_reads_it(found)


def test_a_conversation_that_was_created_takes_the_place_of_the_configuration() -> None:
    """Both attributes would contradict each other."""
    (voice,) = voices(relay("create = true"))

    (connect,) = voice_twiml.first(voice, voice_twiml.callbacks(PUBLIC[0]), CONVERSATION)

    assert (("url", SOCKET), ("conversationId", CONVERSATION)) == connect.children[0].attributes


DIALS = table("forward", f'dial = "{AGENT}"')
HANDS_ON = table("redirect", f'redirect = "{OTHER_URL}"')
IN_TURN = table("say", 'say = "Hi"', number="*") + DIALS


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        (IN_TURN, {}, ["Dial"]),
        (IN_TURN, {"To": "+12025550999"}, ["Say"]),
        (IN_TURN, {"To": "", "Called": OURS}, ["Dial"]),
        (DIALS, {"To": "+12025550999"}, []),
        # Of a call that we make, we are the caller.
        (IN_TURN, {"Direction": "outbound-api", "From": OURS, "To": CALLER, "CallStatus": "in-progress"}, ["Dial"]),
        (table("forward", f'dial = "{AGENT}"', number="client:ada"), {"From": "client:ada", "To": ""}, ["Dial"]),
        (table("reject", number="sip:a@b.sip.twilio.com"), {"To": "sip:A@b.sip.twilio.com;x=1"}, ["Reject"]),
        (DIALS, {"CallStatus": "in-progress"}, ["Dial"]),
        # What was dialled has ended: to dial again would ring for ever.
        (DIALS, {"CallStatus": "in-progress", "DialCallStatus": "completed"}, []),
        (DIALS, {"CallStatus": "completed"}, []),
        (relay(), {"CallStatus": "no-answer"}, []),
        (HANDS_ON, {}, ["Redirect"]),
        # They handed it back.
        (HANDS_ON, {"CallStatus": "in-progress"}, []),
        (HANDS_ON, {"CallStatus": "in-progress", "Direction": "outbound-api", "From": OURS}, ["Redirect"]),
        (table("redirect", 'redirect = "https://hooks.example.com/twilio/voice?x=1"'), {}, []),
        (table("redirect", 'redirect = "https://HOOKS.example.com:443/twilio/voice"'), {}, []),
        (table("redirect", 'redirect = "https://hooks.example.com/twilio/voice"', 'say = "Hi"'), {}, ["Say"]),
        (table("transcription", f'redirect = "{OTHER_URL}"'), {}, ["Start", "Redirect"]),
        (relay(f'dial = "{AGENT}"'), {}, ["Connect"]),
        (relay(), {"CallStatus": "in-progress"}, ["Connect"]),
    ],
)  # fmt: skip
def test_a_call_that_comes_in_is_answered_once(text: str, changes: dict[str, str], expected: list[str]) -> None:
    """By the table of its number, or the one for all others; and not again for what the first answer did."""
    assert expected == said(answering.first, voices(text), {**RINGING, **changes})


FALLBACK = '[voice.fallback]\nredirect = "https://spare.example.com/twiml"\n'


@pytest.mark.parametrize(
    ("text", "failed", "expected"),
    [
        (relay(), "https://hooks.example.com/twilio/voice", ["Connect"]),
        (DIALS, None, ["Dial"]),
        (HANDS_ON, "https://hooks.example.com/twilio/voice", ["Redirect"]),
        (HANDS_ON, OTHER_URL, []),
        (HANDS_ON, f"{OTHER_URL}/next?x=1", []),
        (HANDS_ON, None, []),
        (table("redirect", f'redirect = "{OTHER_URL}"', 'say = "Sorry"'), OTHER_URL, ["Say"]),
        (table("transcription", f'redirect = "{OTHER_URL}"', 'say = "Sorry"'), OTHER_URL, ["Start", "Say"]),
        (HANDS_ON + '[voice.fallback]\nsay = "Sorry"', OTHER_URL, ["Say"]),
        (HANDS_ON + FALLBACK, OTHER_URL, ["Redirect"]),
        (HANDS_ON + FALLBACK, "https://hooks.example.com/twilio/voice", ["Redirect"]),
        (HANDS_ON + FALLBACK, "https://spare.example.com/twiml", []),
        (HANDS_ON + FALLBACK, "https://spare.example.com/later", []),
        (relay() + f'[voice.fallback]\ndial = "{AGENT}"', "https://hooks.example.com/twilio/voice", ["Dial"]),
        # The session is over, and its end could not be told us: a new session would begin all over again.
        (relay(), "https://hooks.example.com/twilio/relay-action", []),
        (relay(f'dial = "{AGENT}"'), "https://hooks.example.com/twilio/relay-action", ["Dial"]),
    ],
)
def test_a_fallback_is_the_same_answer_but_never_a_circle(text: str, failed: str | None, expected: list[str]) -> None:
    """A call is not handed on to what has just failed, nor to what would hand it on to that."""
    given_parameters = {name: value for name, value in FAILED.items() if name != "ErrorUrl"}
    given_parameters |= {"ErrorUrl": failed} if failed else {}

    assert expected == said(answering.fallback, voices(text), given_parameters)


@pytest.mark.parametrize(
    ("members", "parameters", "expected"),
    [
        ((), HANDED_OFF, []),
        ((f'dial = "{AGENT}"',), HANDED_OFF, ["Dial"]),
        ((f'dial = "{AGENT}"',), ENDED, ["Dial"]),
        ((f'dial = "{AGENT}"',), {**ENDED, "SessionStatus": "failed"}, ["Dial"]),
        ((f'dial = "{AGENT}"',), {**ENDED, "SessionStatus": "completed"}, []),
        ((f'dial = "{AGENT}"',), {**ENDED, "CallStatus": "completed"}, []),
        ((f'dial = "{AGENT}"', "handoff_only = true"), ENDED, []),
        ((f'dial = "{AGENT}"', "handoff_only = true"), HANDED_OFF, ["Dial"]),
        ((f'dial = "{AGENT}"', "handoff_only = true"), {**ENDED, "SessionStatus": "failed"}, ["Dial"]),
        (('say = "Bye"', f'redirect = "{OTHER_URL}"'), HANDED_OFF, ["Say", "Redirect"]),
        (('redirect = "https://hooks.example.com/twilio/voice"',), HANDED_OFF, []),
    ],
)
def test_a_call_goes_on_after_its_session_as_its_table_says(
    members: tuple[str, ...], parameters: dict[str, str], expected: list[str]
) -> None:
    """The caller who hung up hears nothing; one whose session failed gets what a hand-off would."""
    assert expected == said(answering.after_session, voices(relay(*members)), parameters)


@pytest.mark.parametrize(
    ("decide", "text", "parameters", "expected"),
    [
        (answering.first, DIALS, {**RINGING, "To": "+12025550999"}, UNKNOWN),
        (answering.first, "", RINGING, UNKNOWN),
        (answering.fallback, HANDS_ON, {**FAILED, "ErrorUrl": OTHER_URL}, CIRCLE),
        (answering.first, DIALS, {**RINGING, "CallStatus": "busy"}, "the call is over"),
        (answering.after_session, relay(), {**ENDED, "SessionStatus": "completed"}, "the caller hung up"),
        (answering.after_session, DIALS, ENDED, UNKNOWN),
    ],
)
def test_a_call_that_gets_nothing_has_a_reason(
    decide: Decide, text: str, parameters: dict[str, str], expected: str
) -> None:
    """The log can say why a caller heard nothing."""
    assert expected == decide(voices(text), asked(parameters), PUBLIC).reason


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (CALLER, CALLER), ("client:ada", "ada"), ("sip:a@b", "sip:a@b"), ("Anonymous", None), ("+266696687", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_caller_is_a_participant_unless_the_number_is_hidden(caller: str, expected: str | None) -> None:
    """The Orchestrator writes a client without its prefix; who hides a number is nobody that could be found again."""
    assert expected == asked({**RINGING, "From": caller}).participant


NAMES = ("CallSid", "CallStatus", "Direction", "From", "To", "ErrorUrl", "SessionStatus", "HandoffData")
TEXTS = (
    st.sampled_from((OURS, CALLER, OTHER_URL, "ringing", "in-progress", "outbound-api", "https://[::1/", ""))
    | st.text()
)
ALL = voices(relay(f'dial = "{AGENT}"'), table("redirect", f'redirect = "{OTHER_URL}"', 'say = "Hi"', number="*"))


@given(parameters=st.dictionaries(st.sampled_from(NAMES), TEXTS), decide=st.sampled_from(
    (answering.first, answering.fallback, answering.after_session)
))  # fmt: skip
def test_whatever_the_parameters_say_there_is_a_document(parameters: dict[str, str], decide: Decide) -> None:
    """No text of a sender raises, or breaks the XML."""
    root = ET.fromstring(document(*verbs(decide, ALL, parameters)))  # noqa: S314 - we wrote it

    assert root.tag == "Response"
