"""The few calls of Twilio's Conversations v2 that the jobs need; the HTTP client is an argument.

Nothing is retried here: whoever calls decides from the error, which says who is at fault. Of a communication only
its id and times are kept, never its text.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from service.settings import Settings
from service.twilio.errors import UnreachableError, error_of

CONNECT_TIMEOUT = 5.0
"""Seconds to connect."""
ANSWER_TIMEOUT = 10.0
"""Seconds without a byte of the answer."""
KEEP_WARM = 55.0
"""Seconds that an idle connection is kept, so that the next job finds it open."""
PAGE_SIZE = 100
"""Communications asked for at once."""


class Conversation(msgspec.Struct, frozen=True):
    """A conversation's state: ACTIVE, INACTIVE or CLOSED."""

    id: str
    status: str


class Communication(msgspec.Struct, frozen=True):
    """When a communication came to be, in Twilio's own text; None where the answer did not say."""

    id: str
    created_at: str | None
    occurred_at: str | None


def credentials(settings: Settings) -> httpx.BasicAuth | None:
    """Return the API key, else the account with its first token, else None."""
    if settings.twilio_api_key_sid and settings.twilio_api_key_secret:
        return httpx.BasicAuth(settings.twilio_api_key_sid, settings.twilio_api_key_secret.get_secret_value())
    account = settings.twilio_account_sid
    token = next((token for owner, token in settings.twilio_auth_tokens if owner in {None, account}), None)
    return httpx.BasicAuth(account, token.get_secret_value()) if account and token else None


def http_client(settings: Settings) -> httpx.Client:
    """Return a client for the configured base URL that keeps its connections; the caller closes it."""
    return httpx.Client(
        base_url=settings.twilio_conversations_url,
        auth=credentials(settings),
        timeout=httpx.Timeout(ANSWER_TIMEOUT, connect=CONNECT_TIMEOUT),
        limits=httpx.Limits(max_connections=4, keepalive_expiry=KEEP_WARM),
        headers={"accept": "application/json"},
    )


class ConversationsApi:
    """Conversations v2; each method raises a TwilioError when it did not get what it asked for."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def fetch(self, conversation_id: str) -> Conversation:
        """Return the conversation as it is now."""
        return _conversation(conversation_id, self._call("GET", _path(conversation_id)))

    def close(self, conversation_id: str) -> Conversation:
        """Ask for the conversation to be closed, and return what the answer says of it."""
        # PATCH, not PUT: a full replacement would clear name and metadata.
        answer = self._call("PATCH", _path(conversation_id), json={"status": "CLOSED"})
        return _conversation(conversation_id, answer)

    def communications(self, conversation_id: str) -> Iterator[Communication]:
        """Yield all communications, in no particular order: Twilio documents none."""
        seen: set[str] = set()
        token: str | None = None
        while True:
            query: dict[str, str | int] = {"pageSize": PAGE_SIZE, **({"pageToken": token} if token else {})}
            page = self._call("GET", f"{_path(conversation_id)}/Communications", params=query)
            yield from map(_communication, _items(page))
            token = _text(page.get("meta"), "nextToken")
            if not token:
                return
            if token in seen:
                raise UnreachableError("the pages of the list go round in a circle")
            seen.add(token)

    def communication(self, conversation_id: str, communication_id: str) -> Communication:
        """Return one communication, for what its item in the list left out."""
        path = f"{_path(conversation_id)}/Communications/{quote(communication_id, safe='')}"
        return _communication(self._call("GET", path))

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's own options
        try:
            answer = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise UnreachableError(type(error).__name__) from error
        body = _object(answer)
        if answer.is_success and body is not None:
            return body
        raise error_of(answer.status_code, answer.headers, body, datetime.now(UTC))


def _path(conversation_id: str) -> str:
    return f"/Conversations/{quote(conversation_id, safe='')}"


def _object(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        body = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return body if isinstance(body, dict) else None


def _text(body: Any, *names: str) -> str | None:  # noqa: ANN401 - any JSON
    found = (body.get(name) for name in names) if isinstance(body, dict) else ()
    texts: Iterator[str] = (value for value in found if isinstance(value, str) and value)
    return next(texts, None)


def _items(page: dict[str, Any]) -> list[Any]:
    items = page.get("communications")
    if not isinstance(items, list):
        raise UnreachableError("the answer holds no list of communications")
    return items


def _conversation(conversation_id: str, body: dict[str, Any]) -> Conversation:
    return Conversation(_text(body, "id") or conversation_id, _text(body, "status") or "")


def _communication(body: Any) -> Communication:  # noqa: ANN401 - any JSON
    # Some answers were seen with `dateCreated` in place of `createdAt`.
    return Communication(
        _text(body, "id") or "", _text(body, "createdAt", "dateCreated"), _text(body, "occurredAt", "dateOccurred")
    )
