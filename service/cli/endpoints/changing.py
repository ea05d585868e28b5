"""`endpoints update` and `endpoints rotate-secret`."""

from typing import Annotated

import typer

from service.cli.configuration import load_settings
from service.cli.endpoints import options
from service.cli.endpoints.access import egress_of, now_ms, on_registry, shown
from service.cli.endpoints.adding import told
from service.cli.endpoints.printing import absent, fail, print_fields, say
from service.cli.failures import FAILED, USAGE
from service.endpoints import description as form
from service.endpoints.endpoint import Amendment, mistakes
from service.endpoints.rotation import RefusedRotationError
from service.endpoints.shown import Shown, ShownOnce, shown_once
from service.registration import InvalidEndpointError
from service.registry.alteration import ContendedError
from service.registry.amendment import amend
from service.registry.registry import Registry
from service.registry.rotation import Rotation, rotate
from service.settings import Settings

UPDATE_EXAMPLE = "Example: conversation-events endpoints update ep_0123456789abcdef --types 'message.*' --rate-limit 50"
ROTATE_EXAMPLE = "Example: conversation-events endpoints rotate-secret ep_0123456789abcdef --expire-old-in 3600"


def update(  # noqa: PLR0913 - each is an option of the command
    endpoint_id: options.Identifier,
    *,
    url: Annotated[str | None, typer.Option(help="Where to deliver: https, a public address.")] = None,
    types: options.Types = None,
    description: options.Description = None,
    name: options.Name = None,
    ordered: options.Ordered = None,
    rate_limit: options.RateLimit = None,
    header: options.Headers = None,
    remove_header: Annotated[list[str] | None, typer.Option(metavar="NAME", help="A header to leave out.")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Change what is named and leave the rest; headers are added to those that there are."""
    own, wrong = options.headers(header)
    changes = dict.fromkeys(remove_header or ()) | own
    given = options.given(
        url=url, types=options.listed(types), description=description, name=name, ordered=ordered,
        headers=changes or None,
    )  # fmt: skip
    values, found = form.read(given | options.rate(rate_limit), form.AMENDABLE)
    wish = Amendment(**values)
    if not (values or wrong or found):
        fail(USAGE, "Nothing is to be changed; name what is, for example --rate-limit 50. --help shows all options.")
    print_fields(_amended(load_settings(), endpoint_id, wish, [*wrong, *found]), as_json=as_json)


def _amended(settings: Settings, endpoint_id: str, wish: Amendment, wrong: list[str]) -> Shown:
    async def run(registry: Registry) -> list[Shown]:
        endpoint = await amend(registry, endpoint_id, wish, now_ms())
        return await shown(registry.redis, registry.keys, settings, endpoint) if endpoint else []

    if wrong:
        egress = egress_of(settings)
        fail(USAGE, *wrong, *mistakes(wish, allow_http=egress.allow_http, allowed=egress.allowed))
    try:
        found = on_registry(settings, run)
    except InvalidEndpointError as error:
        fail(USAGE, *error.mistakes)
    except ContendedError as error:
        fail(FAILED, str(error))
    return found[0] if found else fail(FAILED, absent(endpoint_id))


def rotate_secret(
    endpoint_id: options.Identifier,
    *,
    secret: options.SecretText = None,
    scheme: options.SchemeName = None,
    expire_old_in: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", help="How long the old one signs too; 0: not at all.", show_default="86400"),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Give an endpoint another secret and show it, this once; the old one signs beside it for a day."""
    given = options.given(secret=secret, scheme=scheme, expire_old_in=expire_old_in)
    values, found = form.read(given, form.ROTATION)
    if found:
        fail(USAGE, *found)
    made = _rotated(endpoint_id, Rotation(**values))
    print_fields(made, as_json=as_json)
    if not as_json:
        say(told(made))
        say(f"The old one signs until {made.old_secret_until}." if made.old_secret_until else "The old one has ended.")


def _rotated(endpoint_id: str, rotation: Rotation) -> ShownOnce:
    settings = load_settings()

    async def run(registry: Registry) -> ShownOnce | None:
        rotated = await rotate(registry, endpoint_id, rotation, now_ms())
        if rotated is None:
            return None
        [one] = await shown(registry.redis, registry.keys, settings, rotated[0])
        return shown_once(one, rotated[1])

    try:
        found = on_registry(settings, run)
    except InvalidEndpointError as error:
        fail(USAGE, *error.mistakes)
    except (ContendedError, RefusedRotationError) as error:
        fail(FAILED, str(error))
    return found or fail(FAILED, absent(endpoint_id))
