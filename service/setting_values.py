"""PURE. The values of settings: how each kind is written, and the sentence for one that is wrong.

The sentences end up in `InvalidSettingsError`, behind the setting's name; none repeats a secret.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr

from service.twilio.signing_keys import SharedKey, shared_key

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+)\s*([smhd]?)")
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_REDIS_SCHEMES = ("redis", "rediss", "unix", "redis+sentinel")


def listed(value: object) -> object:
    """Return the parts of a text between commas; anything else as it is."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _seconds(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value.strip().lower())
    if not found:
        message = "is not a duration in seconds, or with a unit: 30s, 15m, 12h, 7d"
        raise ValueError(message)
    return int(found[1]) * _UNITS[found[2]]


def _public_url(value: str) -> str:
    url = urlsplit(value)
    if url.scheme not in {"https", "http"} or not url.hostname:
        message = f"{value!r} is not a URL with https:// and a host"
        raise ValueError(message)
    return value


def _redis_url(value: str) -> str:
    if urlsplit(value).scheme not in _REDIS_SCHEMES:
        message = "must begin with redis://, rediss://, unix:// or redis+sentinel://"
        raise ValueError(message)
    return value


def _account(value: str) -> str:
    if not _ACCOUNT.fullmatch(value):
        message = "is not an account SID (AC and 32 hexadecimal digits)"
        raise ValueError(message)
    return value


def token_pair(text: str) -> tuple[str | None, SecretStr]:
    """Return account (None: not named) and token of `AC…:token`. Raises ValueError that holds no token."""
    account, colon, token = text.rpartition(":")
    if colon:
        _account(account)
    if not token:
        message = "holds an empty token"
        raise ValueError(message)
    return (account or None, SecretStr(token))


def signing_key(text: str) -> SharedKey:
    """Return the SharedKey that is written `key-id:algorithm:secret`. Raises ValueError that holds no secret."""
    key = shared_key(text)
    if key.account is not None:
        _account(key.account)
    return key


def _of_text(read: Callable[[str], object]) -> BeforeValidator:
    """Return what reads texts and leaves values as they are that were read already."""
    return BeforeValidator(lambda value: read(value) if isinstance(value, str) else value)


def _network(value: str) -> str:
    ipaddress.ip_network(value)
    return value


AccountSid = Annotated[str, BeforeValidator(_account)]
Network = Annotated[str, BeforeValidator(_network)]
RedisUrl = Annotated[str, BeforeValidator(_redis_url)]
PublicUrl = Annotated[str, BeforeValidator(_public_url)]
TokenPair = Annotated[tuple[str | None, SecretStr], _of_text(token_pair)]
SharedKeyText = Annotated[SharedKey, _of_text(signing_key)]
Seconds = Annotated[int, BeforeValidator(_seconds), Field(gt=0)]
SecondsOrNever = Annotated[int, BeforeValidator(_seconds), Field(ge=0)]
