"""`verify`: says of a signature what the receiver would say, and why."""

from typing import Annotated

import typer

from service.cli import signed_options as options
from service.cli.endpoints.options import AsJson
from service.cli.endpoints.printing import fail, print_json
from service.cli.failures import FAILED, USAGE
from service.twilio.examination import Examination, Trial, examine
from service.twilio.signed_request import SignedRequest

EXAMPLE = (
    "Example: conversation-events verify --url 'https://hooks.example.com/twilio/orchestrator?bodySHA256=…' "
    "--signature RSOYDt4T1cUTdK1PDd93/VVr8B8= --body-file body.json"
)
_BODIES = {
    "none": "there is none; the URL is all that is signed",
    "form": "a form, whose {} parameters are signed one by one",
    "right_body_hash": "bound by bodySHA256, which is right",
    "missing_body_hash": "not bound to the signature: the URL has no bodySHA256",
    "repeated_body_hash": "not bound to the signature: the URL has more than one bodySHA256",
    "wrong_body_hash": "not the one that was signed: bodySHA256 is another one's",
}


def verify_request(  # noqa: PLR0913 - each is an option of the command
    *,
    url: Annotated[str, typer.Option("--url", help="The public URL with its query, as the request came in.")],
    signature: Annotated[str, typer.Option("--signature", help="The header X-Twilio-Signature.")],
    method: options.Method = "POST",
    content_type: options.ContentType = None,
    body_file: options.BodyFile = None,
    data: options.Data = None,
    auth_token: options.AuthTokens = None,
    shared_key: options.SharedKeys = None,
    signature_settings: Annotated[
        str | None, typer.Option(help="The header X-Twilio-Webhooks-Signature-Settings, if there was one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try each spelling of the URL with each key, say what matched or what would have, and exit with 0 or 1.

    The answer is the receiver's own. Nothing is sent, and no secret is printed.
    """
    method, body = method.upper(), options.body_or_fail(body_file, data)
    keys = options.keys_or_fail(auth_token, shared_key)
    kind = options.usual_content_type(url, method, body) if content_type is None else content_type
    try:
        found = examine(SignedRequest((url,), "", "", kind, body, signature, method, signature_settings), keys)
    except ValueError as error:
        fail(USAGE, f"--url: {error}; for example https://hooks.example.com/twilio/orchestrator.")
    if as_json:
        print_json(found)
    else:
        _tell(found)
    if not found.matches:
        raise typer.Exit(FAILED)


def _tell(found: Examination) -> None:
    typer.echo(f"matches: {found.key}" if found.matches else f"does not match: {found.reason}")
    typer.echo(f"body: {_BODIES[found.body].format(found.parameters)}")
    for trial in found.trials:
        typer.echo(_line(trial))
    for hint in found.hints:
        typer.echo(f"hint: {hint}")


def _line(trial: Trial) -> str:
    outcome = "no"
    if trial.matches:
        outcome = "yes" if trial.usable else "yes, but not asked for"
    url = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in trial.url)
    return f"{outcome}: {trial.key} ({trial.algorithm}), {trial.spelling}: {url}"
