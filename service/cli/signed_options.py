"""The options of `sign` and `verify`, and what is meant by what was typed."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from service.cli.configuration import load_settings
from service.cli.endpoints.printing import fail
from service.cli.failures import USAGE
from service.setting_values import signing_key, token_pair
from service.twilio.signed_request import BODY_HASH, FORM
from service.twilio.signing_keys import AuthToken, SigningKey

Method = Annotated[str, typer.Option("--method", help="The request's method.")]
ContentType = Annotated[
    str | None,
    typer.Option("--content-type", help=f"Else JSON for what looks like it or a URL with {BODY_HASH}, else a form."),
]
BodyFile = Annotated[
    str | None, typer.Option("--body-file", metavar="FILE", help="The body's raw bytes; -: from standard input.")
]
Data = Annotated[
    str | None, typer.Option("--data", metavar="A=1&B=2", help="A form's body as it travels; with GET, the query.")
]
AuthTokens = Annotated[
    list[str] | None,
    typer.Option("--auth-token", metavar="TOKEN|AC…:TOKEN", help="An auth token, instead of the ones in the settings."),
]
SharedKeys = Annotated[
    list[str] | None,
    typer.Option("--shared-key", metavar="ID:ALGORITHM:SECRET", help="A SharedKey; ALGORITHM is HMAC_SHA1 or _SHA256."),
]

_Read = TypeVar("_Read")


def keys_or_fail(tokens: Sequence[str] | None, shared: Sequence[str] | None) -> tuple[SigningKey, ...]:
    """Return the keys that were typed, else those of the settings; end with status 2 where there are none."""
    if tokens or shared:
        typed = [_read("--auth-token", _auth_token, each) for each in tokens or ()]
        return (*typed, *(_read("--shared-key", signing_key, each) for each in shared or ()))
    keys = load_settings().signing_keys()
    if not keys:
        fail(USAGE, "There is no key: give --auth-token or --shared-key, or set TWILIO_AUTH_TOKENS.")
    return keys


def body_or_fail(body_file: str | None, data: str | None) -> bytes:
    """Return the body's bytes; end with status 2 where both are given or the file cannot be read."""
    if data is not None and body_file is not None:
        fail(USAGE, "--data and --body-file: give one of them.")
    if body_file is None:
        return (data or "").encode("utf-8", "surrogateescape")
    if body_file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(body_file).read_bytes()
    except OSError as error:
        fail(USAGE, f"--body-file: {body_file} cannot be read ({error.strerror}).")


def usual_content_type(url: str, method: str, body: bytes) -> str:
    """Return the Content-Type of a request for which none was typed, "" where there is nothing to be typed."""
    if method in {"GET", "HEAD"} and not body:
        return ""
    return "application/json" if body.lstrip()[:1] in {b"{", b"["} or f"{BODY_HASH}=" in url else FORM


def _auth_token(text: str) -> AuthToken:
    account, token = token_pair(text)
    return AuthToken(token.get_secret_value(), account)


def _read(option: str, read: Callable[[str], _Read], text: str) -> _Read:
    try:
        return read(text)
    except ValueError as error:
        fail(USAGE, f"{option}: {error}.")
