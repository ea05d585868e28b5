"""`create = true`: a conversation is created by Twilio's API while the call waits; briefly, and once for each call.

Whatever goes wrong, there is an answer without it: conversationConfiguration, with which Twilio makes the conversation.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import structlog
from redis.exceptions import RedisError

from service.rules.call import Call
from service.store.voice_creation import Creations
from service.twilio.api.conversations import ConversationsApi
from service.twilio.errors import (
    ConflictError,
    MissingError,
    RejectedError,
    ThrottledError,
    TwilioError,
    UnauthorizedError,
)
from service.twilio.resources.conversation import Address, NewParticipant

log = structlog.get_logger()

PATIENCE = 3.0
"""Seconds that a caller waits for the conversation; Twilio waits 15 for the whole answer."""
LOOK = 0.05
"""Seconds between looks for what another request of the same call is creating."""
AT_ONCE = 4
"""Calls of the API; a thread that waits for Twilio is not to be taken from somebody else."""
# With any of these Twilio created nothing, and the next request of the call may try.
_REFUSED = (MissingError, RejectedError, ThrottledError, UnauthorizedError)


class Creation:
    """Creates conversations for calls."""

    def __init__(
        self, conversations: ConversationsApi, creations: Creations, account: str | None, patience: float = PATIENCE
    ) -> None:
        """`account` is the one that the API's credentials are for; nothing is created for calls of another."""
        self._conversations, self._creations, self._account = conversations, creations, account
        self._patience = patience
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="create-conversation")

    async def conversation(self, asked: Call, configuration_id: str) -> str | None:
        """Return the id of the call's conversation, None where it could not be had in time. Never raises."""
        if asked.sid is None or (asked.account and self._account and asked.account != self._account):
            log.error("voice.not_created", call_sid=asked.sid, why="the call is of another account, or has no CallSid")
            return None
        try:
            async with asyncio.timeout(self._patience):
                return await self._once(asked.sid, asked, configuration_id)
        except TimeoutError:
            why = f"not within {self._patience:g} s"
        except (RedisError, OSError) as error:
            why = f"Redis: {type(error).__name__}"
        except TwilioError as error:
            why = f"Twilio: {error}"
        log.error("voice.not_created", call_sid=asked.sid, why=why, instead="conversationConfiguration")
        return None

    async def _once(self, sid: str, asked: Call, configuration_id: str) -> str:
        if not await self._creations.claim(sid):
            return await self._others(sid)
        try:
            made = await self._create(sid, asked, configuration_id)
        except TwilioError as error:
            if isinstance(error, _REFUSED) or not error.sent:
                await self._creations.release(sid)
            raise
        await self._creations.record(sid, made)
        return made

    async def _others(self, sid: str) -> str:
        """Return what another request of the call has created, or is about to."""
        while (found := await self._creations.created(sid)) is None:  # noqa: ASYNC110 - another process sets it
            await asyncio.sleep(LOOK)
        return found

    async def _create(self, sid: str, asked: Call, configuration_id: str) -> str:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._call_twilio, sid, asked.participant, configuration_id)

    def _call_twilio(self, sid: str, address: str | None, configuration_id: str) -> str:
        began = time.monotonic()
        caller = () if address is None else (_customer(address),)
        try:
            made = self._conversations.create(configuration_id, caller).id
        except ConflictError as error:
            # An active conversation of the same people is the one that is meant.
            if error.resource_id is None:
                raise
            made = error.resource_id
        if time.monotonic() - began > self._patience:
            log.warning("voice.created_late", call_sid=sid, conversation_id=made, hint="the call does not use it")
        return made

    def close(self) -> None:
        """Let the threads end once they are done."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _customer(address: str) -> NewParticipant:
    return NewParticipant((Address("VOICE", address),), "CUSTOMER")
