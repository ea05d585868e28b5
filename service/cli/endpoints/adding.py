"""`endpoints add`."""

from typing import Annotated

import typer

from service.cli.configuration import load_settings
from service.cli.endpoints import options
from service.cli.endpoints.access import egress_of, on_registry, shown
from service.cli.endpoints.printing import fail, print_fields, say
from service.cli.failures import USAGE
from service.endpoints import description as form
from service.endpoints.endpoint import NewEndpoint
from service.endpoints.shown import ShownOnce, shown_once
from service.registration import InvalidEndpointError, refusals, register
from service.registry.registry import Registry
from service.settings import Settings

EXAMPLE = "Example: conversation-events endpoints add https://example.com/hooks --types 'conversation.*' --name crm"


def add(  # noqa: PLR0913 - each is an option of the command
    url: Annotated[str, typer.Argument(help="Where to deliver: https, a public address.")],
    *,
    types: options.Types = None,
    secret: options.SecretText = None,
    description: options.Description = None,
    name: options.Name = None,
    scheme: options.SchemeName = None,
    ordered: options.Ordered = None,
    rate_limit: options.RateLimit = None,
    header: options.Headers = None,
    as_json: options.AsJson = False,
) -> None:
    """Add an endpoint and show its secret, this once; of the scheme v1a, its public key. Without types it gets all."""
    own, wrong = options.headers(header)
    given = options.given(
        url=url, types=options.listed(types), secret=secret, description=description, name=name, scheme=scheme,
        ordered=ordered, headers=own,
    )  # fmt: skip
    values, found = form.new(given | options.rate(rate_limit))
    made = _made(load_settings(), NewEndpoint(**values), [*wrong, *found])
    print_fields(made, as_json=as_json)
    if not as_json:
        say(told(made))


def _made(settings: Settings, new: NewEndpoint, wrong: list[str]) -> ShownOnce:
    async def run(registry: Registry) -> ShownOnce:
        endpoint, secret = await register(registry.redis, registry.keys, registry.sealer, registry.egress, new)
        [one] = await shown(registry.redis, registry.keys, settings, endpoint)
        return shown_once(one, secret)

    if wrong:
        fail(USAGE, *wrong, *refusals(new, egress_of(settings)))
    try:
        return on_registry(settings, run)
    except InvalidEndpointError as error:
        fail(USAGE, *error.mistakes)


def told(made: ShownOnce) -> str:
    """Return what to do with what is shown. Pure."""
    if made.secret is None:
        return "Whoever verifies the deliveries needs the public key."
    return "The secret is not shown again: give it to whoever verifies the deliveries."
