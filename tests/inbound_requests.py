"""Requests of Twilio's other products: the recorded ones, made ones, and how Twilio signs them, in both methods."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET

from service.twilio.forms import parse_form
from service.twilio.signature import sign, sign_json_url
from tests.twilio_callbacks import ACCOUNT, PUBLIC_URL, TOKEN, Signed

FIXTURES = Path(__file__).parent / "fixtures" / "inbound"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
SUBACCOUNT = "ACc9e5c05896f901af19256f4babaf3a12"
"""That one of the recorded messages belongs to."""
SUBACCOUNT_TOKEN = "a1f4c07d53e98b2640cf7be1d2385960"
TOKENS = {ACCOUNT: TOKEN, SUBACCOUNT: SUBACCOUNT_TOKEN}
Pairs = Iterable[tuple[str, str]]


def fixture_names() -> list[str]:
    """Return the names of all recorded requests."""
    return sorted(path.stem for path in FIXTURES.glob("*.json"))


def fixture(name: str) -> dict[str, Any]:
    """Return a recorded request: `method`, `url`, `headers`, `body`, and in `expect` what suits Twilio."""
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def pairs_of(name: str) -> list[tuple[str, str]]:
    """Return the parameters of a recorded form, decoded by who recorded it."""
    return [(key, value) for key, value in fixture(name)["decoded"]]


def recorded(name: str, method: str | None = None) -> Signed:
    """Return a recorded request as it was sent, signed; or as it would be sent with the other method."""
    said = fixture(name)
    url, content = said["url"].partition("?"), said["body"].encode()
    path = urlsplit(url[0]).path
    if "json" in said["headers"].get("Content-Type", ""):
        return signed_json(path, content)
    encoded = content or url[2].encode()
    token = TOKENS[dict(parse_form(encoded))["AccountSid"]]
    return signed_form(path, encoded, method or said["method"], token=token)


def signed_form(path: str, encoded: bytes, method: str = "POST", *, token: str = TOKEN, **headers: str) -> Signed:
    """Return a request with these encoded parameters, in the body or the query, as Twilio signs it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if method == "GET":
        target = f"{path}?{encoded.decode()}" if encoded else path
        return Signed(target, b"", {"x-twilio-signature": sign(token, PUBLIC_URL + target), **named}, "GET")
    signature = sign(token, PUBLIC_URL + path, parse_form(encoded))
    return Signed(path, encoded, {"content-type": FORM, "x-twilio-signature": signature, **named}, method)


def signed_pairs(path: str, pairs: Pairs, method: str = "POST", **more: str) -> Signed:
    """Return a request with these parameters."""
    return signed_form(path, urlencode(list(pairs)).encode(), method, **more)


def signed_json(path: str, body: bytes, *, token: str = TOKEN, **headers: str) -> Signed:
    """Return a POST of a JSON body."""
    url, signature = sign_json_url(token, PUBLIC_URL + path, body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    target = url.removeprefix(PUBLIC_URL)
    return Signed(target, body, {"content-type": "application/json", "x-twilio-signature": signature, **named})


def message(number: int = 1, **more: str) -> list[tuple[str, str]]:
    """Return the parameters of a message that came in; the number tells one from another."""
    sid = f"SM{number:032d}"
    held = {
        "MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT, "From": "+12025550123", "To": "+12025550188",
        "Body": f"Text {number}", "SmsStatus": "received", **more,
    }  # fmt: skip
    return list(held.items())


def is_twiml(content_type: str | None, content: bytes) -> bool:
    """Return whether an answer is TwiML."""
    return content_type == "text/xml" and ET.fromstring(content).tag == "Response"  # noqa: S314 - we wrote it ourselves


def sample(path: str, account: str = ACCOUNT, token: str = TOKEN) -> Signed:
    """Return a recorded request that this route takes, of an account, signed with a token."""
    said = fixture(SAMPLES[path])
    body = said["body"].replace(ACCOUNT, account).encode()
    if "json" in said["headers"]["Content-Type"]:
        return signed_json(path, body, token=token)
    return signed_form(path, body, token=token)


SAMPLES = {
    "/twilio/intelligence": "ci-rule-execution-classification",
    "/twilio/eventstreams": "es-batch",
    "/twilio/message": "in-sms",
    "/twilio/message-fallback": "in-sms-fallback",
    "/twilio/message-status": "st-message-sent",
    "/twilio/voice": "in-voice",
    "/twilio/voice-fallback": "in-voice-fallback",
    "/twilio/call-status": "st-call-completed",
    "/twilio/relay-action": "cr-action-ended-handoff",
    "/twilio/transcription": "rtt-content-final",
    "/twilio/conversations-v1": "cv1-onMessageAdded-sdk",
    "/twilio/conversations-v1/pre": "cv1-onMessageAdd-preaction",
    "/twilio/debugger": "dbg-error",
}
"""A recorded request for each route but the Orchestrator's."""
