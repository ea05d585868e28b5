"""Secrets at rest: sealed with a key made from `SECRET_KEY`; a process with another key is refused by fingerprint."""

import base64
import hmac
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from redis.asyncio import Redis

from service.store.keys import Keys


class WrongSecretKeyError(Exception):
    """The secrets in Redis were sealed with another `SECRET_KEY`."""

    def __init__(self) -> None:
        super().__init__(
            "SECRET_KEY is not the one that the secrets in Redis were sealed with; "
            "set the same SECRET_KEY for every process (`up` keeps its own in DATA_DIR/secret-key)"
        )


class Sealer:
    """Seals and opens secrets."""

    def __init__(self, secret_key: str) -> None:
        """`secret_key` is any long text; it is stretched by HKDF, not used as it is."""
        key = HKDF(SHA256(), 32, salt=None, info=b"conversation-events secrets 1").derive(secret_key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self.fingerprint = hmac.digest(key, b"fingerprint", "sha256").hex()[:16]

    def seal(self, raw: bytes) -> str:
        """Return bytes encrypted and authenticated, as text."""
        return self._fernet.encrypt(raw).decode()

    def open(self, sealed: str) -> bytes:
        """Return what was sealed. Raises WrongSecretKeyError where it was not sealed with this key."""
        try:
            return self._fernet.decrypt(sealed.encode())
        except InvalidToken:
            raise WrongSecretKeyError from None


async def check_fingerprint(redis: Redis, keys: Keys, sealer: Sealer) -> None:
    """Leave the key's fingerprint where there is none yet. Raises WrongSecretKeyError where another one stands."""
    await redis.set(keys.secret_key_fingerprint, sealer.fingerprint, nx=True)
    held: Any = await redis.get(keys.secret_key_fingerprint)
    if held is not None and not hmac.compare_digest(held, sealer.fingerprint.encode()):
        raise WrongSecretKeyError
