"""Options by which commands choose deliveries, and what they come to."""

import time
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from service.cli.endpoints.options import listed
from service.cli.endpoints.printing import fail
from service.cli.failures import USAGE
from service.cli.moments import EXAMPLES, moment
from service.cli.timeline import printable
from service.endpoints.filters import valid
from service.web.api.resource import is_id

EndpointOption = Annotated[str, typer.Option("--endpoint", "-e", metavar="ID", help="The endpoint's id.")]
Since = Annotated[str | None, typer.Option(metavar="TIME", help=f"{EXAMPLES[0].upper()}{EXAMPLES[1:]}.")]


def since_ms(text: str | None) -> int | None:
    """Return the moment that was typed, in milliseconds since 1970. Ends the command for what is none."""
    at = None if text is None else moment(text, int(time.time() * 1000))
    if text is not None and at is None:
        fail(USAGE, f"since: must be {EXAMPLES}")
    return at


def id_or_fail(text: str, example: str = "an event's is such as evt_9f2d4c7be0a1583f96ab10c47de85b32") -> str:
    """Return an id that was typed. Ends the command for what cannot be one: keys in Redis are made from ids."""
    if not is_id(text):
        fail(USAGE, f"{printable(text)} is no id; {example}")
    return text


def types_or_fail(types: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the types that were typed, None for none. Ends the command for what is no type and no pattern."""
    found = listed(types)
    wrong = [name for name in found or () if not valid(name)]
    if wrong or found == ():
        fail(USAGE, "types: must be types or patterns, with commas or repeated; for example 'conversation.*'")
    return found


def counts(by_type: Mapping[str, int]) -> list[str]:
    """Return a line for each type, and one for all of them. Pure."""
    each = [f"{number:>9,}  {name}" for name, number in by_type.items()]
    return [*each, f"{sum(by_type.values()):>9,}  in all"] if each else ["nothing to deliver once more"]
