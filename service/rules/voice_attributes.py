"""PURE. The attributes of TwiML's elements by their exact names: Twilio ignores one that it does not know, in silence.

Sources: the page of each element below https://www.twilio.com/docs/voice/twiml, https://www.twilio.com/docs/conversations/
orchestrator/concepts/ingestion for what captures a call, and Twilio's own Python package 9.13.0.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches

import msgspec

from service.rules.naming import quoted

LONGEST_TEXT = 4096
"""Characters of a text that is spoken; `<Say>` takes no more."""


class Kind(msgspec.Struct, frozen=True):
    """What values an attribute takes: certain words, what a pattern matches, numbers in a range."""

    says: str
    example: str
    words: tuple[str, ...] = ()
    pattern: str | None = None
    between: tuple[float, float] | None = None

    def written(self, value: object) -> str | None:
        """Return the value as the attribute has it, None where it is none."""
        if isinstance(value, bool):
            value = "true" if value else "false"
        elif isinstance(value, int | float):
            low, high = self.between or (1, 0)
            return str(value) if low <= value <= high else None
        if not isinstance(value, str):
            return None
        fits = value in self.words or (self.pattern is not None and re.fullmatch(self.pattern, value))
        return value if fits else None


def _words(*words: str) -> Kind:
    return Kind("one of " + ", ".join(words), f'"{words[0]}"', words)


def _number(low: float, high: float, *words: str) -> Kind:
    says = f"a number from {low:g} to {high:g}" + "".join(f" or {word}" for word in words)
    return Kind(says, f"{low:g}", words, between=(low, high))


def _text(example: str) -> Kind:
    return Kind(
        f"a text of at most {LONGEST_TEXT} characters", f'"{example}"', pattern=rf"(?s)(?=.*\S).{{1,{LONGEST_TEXT}}}"
    )


FLAG = Kind("true or false", "true", ("true", "false"))
INPUT = Kind("one of any, speech, dtmf, none", '"speech"', ("any", "speech", "dtmf", "none", "true", "false"))
LANGUAGE = Kind('a language such as "en-US", or "multi"', '"en-US"', pattern=r"multi|[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*")
METHOD = _words("POST", "GET")
NORMALIZATION = _words("on", "off", "auto")
URL = Kind(
    "a URL with https:// (or http://) and a host", '"https://example.com/twiml"', pattern=r"https?://[^\s/?#]+[^\s]*"
)
WEBSOCKET = Kind(
    "a URL with wss:// and a host", '"wss://agent.example.com/relay"', pattern=r"wss://[^\s/?#@]+([/?][^\s#]*)?"
)
CONFIGURATION = Kind(
    "the id of an Orchestrator configuration", '"conv_configuration_01k1etk2y5f1y9fpe2epfdtvv2"',
    pattern=r"(conv|cfg)_configuration_[0-9A-Za-z]{1,100}",
)  # fmt: skip
# Conversations were seen with a UUID as their id.
CONVERSATION = Kind(
    "the id of a conversation", '"conv_conversation_01kajrp16scwyfcq8rz4g4rd7e"',
    pattern=r"conv_conversation_[0-9A-Za-z]{1,100}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
)  # fmt: skip
NAMED = _text("support")

_CAPTURE = {"conversationConfiguration": CONFIGURATION, "conversationId": CONVERSATION}
_SPOKEN = {
    "ttsProvider": _text("ElevenLabs"), "voice": _text("en-US-Journey-O"), "transcriptionProvider": _text("Deepgram"),
    "speechModel": _text("nova-3-general"), "hints": _text("Twilio,TwiML"), "asrSmartFormat": FLAG,
    "ttsTextNormalization": NORMALIZATION, "ttsLanguageTextNormalization": FLAG,
}  # fmt: skip
ELEMENTS: Mapping[str, Mapping[str, Kind]] = {
    "ConversationRelay": {
        "url": WEBSOCKET, **_CAPTURE, **_SPOKEN, "language": LANGUAGE, "ttsLanguage": LANGUAGE,
        "transcriptionLanguage": LANGUAGE, "welcomeGreeting": _text("Hello, how can I help?"),
        "welcomeGreetingInterruptible": INPUT, "interruptible": INPUT, "reportInputDuringAgentSpeech": INPUT,
        "interruptSensitivity": _words("high", "medium", "low"), "preemptible": FLAG, "dtmfDetection": FLAG,
        "partialPrompts": FLAG, "partialPromptOnHangup": FLAG, "profanityFilter": FLAG, "ignoreBackchannel": FLAG,
        "backgroundNoiseReduction": NAMED, "speechTimeout": _number(0, 60000, "auto"),
        "eotThreshold": _number(0, 1), "eagerEotThreshold": _number(0.3, 0.9), "turnDetection": NAMED,
        "echoPromptFiltering": FLAG, "deepgramSmartFormat": FLAG, "elevenlabsTextNormalization": NORMALIZATION,
        "elevenlabsLanguageTextNormalization": FLAG, "includeInPrompt": _text("turn-state"),
        "customerName": _text("Ada"), "applicationReconnect": FLAG, "intelligenceService": NAMED,
        "events": _text("speaker-events tokens-played"), "debug": _text("debugging"),
    },
    "Language": {"code": LANGUAGE, **_SPOKEN},
    "Transcription": {
        **_CAPTURE, "name": NAMED, "track": _words("both_tracks", "inbound_track", "outbound_track"),
        "inboundTrackLabel": _text("customer"), "outboundTrackLabel": _text("agent"), "partialResults": FLAG,
        "languageCode": LANGUAGE, "transcriptionEngine": _text("google"), "profanityFilter": FLAG,
        "speechModel": _text("telephony"), "hints": _text("Twilio,TwiML"), "enableAutomaticPunctuation": FLAG,
        "enableProviderData": FLAG, "intelligenceService": NAMED,
    },
    "Dial": {
        "action": URL, "method": METHOD, "timeout": _number(1, 600), "hangupOnStar": FLAG,
        "timeLimit": _number(1, 86400), "callerId": _text("+12025550188"), "answerOnBridge": FLAG,
        "ringTone": _text("us"), "sequential": FLAG, "trim": _words("trim-silence", "do-not-trim"),
        "record": _words(
            "do-not-record", "record-from-answer", "record-from-ringing", "record-from-answer-dual",
            "record-from-ringing-dual", "true", "false",
        ),
        "recordingStatusCallback": URL, "recordingStatusCallbackMethod": METHOD,
        "recordingStatusCallbackEvent": _text("completed"), "recordingTrack": _words("both", "inbound", "outbound"),
        "recordingConfigurationId": NAMED, "referUrl": URL, "referMethod": METHOD, "events": NAMED, "passports": NAMED,
    },
    "Say": {"voice": _text("Polly.Joanna"), "language": LANGUAGE, "loop": _number(0, 100)},
    "Redirect": {"method": METHOD},
    "Reject": {"reason": _words("busy", "rejected")},
}  # fmt: skip
"""Elements that a `[[voice]]` table may describe, and the attributes of each."""

_NAMED_OTHERWISE = {
    "conversationconfigurationid": "conversationConfiguration",
    "conversationconfigurationsid": "conversationConfiguration",
    "conversationsid": "conversationId",
    "interruptbydtmf": "interruptible",
}
_OURS = {
    ("Transcription", "statusCallbackUrl"): "the receiver sets it to /twilio/transcription",
    ("Transcription", "statusCallbackMethod"): "the receiver sets it",
    ("ConversationRelay", "action"): "it is <Connect>'s, and the receiver sets it to /twilio/relay-action",
}  # fmt: skip


def attribute_mistake(element: str, name: str) -> str:
    """Return why there is no such attribute of the element, with the name that was probably meant."""
    said, known = f"{element}.{quoted(name)[1:-1]}", ELEMENTS[element]
    reason = _OURS.get((element, name))
    if reason:
        return f"{said}: {reason}; leave it out"
    meant = near(name, known)
    if meant is None:
        return f"{said}: <{element}> has no such attribute; there are {', '.join(known)}"
    return (
        f"{said}: <{element}> has no such attribute, and Twilio would ignore it in silence; "
        f"did you mean {meant} = {known[meant].example}?"
    )


def near(name: str, known: Mapping[str, object]) -> str | None:
    """Return the known name that was probably meant: spelled otherwise, or almost so."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    by_plain = {re.sub(r"[^a-z0-9]", "", each.lower()): each for each in known}
    otherwise = _NAMED_OTHERWISE.get(plain)
    if otherwise in known:
        return otherwise
    found = get_close_matches(plain, by_plain, n=1, cutoff=0.75)
    return by_plain[found[0]] if found else None
