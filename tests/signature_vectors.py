"""The signature vectors: those made with the official library, and further ones made with hashlib alone."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parent / "vectors"
SETTINGS = "X-Twilio-Webhooks-Signature-Settings"


def vectors() -> list[dict[str, Any]]:
    """Return all vectors, each with its keys as they stand in the settings: `auth_tokens` and `shared_keys`."""
    return [*map(_with_keys, _read("signature_vectors")), *_read("further_signature_vectors")]


def cases(found: Sequence[dict[str, Any]] | None = None) -> list[Any]:
    """Return vectors, or all of them, as parameters of a test that are named by what they try."""
    return [pytest.param(each, id=each["name"]) for each in (vectors() if found is None else found)]


def header(vector: dict[str, Any], name: str) -> str | None:
    """Return a header of a vector's request."""
    found: str | None = vector["headers"].get(name)
    return found


def _read(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_bytes())["vectors"]
    return found


def _with_keys(vector: dict[str, Any]) -> dict[str, Any]:
    """Return a vector of the library with its keys written as ours: SharedKeys where its header names one."""
    named = header(vector, SETTINGS)
    if named is None:
        return {**vector, "auth_tokens": vector["keys"], "shared_keys": []}
    key_id = named.partition(",")[0].removeprefix("key=")
    return {**vector, "auth_tokens": [], "shared_keys": [f"{key_id}:{vector['algorithm']}:{k}" for k in vector["keys"]]}
