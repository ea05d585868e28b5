"""The settings: read once, frozen, checked at start, every mistake named together.

Values come from the environment or a `.env` file. Nothing is read at import: `load` is called by the commands.
"""

import hashlib
import ipaddress
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Role = Literal["receiver", "relay", "worker", "admin", "command"]

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+)\s*([smhd]?)")
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_SOCKET_PATH_BYTES = 100
_REDIS_SCHEMES = ("redis", "rediss", "unix", "redis+sentinel")

EXAMPLES = {
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "PUBLIC_URLS": "https://hooks.example.com",
    "TWILIO_ACCOUNT_SID": "AC0123456789abcdef0123456789abcdef",
    "TWILIO_AUTH_TOKENS": "0123456789abcdef0123456789abcdef",
    "TWILIO_API_KEY_SID": "SK0123456789abcdef0123456789abcdef",
    "TWILIO_API_KEY_SECRET": "the secret shown when the key was made",
    "TWILIO_CONVERSATIONS_URL": "https://conversations.twilio.com/v2",
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


class InvalidSettingsError(Exception):
    """One or more settings are wrong or missing; `mistakes` holds a sentence for each, with an example."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def _listed(value: object) -> object:
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


def _token_pair(value: object) -> object:
    if not isinstance(value, str):
        return value
    account, colon, token = value.rpartition(":")
    if colon:
        _account(account)
    if not token:
        message = "holds an empty token"
        raise ValueError(message)
    return (account or None, SecretStr(token))


def _network(value: str) -> str:
    ipaddress.ip_network(value)
    return value


PublicUrl = Annotated[str, BeforeValidator(_public_url)]
TokenPair = Annotated[tuple[str | None, SecretStr], BeforeValidator(_token_pair)]
Seconds = Annotated[int, BeforeValidator(_seconds), Field(gt=0)]


class Settings(BaseSettings):
    """Everything that can be set; attribute names are the environment names in lower case."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    redis_url: Annotated[str, BeforeValidator(_redis_url)] | None = None
    data_dir: Path = Path("./data")
    public_urls: Annotated[tuple[PublicUrl, ...], NoDecode, BeforeValidator(_listed)] = ()
    twilio_account_sid: Annotated[str, BeforeValidator(_account)] | None = None
    twilio_auth_tokens: Annotated[tuple[TokenPair, ...], NoDecode, BeforeValidator(_listed)] = ()
    twilio_api_key_sid: str | None = None
    twilio_api_key_secret: SecretStr | None = None
    twilio_conversations_url: PublicUrl = "https://conversations.twilio.com/v2"
    signature_mode: Literal["enforce", "report"] = "enforce"
    rules_file: Path | None = None
    admin_token: SecretStr | None = None
    secret_key: SecretStr | None = None
    egress_allow: Annotated[
        tuple[Annotated[str, BeforeValidator(_network)], ...], NoDecode, BeforeValidator(_listed)
    ] = ()
    allow_http_endpoints: bool = False
    redis_durability: Literal["always", "everysec", "none"] = "always"
    redis_wait_replicas: Annotated[int, Field(ge=0, le=10)] | None = None
    event_retention: Seconds = 7 * 86400
    event_memory_share: Annotated[float, Field(gt=0, le=1)] = 0.8
    max_body_bytes: Annotated[int, Field(ge=1024, le=16 * 1024 * 1024)] = 256 * 1024
    key_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9:_.{}-]{1,64}$")] = "ce:"
    log_format: Literal["json", "console"] | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"

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
    return found


def missing(settings: Settings, roles: tuple[Role, ...]) -> tuple[str, ...]:
    """Return a sentence for each setting that these roles need and that is not set."""
    names = dict.fromkeys(name for role in roles for name in NEEDED[role])
    return tuple(f"{n}: is not set; for example {_example(n)}" for n in names if not getattr(settings, n.lower()))


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
    mistakes += [m for m in missing(settings, roles) if m.partition(":")[0].lower() not in wrong]
    if mistakes:
        raise InvalidSettingsError(tuple(mistakes))
    return settings
