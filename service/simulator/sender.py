"""Sending signed callbacks, as Twilio does for a `statusCallbacks` URL."""

import asyncio
import secrets

import httpx

from service.simulator.story import Story
from service.simulator.world import Callback
from service.twilio.signature import sign_json_url
from service.web.orchestrator import ROUTE

ATTEMPTS = 6
"""The first one, and as many retries as `#rc=5` asks Twilio for."""
PAUSE = 1.0
"""Seconds between attempts."""
ANSWER_TIMEOUT = 15.0
"""Seconds; Twilio's default."""


class Sender:
    """Sends to the receiver at one public URL, signing with one auth token."""

    def __init__(
        self, http: httpx.AsyncClient, public_url: str, token: str, story: Story, *, pause: float = PAUSE
    ) -> None:
        """`pause` is the seconds between attempts."""
        self._http, self._url, self._token, self._story = http, public_url.rstrip("/") + ROUTE, token, story
        self._pause = pause

    async def send(self, callback: Callback) -> bool:
        """Send a callback, again where it was not taken; return whether it was."""
        body = callback.body()
        url, signature = sign_json_url(self._token, self._url, body)
        headers = {
            "content-type": "application/json",
            "x-twilio-signature": signature,
            "i-twilio-idempotency-token": secrets.token_hex(16),
        }
        for _ in range(ATTEMPTS):
            result = await self._attempt(url, body, headers)
            taken = result.startswith("2")
            conversation = callback.data.get("conversationId", callback.data["id"])
            self._story.tell("Twilio → receiver", callback.kind, conversation, result, good=taken)
            if taken:
                return True
            await asyncio.sleep(self._pause)
        return False

    async def _attempt(self, url: str, body: bytes, headers: dict[str, str]) -> str:
        try:
            answer = await self._http.post(url, content=body, headers=headers)
        except httpx.HTTPError as error:
            return type(error).__name__
        return f"{answer.status_code} {answer.reason_phrase}"
