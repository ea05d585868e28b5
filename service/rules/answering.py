"""PURE. Which answer a request of a call gets, and when it gets none, so that no call goes round in a circle."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from service.rules.call import OVER, Call
from service.rules.voice_answer import Steps, Voice, matching
from service.rules.voice_twiml import ACTION

VOICE = "/twilio/voice"
CIRCLE = "the call would go round in a circle"
_USUAL_PORTS = {"https": ":443", "http": ":80"}
UNKNOWN = "no [[voice]] table is for this number"


class Decision(msgspec.Struct, frozen=True):
    """What answers: a table's answer, or only `steps` of it where they are given; `reason` says why nothing does.

    In `voice` what must not be said now is left out.
    """

    voice: Voice | None = None
    steps: Steps | None = None
    reason: str = ""


def first(voices: Sequence[Voice], asked: Call, own: Sequence[str]) -> Decision:
    """Return what answers /twilio/voice; `own` are our public URLs."""
    voice = _table(voices, asked)
    ended = _ended(asked)
    if ended or voice is None:
        return Decision(voice, reason=ended or UNKNOWN)
    # Whoever we hand a call on to may hand it back, and we must not hand it on once more.
    return _answer(voice, own, may_redirect=asked.first)


def fallback(voices: Sequence[Voice], asked: Call, own: Sequence[str]) -> Decision:
    """Return what answers /twilio/voice-fallback: the same as the URL that failed would have, or the table's fallback.

    https://www.twilio.com/docs/voice/twiml#twilio-request-fallback-url
    """
    failed = asked.failed_url
    if failed is not None and _is_own(failed, own, ACTION):
        return after_session(voices, asked, own)
    voice = _table(voices, asked)
    ended = _ended(asked)
    if ended or voice is None:
        return Decision(voice, reason=ended or UNKNOWN)
    own_failed = failed is not None and _is_own(failed, own, VOICE)
    if voice.fallback is not None:
        handed_on = voice.steps.redirect if voice.answer != "conversation_relay" else None
        first_failed = own_failed or (failed is not None and _same(failed, handed_on))
        return _steps(voice, voice.fallback, own, may_redirect=first_failed)
    return _answer(voice, own, may_redirect=own_failed)


def after_session(voices: Sequence[Voice], asked: Call, own: Sequence[str]) -> Decision:
    """Return what comes after a ConversationRelay session; nothing where the caller has hung up."""
    voice = _table(voices, asked)
    ended = _ended(asked)
    if ended or voice is None or voice.answer != "conversation_relay":
        return Decision(voice, reason=ended or UNKNOWN)
    if asked.session == "completed":
        return Decision(voice, reason="the caller hung up")
    if voice.handoff_only and not asked.handed_off and asked.session != "failed":
        return Decision(voice, reason="there was no hand-off")
    return _steps(voice, voice.steps, own, may_redirect=True)


def _table(voices: Sequence[Voice], asked: Call) -> Voice | None:
    # The call of a Voice SDK client may name no number; then the client itself is known.
    return matching(voices, [each for each in (asked.ours, asked.client) if each is not None])


def _ended(asked: Call) -> str:
    if asked.status in OVER:
        return "the call is over"
    # To dial once more would ring for as long as the caller listens.
    return "what was dialled is over" if asked.dialled else ""


def _answer(voice: Voice, own: Sequence[str], *, may_redirect: bool) -> Decision:
    if voice.answer in {"conversation_relay", "reject"}:
        return Decision(voice)
    left = _steps(voice, voice.steps, own, may_redirect=may_redirect)
    return Decision(replace(voice, steps=left.steps), reason=left.reason)


def _steps(voice: Voice, what: Steps, own: Sequence[str], *, may_redirect: bool) -> Decision:
    if what.redirect is None or (may_redirect and not _is_own(what.redirect, own, VOICE)):
        return Decision(voice, what)
    left = replace(what, redirect=None)
    return Decision(voice, left, "" if left else CIRCLE)


def _is_own(url: str, own: Sequence[str], path: str) -> bool:
    return any(_plain(url).startswith(_plain(base.rstrip("/") + path)) for base in own)


def _same(url: str, other: str | None) -> bool:
    return other is not None and _plain(url) == _plain(other)


def _plain(url: str) -> str:
    """Return a URL without query and fragment, its scheme and host in lower case; and without the usual port."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    host = parts.netloc.lower().removesuffix(_USUAL_PORTS.get(parts.scheme.lower(), ""))
    return f"{parts.scheme.lower()}://{host}{parts.path}"
