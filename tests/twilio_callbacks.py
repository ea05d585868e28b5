"""Callbacks of the Conversation Orchestrator: the recorded ones, made ones, and how Twilio signs them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from service.twilio.signature import sign_json_url

FIXTURES = Path(__file__).parent / "fixtures" / "orchestrator"
PUBLIC_URL = "https://hooks.example.com"
PATH = "/twilio/orchestrator"
ACCOUNT = "AC53e4e706acb51cfb57177c0f426582ae"
OTHER_ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TOKEN = "7f1c9a4be0d2583f96ab10c47de85b32"
OTHER_TOKEN = "25b8c1e9d04f7a6386ba20d57cf91e43"
CONVERSATION = "conv_conversation_01ka2cpvty9m7am85dxw0gvqhf"


@dataclass(frozen=True)
class Signed:
    """A request as Twilio sends it: what stands in its first line after the host, its headers, its body."""

    target: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"


def signed(body: bytes, *, token: str = TOKEN, **headers: str) -> Signed:
    """Return a POST of this body with the signature that Twilio would make; `headers` with _ for -."""
    url, signature = sign_json_url(token, PUBLIC_URL + PATH, body)
    parts = urlsplit(url)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Signed(
        f"{parts.path}?{parts.query}",
        body,
        {"content-type": "application/json", "x-twilio-signature": signature, **named},
    )


def fixture_names() -> list[str]:
    """Return the names of all recorded callbacks."""
    return sorted(path.stem for path in FIXTURES.glob("co-*.json"))


def fixture(name: str) -> dict[str, Any]:
    """Return a recorded callback: `method`, `url`, `headers`, `body`, and in `expect` what suits Twilio."""
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def fixture_body(name: str) -> bytes:
    """Return the bytes of a recorded callback's body."""
    text: str = fixture(name)["body"]
    return text.encode()


def conversation(status: str | None = "ACTIVE", at: str = "2026-11-20T14:00:00Z", **more: Any) -> bytes:  # noqa: ANN401
    """Return a CONVERSATION_UPDATED (or `kind`) that says this status at this time; None leaves the status out."""
    kind, conversation_id = more.pop("kind", "CONVERSATION_UPDATED"), more.pop("conversation_id", CONVERSATION)
    data = {"id": conversation_id, "accountId": ACCOUNT, "status": status, "updatedAt": at, **more}
    return written(kind, {name: value for name, value in data.items() if value is not None}, at)


def communication(number: int, at: str = "2026-11-20T14:00:00Z", conversation_id: str = CONVERSATION) -> bytes:
    """Return a COMMUNICATION_CREATED; the number tells one from another."""
    data = {
        "id": f"conv_communication_{number:026d}",
        "conversationId": conversation_id,
        "accountId": ACCOUNT,
        "author": {"address": "+12025550123", "channel": "SMS"},
        "content": {"type": "TEXT", "text": f"Text {number}"},
        "recipients": [{"address": "+12025550188", "channel": "SMS"}],
        "updatedAt": at,
    }
    return written("COMMUNICATION_CREATED", data, at)


def written(kind: str, data: Any, timestamp: str) -> bytes:  # noqa: ANN401 - any JSON
    """Return a callback as it stands on the wire."""
    return json.dumps({"eventType": kind, "timestamp": timestamp, "data": data}, separators=(",", ":")).encode()
