"""`sign`: makes the signature that Twilio would make, to try a receiver by hand."""

import shlex
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer

from service.cli import signed_options as options
from service.cli.endpoints.options import AsJson
from service.cli.endpoints.printing import fail, print_json
from service.cli.failures import USAGE
from service.twilio.accounts import named, named_in_json
from service.twilio.forms import parse_form
from service.twilio.signature import SigningKey, sign, sign_json_url
from service.twilio.signed_request import FORM, SignedRequest, octets
from service.twilio.signing_keys import SETTINGS_HEADER, settings_header

EXAMPLE = (
    "Example: conversation-events sign https://hooks.example.com/twilio/orchestrator --body-file event.json --curl"
    "\n\nExample: conversation-events sign https://hooks.example.com/twilio/message --data 'From=%2B1202&Body=Hi'"
)


class Signed(msgspec.Struct, frozen=True):
    """What to send besides the body."""

    method: str
    url: str
    headers: dict[str, str]


def sign_request(  # noqa: PLR0913 - each is an option of the command
    url: Annotated[str, typer.Argument(metavar="URL", help="The URL as Twilio has it.")],
    *,
    method: options.Method = "POST",
    content_type: options.ContentType = None,
    body_file: options.BodyFile = None,
    data: options.Data = None,
    auth_token: options.AuthTokens = None,
    shared_key: options.SharedKeys = None,
    as_curl: Annotated[bool, typer.Option("--curl", help="Print a curl command that sends it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the URL to use (for a body that is no form with its bodySHA256) and the headers that Twilio would send.

    Of the keys in the settings, the one of the account that the request names is taken, else the first.
    """
    method, body = method.upper(), options.body_or_fail(body_file, data)
    if method in {"GET", "HEAD"} and data:
        # As Twilio does it: what a form would hold stands in the query.
        url, body = _with_query(url, data), b""
    keys = options.keys_or_fail(auth_token, shared_key)
    if (auth_token or shared_key) and len(keys) > 1:
        fail(USAGE, "A request is signed with one key: give one --auth-token or one --shared-key.")
    kind = options.usual_content_type(url, method, body) if content_type is None else content_type
    request = SignedRequest((url,), "", "", kind, body, None, method)
    try:
        signed = _signed(request, _key(request, keys))
    except ValueError as error:
        fail(USAGE, f"URL: {error}; for example https://hooks.example.com/twilio/orchestrator.")
    if as_json:
        print_json(signed)
    else:
        for line in [_curl(signed, body_file, body)] if as_curl else _lines(signed):
            typer.echo(line)


def _signed(request: SignedRequest, key: SigningKey) -> Signed:
    url, pairs = request.base_urls[0].partition("#")[0], () if request.is_bare() else request.pairs()
    if request.is_form() or request.is_bare():
        signature = sign(key, url, pairs)
    else:
        url, signature = sign_json_url(key, url, request.body)
    settings = settings_header(key)
    headers = {"Content-Type": request.content_type, "X-Twilio-Signature": signature, SETTINGS_HEADER: settings or ""}
    return Signed(request.method, url, {name: value for name, value in headers.items() if value})


def _key(request: SignedRequest, keys: Sequence[SigningKey]) -> SigningKey:
    body = frozenset() if request.is_form() else named_in_json(request.body)
    accounts = named(request.pairs()) or body or named(parse_form(octets(request.whole_query())))
    return next((key for key in keys if key.account in accounts), keys[0])


def _with_query(url: str, data: str) -> str:
    target, mark, fragment = url.partition("#")
    return f"{target}{'&' if '?' in target else '?'}{data}{mark}{fragment}"


def _lines(signed: Signed) -> list[str]:
    return [signed.url, *(f"{name}: {value}" for name, value in signed.headers.items())]


def _curl(signed: Signed, body_file: str | None, body: bytes) -> str:
    # Untouched: curl would read brackets as a pattern and shorten a path with dots.
    words = ["curl", "--globoff", "--path-as-is"]
    words += ["--head"] if signed.method == "HEAD" else ["--request", signed.method]
    for name, value in signed.headers.items():
        words += ["--header", f"{name}: {value}"]
    if body_file is not None:
        words += ["--data-binary", f"@{body_file}"]
    elif body or signed.headers.get("Content-Type") == FORM:
        words += ["--data-raw", body.decode("utf-8", "surrogateescape")]
    return shlex.join([*words, signed.url])
