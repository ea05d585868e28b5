"""PURE. The TwiML that answers a call, from its `[[voice]]` table.

https://www.twilio.com/docs/voice/twiml and the pages of the verbs below it.
"""

import msgspec

from service.rules.voice_answer import Steps, Voice
from service.twilio.twiml import Element

ACTION = "/twilio/relay-action"
TRANSCRIPTION = "/twilio/transcription"
_CAPTURE = ("conversationConfiguration", "conversationId")

Verbs = tuple[Element, ...]
NOT_NOW = (Element("Reject", (("reason", "busy"),)),)
"""Answers a call that nobody is to take: it rings busy, is not billed, and the caller may try again."""


class Callbacks(msgspec.Struct, frozen=True):
    """The receiver's own routes, as Twilio is told them."""

    action: str
    transcription: str


def callbacks(public_url: str) -> Callbacks:
    """Return the routes below a public URL."""
    base = public_url.rstrip("/")
    return Callbacks(f"{base}{ACTION}", f"{base}{TRANSCRIPTION}")


def first(voice: Voice, own: Callbacks, conversation_id: str | None = None) -> Verbs:
    """Return what answers a call that comes in; `conversation_id` is the conversation that was created for it."""
    match voice.answer:
        case "conversation_relay":
            return (_connect(voice, own, conversation_id),)
        case "transcription":
            return (_start(voice, own), *steps(voice, voice.steps))
        case "reject":
            return (Element("Reject", voice.attributes("Reject")),)
        case _:
            return steps(voice, voice.steps)


def steps(voice: Voice, what: Steps) -> Verbs:
    """Return what is said, whom is dialled, and where the call is handed on to, in this order."""
    found: list[Element] = []
    if what.say:
        found.append(Element("Say", voice.attributes("Say"), what.say))
    if what.dial:
        found.append(Element("Dial", voice.attributes("Dial"), children=tuple(map(_noun, what.dial))))
    if what.redirect:
        found.append(Element("Redirect", voice.attributes("Redirect"), what.redirect))
    return tuple(found)


def _connect(voice: Voice, own: Callbacks, conversation_id: str | None) -> Element:
    given = voice.attributes("ConversationRelay")
    if conversation_id is not None:
        given = (*(pair for pair in given if pair[0] not in _CAPTURE), ("conversationId", conversation_id))
    languages = (Element("Language", pairs) for pairs in voice.languages)
    relay = Element("ConversationRelay", given, children=(*languages, *_parameters(voice)))
    return Element("Connect", (("action", own.action), ("method", "POST")), children=(relay,))


def _start(voice: Voice, own: Callbacks) -> Element:
    told = (("statusCallbackUrl", own.transcription), ("statusCallbackMethod", "POST"))
    noun = Element("Transcription", (*told, *voice.attributes("Transcription")), children=_parameters(voice))
    return Element("Start", children=(noun,))


def _parameters(voice: Voice) -> Verbs:
    return tuple(Element("Parameter", (("name", name), ("value", value))) for name, value in voice.parameters)


def _noun(dialled: str) -> Element:
    if dialled.lower().startswith(("sip:", "sips:")):
        return Element("Sip", text=dialled)
    if dialled.startswith("client:"):
        return Element("Client", text=dialled.removeprefix("client:"))
    return Element("Number", text=dialled)
