"""PURE. The keys that sign webhooks: auth tokens and SharedKeys, and which of them a request asks to be proved with.

A request that was signed with a SharedKey says so in a header, `key=<id>,algorithm=<name>`. The header is not signed:
it may choose among our keys by their ids, but what a key is worth is fixed where it is configured.
https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

import hmac
from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

Algorithm: TypeAlias = Literal["HMAC_SHA1", "HMAC_SHA256"]
KeyFault = Literal["no_keys", "no_auth_token", "unknown_shared_key", "several_shared_keys", "other_algorithm"]

SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"
_DIGESTS: dict[str, str] = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_OF_AUTH_TOKENS = "HMAC_SHA1"


@dataclass(frozen=True, slots=True)
class AuthToken:
    """An account's auth token, and that account where it is known. It signs with HMAC-SHA1."""

    secret: str = field(repr=False)
    account: str | None = None

    @property
    def algorithm(self) -> Algorithm:
        """Return the one algorithm of all auth tokens."""
        return "HMAC_SHA1"


@dataclass(frozen=True, slots=True)
class SharedKey:
    """A SharedKey of Twilio's Webhooks API, the one algorithm that it may sign with, and its account where known."""

    id: str
    algorithm: Algorithm
    secret: str = field(repr=False)
    account: str | None = None


SigningKey: TypeAlias = AuthToken | SharedKey
Numbered: TypeAlias = list[tuple[int, SigningKey]]


def mac(key: SigningKey, text: bytes) -> bytes:
    """Return the Base64 signature of a text."""
    return b2a_base64(hmac.digest(key.secret.encode(), text, _DIGESTS[key.algorithm]), newline=False)


def settings_header(key: SigningKey) -> str | None:
    """Return the value of the header that goes with a key's signatures; None for an auth token, which needs none."""
    return f"key={key.id},algorithm={key.algorithm}" if isinstance(key, SharedKey) else None


def chosen(keys: Sequence[SigningKey], header: str | None) -> Numbered | KeyFault:
    """Return the keys that a request with this settings header may be proved with, with their places in `keys`.

    Without a `key=` in the header these are the auth tokens, else the SharedKey of that id; a fault where there is
    none, or where the header names an algorithm that the key has not. A key without a secret is passed over, since
    anybody can sign with it.
    """
    if not header:
        return _auth_tokens(keys)
    ids, algorithms = _named(header, "key"), {name.upper() for name in _named(header, "algorithm")}
    found = _shared_keys(keys, ids) if ids else _auth_tokens(keys)
    if isinstance(found, str):
        return found
    return [(index, key) for index, key in found if algorithms <= {key.algorithm}] or "other_algorithm"


def shared_key(text: str) -> SharedKey:
    """Return the key that is written `id:algorithm:secret`, or `AC…:id:algorithm:secret` with its account.

    Raises ValueError with a sentence that holds nothing of the secret.
    """
    account, colon, rest = text.partition(":")
    if not (colon and account.startswith("AC") and rest.count(":") >= 2):  # noqa: PLR2004 - three parts, two colons
        account, rest = "", text
    key_id, _, signing = rest.partition(":")
    algorithm, _, secret = signing.partition(":")
    if not (key_id and algorithm and secret):
        raise ValueError("is not written key-id:algorithm:secret")
    return SharedKey(key_id, _algorithm(algorithm), secret, account or None)


def _algorithm(written: str) -> Algorithm:
    # What stands there is not repeated: with the parts in a wrong order it is the secret.
    found = next((name for name in get_args(Algorithm) if name == written.upper()), None)
    if found is None:
        raise ValueError(f"has none of the algorithms {', '.join(_DIGESTS)} between key id and secret")
    return found  # type: ignore[no-any-return] # one of the literals


def _auth_tokens(keys: Sequence[SigningKey]) -> Numbered | KeyFault:
    found: Numbered = [(index, key) for index, key in enumerate(keys) if type(key) is AuthToken and key.secret]
    return found or ("no_auth_token" if any(key.secret for key in keys) else "no_keys")


def _shared_keys(keys: Sequence[SigningKey], ids: set[str]) -> Numbered | KeyFault:
    if len(ids) > 1:
        return "several_shared_keys"
    shared = ((index, key) for index, key in enumerate(keys) if isinstance(key, SharedKey) and key.secret)
    found: Numbered = [(index, key) for index, key in shared if key.id in ids]
    return found or "unknown_shared_key"


def _named(header: str, wanted: str) -> set[str]:
    # As Twilio's libraries read it: names in lower case, blanks around them cut, empty values none.
    parts = (part.partition("=") for part in header.split(","))
    return {value.strip() for name, _, value in parts if name.strip() == wanted and value.strip()}
