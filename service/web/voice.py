"""How calls are answered: a decision, the TwiML that it stands for, and a log line that says why.

A person waits at the other end. So there is an answer whatever happens, and it is always TwiML.
"""

import traceback
from collections.abc import Sequence

import structlog

from service.rules import answering, voice_twiml
from service.rules.answering import CIRCLE, UNKNOWN, Decision
from service.rules.call import Call, call
from service.rules.voice_answer import Voice
from service.rules.voice_twiml import NOT_NOW, Verbs
from service.twilio import twiml
from service.twilio.inbound.parameters import Parameters
from service.web import answers
from service.web.answers import Answer
from service.web.creation import Creation

log = structlog.get_logger()

NOTHING = answers.twiml(200, twiml.EMPTY)
"""Ends a call, and says nothing of us."""
_LOUD = {
    UNKNOWN: 'write a [[voice]] table for its number, or one with number = "*", into RULES_FILE',
    CIRCLE: "say, dial, or hand on to a URL that works",
}


class VoiceAnswers:
    """Answers the requests of calls, as the `[[voice]]` tables say."""

    def __init__(self, voices: Sequence[Voice], public_urls: Sequence[str], creation: Creation | None = None) -> None:
        """The first public URL is the one that Twilio is told; without `creation` no conversation is created."""
        self._voices, self._own, self._creation = tuple(voices), tuple(public_urls), creation
        self._callbacks = voice_twiml.callbacks(public_urls[0] if public_urls else "")

    async def answer(self, parameters: Parameters | None, *, fallback: bool) -> Answer:
        """Return what answers a call that comes in; of one that is not proven (None) nothing is said. Never raises."""
        if parameters is None:
            return NOTHING
        try:
            asked = call(parameters.get)
            decide = answering.fallback if fallback else answering.first
            decision = decide(self._voices, asked, self._own)
            return await self._told(asked, decision, "fallback" if fallback else "first")
        except Exception as error:  # noqa: BLE001 - the caller hears an error message, or nothing, of what is raised here
            return _fault(error)

    async def after_relay(self, parameters: Parameters | None) -> Answer:
        """Return how a call goes on after its ConversationRelay session. Never raises."""
        if parameters is None:
            return NOTHING
        try:
            asked = call(parameters.get)
            decision = answering.after_session(self._voices, asked, self._own)
            return await self._told(asked, decision, "after_relay")
        except Exception as error:  # noqa: BLE001 - the same
            return _fault(error)

    async def _told(self, asked: Call, decision: Decision, request: str) -> Answer:
        verbs, conversation_id = await self._verbs(asked, decision)
        voice, hint = decision.voice, _LOUD.get(decision.reason)
        fields = {
            "call_sid": asked.sid,
            "request": request,
            "rule_line": voice.line if voice else None,
            "verbs": [verb.name for verb in verbs],
            "conversation_id": conversation_id,
        }
        if hint is not None:
            log.error("voice.unanswered", reason=decision.reason, hint=hint, **fields)
        else:
            log.info("voice.answered", reason=decision.reason or None, **fields)
        return answers.twiml(200, twiml.document(*verbs))

    async def _verbs(self, asked: Call, decision: Decision) -> tuple[Verbs, str | None]:
        voice = decision.voice
        if decision.reason or voice is None:
            return (NOT_NOW if decision.reason == UNKNOWN and asked.refusable else ()), None
        if decision.steps is not None:
            return voice_twiml.steps(voice, decision.steps), None
        conversation_id = await self._created(asked, voice)
        return voice_twiml.first(voice, self._callbacks, conversation_id), conversation_id

    async def _created(self, asked: Call, voice: Voice) -> str | None:
        if not voice.create or voice.configuration is None:
            return None
        if self._creation is None:
            log.error("voice.not_created", call_sid=asked.sid, why="there are no credentials for Twilio's API")
            return None
        return await self._creation.conversation(asked, voice.configuration)


def _fault(error: Exception) -> Answer:
    # Where it happened and no more: the words of an exception may be the caller's.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    log.error("voice.fault", error=type(error).__name__, at=f"{frame.filename}:{frame.lineno}")
    return NOTHING
