"""The settings: read once, frozen, checked at start, every mistake named together.

Values come from the environment or a `.env` file. Nothing is read at import: `load` is called by the commands.
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service import rules_file
from service.setting_values import (
    AccountSid,
    Network,
    PublicUrl,
    RedisUrl,
    Seconds,
    SecondsOrNever,
    SharedKeyText,
    TokenPair,
    listed,
)
from service.twilio.signing_keys import AuthToken, SigningKey

Role = Literal["receiver", "relay", "worker", "admin", "command"]

_SOCKET_PATH_BYTES = 100

EXAMPLES = {
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "PUBLIC_URLS": "https://hooks.example.com",
    "TWILIO_ACCOUNT_SID": "AC0123456789abcdef0123456789abcdef",
    "TWILIO_AUTH_TOKENS": "0123456789abcdef0123456789abcdef",
    "TWILIO_SHARED_KEYS": "webhooks_sharedkey_01k9m2v7q4tbx8r6n3w5cz0hde:HMAC_SHA256:the secret shown when it was made",
    "TWILIO_API_KEY_SID": "SK0123456789abcdef0123456789abcdef",
    "TWILIO_API_KEY_SECRET": "the secret shown when the key was made",
    "TWILIO_CONVERSATIONS_URL": "https://conversations.twilio.com/v2",
    "TWILIO_MEMORY_URL": "https://memory.twilio.com/v1",
    "TWILIO_INTELLIGENCE_URL": "https://intelligence.twilio.com/v3",
    "TWILIO_API_URL": "https://api.twilio.com/2010-04-01",
    "SIGNATURE_MODE": "enforce",
    "RULES_FILE": "./rules.toml",
    "ADMIN_TOKEN": "a long random text",
    "SECRET_KEY": "a long random text",
    "EGRESS_ALLOW": "10.1.0.0/16,fd00::/8",
    "ALLOW_HTTP_ENDPOINTS": "1",
    "REDIS_DURABILITY": "always",
    "REDIS_WAIT_REPLICAS": "1",
    "EVENT_RETENTION": "7d",
    "EVENT_MEMORY_SHARE": "0.8",
    "RECONCILE_EVERY": "60",
    "MAX_BODY_BYTES": "262144",
    "KEY_PREFIX": "ce:",
    "DATA_DIR": "./data",
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "info",
}
NEEDED: Mapping[Role, tuple[str, ...]] = {
    "receiver": ("PUBLIC_URLS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKENS"),
    "relay": ("SECRET_KEY",),
    "worker": ("TWILIO_ACCOUNT_SID",),
    "admin": ("ADMIN_TOKEN", "SECRET_KEY"),
    "command": (),
}
_RULED = frozenset[Role]({"receiver", "relay", "worker"})
"""Roles that act by RULES_FILE: they start with rules that are right, or not at all."""
_INSTEAD = {"TWILIO_AUTH_TOKENS": "TWILIO_SHARED_KEYS"}
"""What is needed only where the other is not set: an account that signs with SharedKeys alone has no use for tokens."""


class InvalidSettingsError(Exception):
    """One or more settings are wrong or missing; `mistakes` holds a sentence for each, with an example."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Settings(BaseSettings):
    """Everything that can be set; attribute names are the environment names in lower case."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    redis_url: RedisUrl | None = None
    data_dir: Path = Path("./data")
    public_urls: Annotated[tuple[PublicUrl, ...], NoDecode, BeforeValidator(listed)] = ()
    twilio_account_sid: AccountSid | None = None
    twilio_auth_tokens: Annotated[tuple[TokenPair, ...], NoDecode, BeforeValidator(listed)] = ()
    twilio_shared_keys: Annotated[tuple[SharedKeyText, ...], NoDecode, BeforeValidator(listed)] = ()
    twilio_api_key_sid: str | None = None
    twilio_api_key_secret: SecretStr | None = None
    twilio_conversations_url: PublicUrl = "https://conversations.twilio.com/v2"
    twilio_memory_url: PublicUrl = "https://memory.twilio.com/v1"
    twilio_intelligence_url: PublicUrl = "https://intelligence.twilio.com/v3"
    twilio_api_url: PublicUrl = "https://api.twilio.com/2010-04-01"
    signature_mode: Literal["enforce", "report"] = "enforce"
    rules_file: Path | None = None
    admin_token: SecretStr | None = None
    secret_key: SecretStr | None = None
    egress_allow: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(listed)] = ()
    allow_http_endpoints: bool = False
    redis_durability: Literal["always", "everysec", "none"] = "always"
    redis_wait_replicas: Annotated[int, Field(ge=0, le=10)] | None = None
    event_retention: Seconds = 7 * 86400
    event_memory_share: Annotated[float, Field(gt=0, le=1)] = 0.8
    reconcile_every: SecondsOrNever = 60
    max_body_bytes: Annotated[int, Field(ge=1024, le=16 * 1024 * 1024)] = 256 * 1024
    key_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9:_.{}-]{1,64}$")] = "ce:"
    log_format: Literal["json", "console"] | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def signing_keys(self) -> tuple[SigningKey, ...]:
        """Return the keys that Twilio signs with; those without an account belong to `TWILIO_ACCOUNT_SID`."""
        own = self.twilio_account_sid
        tokens = (AuthToken(token.get_secret_value(), account or own) for account, token in self.twilio_auth_tokens)
        shared = (key if key.account else replace(key, account=own) for key in self.twilio_shared_keys)
        return (*tokens, *shared)

    def wait_replicas(self) -> int:
        """Replicas that must confirm an append before its answer: as set, else 1 with Sentinel and 0 without."""
        if self.redis_wait_replicas is not None:
            return self.redis_wait_replicas
        return 1 if (self.redis_url or "").startswith("redis+sentinel:") else 0

    def redis_address(self) -> str:
        """Return `REDIS_URL`, or the URL of the embedded server's private socket in `DATA_DIR`."""
        return self.redis_url or f"unix://{self.socket_path()}"

    def socket_path(self) -> Path:
        """Return where the embedded Redis listens: `DATA_DIR`, or a private folder where that path is too long.

        A unix socket's path holds 103 bytes on macOS and 107 on Linux.
        """
        near = self.data_dir.resolve() / "redis.sock"
        if len(bytes(near)) <= _SOCKET_PATH_BYTES:
            return near
        name = hashlib.sha256(bytes(near)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"conversation-events-{os.getuid()}-{name}" / "redis.sock"


def _example(name: str) -> str:
    return f"{name}={EXAMPLES[name]}" if name in EXAMPLES else name


def _mistake(error: Mapping[str, Any]) -> str:
    name = str(error["loc"][0]).upper() if error["loc"] else "settings"
    problem = str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {problem[0].lower()}{problem[1:]}; for example {_example(name)}"


def _contradictions(settings: Settings) -> list[str]:
    found = []
    if (settings.twilio_api_key_sid is None) != (settings.twilio_api_key_secret is None):
        found.append("TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET: set both or none")
    if settings.rules_file is not None and not settings.rules_file.is_file():
        found.append(f"RULES_FILE: there is no file {settings.rules_file}; for example {_example('RULES_FILE')}")
    ids = [key.id for key in settings.twilio_shared_keys]
    if len(set(ids)) < len(ids):
        found.append("TWILIO_SHARED_KEYS: names a key id twice; requests choose a SharedKey by its id")
    return found


def missing(settings: Settings, roles: tuple[Role, ...]) -> tuple[str, ...]:
    """Return a sentence for each setting that these roles need and that is not set."""
    names = dict.fromkeys(name for role in roles for name in NEEDED[role])
    unset = [name for name in names if not _is_set(settings, name) and not _is_set(settings, _INSTEAD.get(name))]
    return tuple(f"{name}: is not set; for example {_example(name)}" for name in unset)


def _is_set(settings: Settings, name: str | None) -> bool:
    return name is not None and bool(getattr(settings, name.lower()))


def _read(overrides: Mapping[str, object]) -> tuple[Settings, list[str], set[str]]:
    """Return settings (wrong values at their defaults), the mistakes, and the names that were wrong."""
    try:
        return Settings(**overrides), [], set()  # type: ignore[arg-type] # checked by pydantic
    except ValidationError as error:
        found = error.errors(include_input=False)
    wrong = {str(e["loc"][0]) for e in found if e["loc"]}
    defaults = {name: Settings.model_fields[name].default for name in wrong}
    settings = Settings(**{**overrides, **defaults})
    return settings, list(dict.fromkeys(map(_mistake, found))), wrong


def load(roles: tuple[Role, ...] = (), **overrides: object) -> Settings:
    """Read the settings from the environment and `.env`; `overrides` (by attribute name) win over both.

    Raises InvalidSettingsError that names every mistake at once: wrong values, contradictions, and what the
    given roles need but is not set.
    """
    settings, mistakes, wrong = _read(overrides)
    mistakes += _contradictions(settings)
    if not _RULED.isdisjoint(roles) and settings.rules_file is not None and settings.rules_file.is_file():
        mistakes += [f"RULES_FILE: {mistake}" for mistake in rules_file.mistakes(settings.rules_file)]
    mistakes += [m for m in missing(settings, roles) if m.partition(":")[0].lower() not in wrong]
    if mistakes:
        raise InvalidSettingsError(tuple(mistakes))
    return settings
