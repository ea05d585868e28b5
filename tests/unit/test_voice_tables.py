"""[[voice]]: which tables are right, and what is said of those that are not."""

import inspect
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml import lower_camel as _lower_camel
from twilio.twiml.voice_response import Connect, ConversationRelay, Start, VoiceResponse

from service.rules.document import document
from service.rules.voice import read
from service.rules.voice_attributes import ELEMENTS
from tests.voice_tables import (
    AGENT,
    CAPTURED,
    CONFIGURATION,
    CONVERSATION,
    OTHER_URL,
    OURS,
    mistakes,
    relay,
    table,
    voices,
)

SPOKEN = table("transcription", 'say = "Hi"')
FORWARD = table("forward", f'dial = "{AGENT}"')


def test_a_table_keeps_attributes_by_their_exact_names_and_in_their_order() -> None:
    """What stands below an element's name is its attributes, written as XML has them."""
    more = ("dtmfDetection = true", "speechTimeout = 900", "eotThreshold = 0.7", 'interruptible = "speech"')

    (voice,) = voices(relay('dial = "client:ada"', attributes="\n".join((CAPTURED, *more))))

    expected = (
        ("url", "wss://agent.example.com/relay"),
        ("conversationConfiguration", CONFIGURATION),
        ("dtmfDetection", "true"),
        ("speechTimeout", "900"),
        ("eotThreshold", "0.7"),
        ("interruptible", "speech"),
    )
    assert expected == voice.attributes("ConversationRelay")


def test_parameters_and_languages_are_kept() -> None:
    """The texts that the application gets, and the languages that it may speak."""
    text = relay() + '[voice.Parameter]\nteam = "sales"\ntier = 2\n[[voice.Language]]\ncode = "es-MX"\nvoice = "Mia"\n'

    (voice,) = voices(text)

    assert (("team", "sales"), ("tier", "2")) == voice.parameters
    assert ((("code", "es-MX"), ("voice", "Mia")),) == voice.languages


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        # The classic: Twilio ignores it, and the call is not captured.
        (
            relay(attributes=f'conversationConfigurationId = "{CONFIGURATION}"'), 6,
            "would ignore it in silence; did you mean conversationConfiguration =",
        ),
        (relay(attributes='welcome_greeting = "Hi"'), 6, "did you mean welcomeGreeting ="),
        (relay(attributes='Voice = "Mia"'), 6, "did you mean voice ="),
        (relay(attributes='conversationSid = "CH"'), 6, "did you mean conversationId ="),
        (relay(attributes='statusKey = "x"'), 6, "no such attribute; there are url"),
        (relay(attributes='action = "https://example.com"'), 6, "the receiver sets it"),
        (relay(attributes='interruptible = "maybe"'), 6, 'must be one of any, speech, dtmf, none, not "maybe"'),
        (relay(attributes='dtmfDetection = "yes"'), 6, "must be true or false"),
        (relay(attributes="eagerEotThreshold = 0.2"), 6, "a number from 0.3 to 0.9"),
        (relay(attributes='welcomeGreeting = " "'), 6, "a text of at most 4096 characters"),
        (relay(attributes='conversationConfiguration = "conv_configuration_…"'), 6, "of an Orchestrator configuration"),
        (relay(attributes=f'conversationConfiguration = "{CONVERSATION}"'), 6, "id of an Orchestrator configuration"),
        (relay(attributes=f'{CAPTURED}\nconversationId = "{CONVERSATION}"'), 7, "leave one of them out"),
        (f'{table("conversation_relay")}[voice.ConversationRelay]\nurl = "https://agent.example.com"', 5, "wss://"),
        (f'{table("conversation_relay")}[voice.ConversationRelay]\nurl = "ws://agent.example.com"', 5, "wss://"),
        (f"{table('conversation_relay')}[voice.ConversationRelay]\n{CAPTURED}", 4, "ConversationRelay.url: is missing"),
        (table("conversation_relay"), 1, 'ConversationRelay: is missing: answer = "conversation_relay" needs it'),
        (relay(CAPTURED, attributes=""), 4, "is an attribute of <ConversationRelay>; for example [voice.Conv"),
        (
            table("transcription", f'dial = "{AGENT}"', f'conversationConfigurationId = "{CONFIGURATION}"'), 5,
            "is an attribute of <Transcription>, where its exact name is conversationConfiguration",
        ),
        (table("transcription"), 1, "a call that is only transcribed ends at once"),
        (f'{table("transcription", "say = 1")}', 4, "must be text in quotes"),
        (f'{FORWARD}[voice.Transcription]\ntrack = "both_tracks"', 5, 'goes with answer = "transcription" only'),
        (f'{SPOKEN}[voice.Transcription]\nstatusCallbackUrl = "https://a.example"', 6, "sets it to /twilio/transcr"),
        (table("forward"), 1, 'dial: is missing: answer = "forward" needs it'),
        (table("forward", 'dial = "2025550100"'), 4, "must be in E.164, or a sip: or client: address"),
        (table("forward", 'dial = ["+12025550100", "me"]'), 4, 'not "me"'),
        (table("redirect", 'redirect = "ftp://example.com"'), 4, "must be a URL with https://"),
        (table("say", 'say = "Hi"', "create = true"), 5, 'goes with answer = "conversation_relay" only'),
        (relay("create = true", attributes=""), 4, "needs the configuration to create with"),
        (relay("create = true", attributes=f'conversationId = "{CONVERSATION}"'), 7, "create = true asks for another"),
        (relay("handoff_only = true"), 1, "and not where"),
        (relay("create = 1"), 4, "must be true or false, without quotes"),
        (table("answering_machine"), 3, 'there is no "answering_machine"'),
        (table("conversation-relay"), 3, 'did you mean "conversation_relay"?'),
        (table("reject", number="12025550188"), 2, "must be in E.164"),
        (table("reject", number="+0"), 2, "must be in E.164"),
        ('[[voice]]\nanswer = "reject"', 1, "number: is missing"),
        ('[[voice]]\nnumber = "*"', 1, "answer: is missing"),
        (f'{table("reject")}{table("reject")}', 5, "the table of line 1 answers this number already"),
        (f'{FORWARD}[voice.Say]\nlanguage = "en-US"', 5, "has nothing to be about"),
        (f"{FORWARD}[voice.Dial]\ntimout = 20", 6, "did you mean timeout ="),
        (f"{FORWARD}[voice.fallback]\n", 5, "is empty"),
        (f'{FORWARD}[voice.fallback]\nsay = ""', 6, "is blank"),
        (f'{FORWARD}[voice.fallback]\ntell = "Sorry"', 6, 'there is no member "tell"'),
        (f"{relay()}[[voice.Language]]\nvoice = 'Mia'", 7, "Language.code: is missing"),
        (f"{relay()}[voice.Parameter]\nteam = ['a']", 8, "must be a text"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(text: str, line: int, said: str) -> None:
    """What Twilio would ignore, refuse or misunderstand is found when the file is read."""
    assert [(line, True)] == [(each.line, said in each.text) for each in mistakes(text)]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (" +12025550188 ", OURS),
        ("*", "*"),
        ("client:ada", "client:ada"),
        ("SIP:Sales@Example.sip.twilio.com:5060;transport=tls", "sip:sales@example.sip.twilio.com"),
    ],
)
def test_a_number_is_kept_as_it_is_compared(number: str, expected: str) -> None:
    """Parameters, port and letter case of a SIP URI say nothing of whose calls these are."""
    assert [expected] == [voice.number for voice in voices(table("reject", number=number))]


@pytest.mark.parametrize("url", [OTHER_URL, "http://10.0.0.1:8080/twiml?a=1&b=2#rc=2"])
def test_a_call_may_be_handed_on_to_any_web_server(url: str) -> None:
    """With a query, and with Twilio's connection overrides behind the #."""
    assert [url] == [voice.steps.redirect for voice in voices(table("redirect", f'redirect = "{url}"'))]


CAMEL: Callable[[str], str] = _lower_camel


def _names(function: object, without: tuple[str, ...] = ()) -> set[str]:
    parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    named = (each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD and each.name != "self")
    return {CAMEL(name) for name in named} - set(without)


@pytest.mark.parametrize(
    ("element", "oracle"),
    [
        ("ConversationRelay", _names(Connect.conversation_relay)),
        ("Language", _names(ConversationRelay.language)),
        ("Transcription", _names(Start.transcription, ("statusCallbackUrl", "statusCallbackMethod"))),
        ("Dial", _names(VoiceResponse.dial, ("number",))),
        ("Say", _names(VoiceResponse.say, ("message",))),
        ("Redirect", _names(VoiceResponse.redirect, ("url",))),
        ("Reject", _names(VoiceResponse.reject)),
    ],
)
def test_every_attribute_of_twilios_own_package_is_known(element: str, oracle: set[str]) -> None:
    """No attribute that Twilio's package can write is refused here."""
    assert set() == oracle - ELEMENTS[element].keys()


@pytest.mark.parametrize("name", sorted(ELEMENTS["ConversationRelay"]))
def test_the_example_of_every_attribute_is_right(name: str) -> None:
    """What a message proposes can be copied into the file."""
    given = "" if name == "url" else f"{name} = {ELEMENTS['ConversationRelay'][name].example}"

    assert [] == mistakes(relay(attributes=given))


TOML = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("url", "code", "say", "x")), inner),
    max_leaves=4,
)
MEMBERS = ("number", "answer", "say", "dial", "redirect", "create", "handoff_only", "fallback", "Parameter", *ELEMENTS)


@given(st.dictionaries(st.sampled_from(MEMBERS) | st.text(max_size=8), TOML), st.sampled_from(("transcription", "say")))
def test_whatever_a_table_holds_is_read_or_refused(values: dict[str, object], answer: str) -> None:
    """Any values of TOML's types give tables or mistakes, and every mistake has a line and one line of text."""
    (empty,) = document("[[voice]]").sections["voice"]
    given_table = type(empty)({"answer": answer, **values}, empty.line, empty.lines)

    found = read([given_table])

    assert [] == [each for each in found[1] if each.line != 1 or not re.search(r"\w", each.text)]
