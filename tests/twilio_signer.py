"""Requests signed by Twilio's own library: the recorded ones of any kind, and made ones."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import RequestValidator

from tests.raw_http import written
from tests.twilio_callbacks import OTHER_TOKEN, PUBLIC_URL, TOKEN

FIXTURES = Path(__file__).parent / "fixtures"
SUBACCOUNT = "ACc9e5c05896f901af19256f4babaf3a12"
"""The other account in the recorded requests; its token is OTHER_TOKEN."""
TOKENS = f"{TOKEN},{SUBACCOUNT}:{OTHER_TOKEN}"
"""TWILIO_AUTH_TOKENS of a receiver that accepts them all."""


class _Pairs:
    """Decoded pairs in the shape in which the library takes names that repeat."""

    def __init__(self, body: str) -> None:
        self._pairs = parse_qsl(body, keep_blank_values=True)

    def __iter__(self) -> Any:  # noqa: ANN401 - the library has no types
        return iter({name for name, _ in self._pairs})

    def getall(self, name: str) -> list[str]:
        """Return the values of a name."""
        return [value for each, value in self._pairs if each == name]


@cache
def recorded() -> dict[str, dict[str, Any]]:
    """Return all recorded requests, of whatever kind, by their names."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FIXTURES.rglob("*.json"))}


def signature(url: str, content_type: str, body: str, token: str = TOKEN) -> str:
    """Return the signature of a request to a URL; only a form's body is signed itself."""
    is_form = content_type.partition(";")[0] == "application/x-www-form-urlencoded"
    library: Any = RequestValidator
    made: str = library(token).compute_signature(url, _Pairs(body) if is_form else {})
    return made


def recorded_request(name: str, version: str = "1.1") -> bytes:
    """Return a recorded request as Twilio would put it on the wire, signed for the account that it names."""
    found = recorded()[name]
    headers, body = dict(found["headers"]), found["body"] or ""
    token = OTHER_TOKEN if SUBACCOUNT in f"{found['url']}{body}" else TOKEN
    headers["X-Twilio-Signature"] = signature(found["url"], headers.get("Content-Type", ""), body, token)
    parts = urlsplit(found["url"])
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return written(found["method"], target, headers, body.encode(), version)


def json_request(path: str, query: str, body: bytes, more: Mapping[str, str] | None = None) -> bytes:
    """Return a POST of JSON as Twilio would put it on the wire: with the body's hash as the query's last part."""
    target = json_target(path, query, body)
    return written("POST", target, json_headers(target) | dict(more or {}), body)


def json_target(path: str, query: str, body: bytes) -> str:
    """Return path and query of a POST of JSON."""
    return f"{path}?{query}{'&' if query else ''}bodySHA256={hashlib.sha256(body).hexdigest()}"


def json_headers(target: str) -> dict[str, str]:
    """Return the headers of a POST of JSON with this path and query."""
    kind = "application/json"
    return {"Content-Type": kind, "X-Twilio-Signature": signature(PUBLIC_URL + target, kind, "")}
