"""What the receiver has for calls: who answers which route, the client that creates conversations, and the warnings."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from redis.asyncio import Redis

from service.rules.answering import VOICE
from service.rules.voice_answer import Voice
from service.rules.voice_twiml import ACTION
from service.settings import Settings
from service.store.keys import Keys
from service.store.voice_creation import Creations
from service.twilio.api.access import credentials, http_client
from service.twilio.api.conversations import ConversationsApi
from service.twilio.inbound.parameters import Parameters
from service.web.answers import Answer
from service.web.creation import PATIENCE, Creation
from service.web.voice import VoiceAnswers
from service.web.voice_warnings import VoiceWarnings

Reply = Callable[[Parameters], Awaitable[Answer]]


class Calls:
    """The parts, wired. `replies` go by route; `warnings` runs beside the receiver."""

    def __init__(
        self, settings: Settings, redis: Redis, keys: Keys, voices: Sequence[Voice], patience: float = PATIENCE
    ) -> None:
        """Nothing is asked of Redis or Twilio before a call comes in; then a caller waits so many seconds at most."""
        self._opened = ExitStack()
        self._patience = patience
        asked = any(voice.create for voice in voices) and credentials(settings) is not None
        told = VoiceAnswers(voices, settings.public_urls, self._creation(settings, redis, keys) if asked else None)
        self.replies: Mapping[str, Reply] = {
            VOICE: partial(told.answer, fallback=False),
            f"{VOICE}-fallback": partial(told.answer, fallback=True),
            ACTION: told.after_relay,
        }
        self.warnings = VoiceWarnings(redis, keys, voices)

    def _creation(self, settings: Settings, redis: Redis, keys: Keys) -> Creation:
        http = self._opened.enter_context(http_client(settings))
        http.timeout = self._patience
        creation = Creation(ConversationsApi(http), Creations(redis, keys), settings.twilio_account_sid, self._patience)
        self._opened.callback(creation.close)
        return creation

    def close(self) -> None:
        """Let go of threads and connections."""
        self._opened.close()
