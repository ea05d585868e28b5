"""Who we are at Twilio, and the connections to it: one client for each API, kept warm."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Literal

import httpx
import msgspec

from service import __version__
from service.settings import Settings
from service.twilio.api.classic import ClassicApi
from service.twilio.api.configurations import ConfigurationsApi
from service.twilio.api.conversations import ConversationsApi
from service.twilio.api.deadline import punctual
from service.twilio.api.intelligence import IntelligenceApi
from service.twilio.api.memory import MemoryApi
from service.twilio.api.pace import Pace, Unpaced

CONNECT_TIMEOUT = 5.0
"""Seconds to connect."""
ANSWER_TIMEOUT = 10.0
"""Seconds without a byte of the answer; `caller.WHOLE_ANSWER` is for the whole of it."""
KEEP_WARM = 55.0
"""Seconds that an idle connection is kept, so that the next job finds it open."""
USER_AGENT = f"conversation-events/{__version__}"

ApiName = Literal["conversations", "memory", "intelligence", "classic"]


class TwilioApis(msgspec.Struct, frozen=True):
    """The clients of all APIs."""

    conversations: ConversationsApi
    configurations: ConfigurationsApi
    memory: MemoryApi
    intelligence: IntelligenceApi
    classic: ClassicApi


def credentials(settings: Settings) -> httpx.BasicAuth | None:
    """Return the API key, else the account with its first token, else None."""
    if settings.twilio_api_key_sid and settings.twilio_api_key_secret:
        return httpx.BasicAuth(settings.twilio_api_key_sid, settings.twilio_api_key_secret.get_secret_value())
    account = settings.twilio_account_sid
    token = next((token for owner, token in settings.twilio_auth_tokens if owner in {None, account}), None)
    return httpx.BasicAuth(account, token.get_secret_value()) if account and token else None


def base_urls(settings: Settings) -> Mapping[ApiName, str]:
    """Return the base URL of each API."""
    return {
        "conversations": settings.twilio_conversations_url,
        "memory": settings.twilio_memory_url,
        "intelligence": settings.twilio_intelligence_url,
        "classic": settings.twilio_api_url,
    }


def http_client(
    settings: Settings, api: ApiName = "conversations", trusted: ssl.SSLContext | None = None
) -> httpx.Client:
    """Return a client for an API's base URL that keeps its connections; the caller closes it.

    `trusted` are the authorities that certificates are judged by, where they have been read already.
    """
    return punctual(
        httpx.Client(
            base_url=base_urls(settings)[api],
            auth=credentials(settings),
            verify=trusted or httpx.create_ssl_context(),
            timeout=httpx.Timeout(ANSWER_TIMEOUT, connect=CONNECT_TIMEOUT),
            limits=httpx.Limits(max_connections=4, keepalive_expiry=KEEP_WARM),
            headers={"accept": "application/json", "user-agent": USER_AGENT},
        )
    )


def _unpaced(_: ApiName) -> Pace:
    return Unpaced()


@contextmanager
def twilio_apis(settings: Settings, pace: Callable[[ApiName], Pace] = _unpaced) -> Iterator[TwilioApis]:
    """Keep the clients of all APIs until the block ends; nothing is opened before the first call.

    `pace` gives each API its own. Conversations and their configurations are one API, with one limit.
    """
    with ExitStack() as stack:
        trusted = httpx.create_ssl_context()
        conversations, memory, intelligence, classic = (
            stack.enter_context(http_client(settings, api, trusted)) for api in base_urls(settings)
        )
        shared = pace("conversations")
        yield TwilioApis(
            ConversationsApi(conversations, shared),
            ConfigurationsApi(conversations, shared),
            MemoryApi(memory, pace("memory")),
            IntelligenceApi(intelligence, pace("intelligence")),
            ClassicApi(classic, settings.twilio_account_sid, pace("classic")),
        )
