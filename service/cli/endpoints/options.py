"""Options that several of the commands have, and what is meant by what was typed."""

from collections.abc import Sequence
from typing import Annotated

import typer

Identifier = Annotated[str, typer.Argument(metavar="ID", help="The endpoint's id, as `list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Types = Annotated[
    list[str] | None, typer.Option(help="Event types or patterns, with commas or repeated.", metavar="TYPES")
]
Description = Annotated[str | None, typer.Option(help="For people.")]
Name = Annotated[str | None, typer.Option(help="What `apply` knows it by; no two endpoints have the same.")]
SecretText = Annotated[
    str | None,
    typer.Option(
        help="whsec_ and the base64 of 24 to 64 bytes, or for v1a whsk_ and that of 32. Default: one is made."
    ),
]
SchemeName = Annotated[
    str | None, typer.Option(metavar="v1|v1a", help="v1: a shared secret. v1a: ed25519, verified with a public key.")
]
Ordered = Annotated[
    bool | None,
    typer.Option("--ordered/--no-ordered", help="Deliver each conversation's events one by one, in their order."),
]
RateLimit = Annotated[str | None, typer.Option(metavar="NUMBER|none", help="Most deliveries a second; for example 50.")]
Headers = Annotated[
    list[str] | None,
    typer.Option("--header", metavar="'NAME: VALUE'", help="A header for each delivery; repeat it for more."),
]


def given(**options: object) -> dict[str, object]:
    """Return the options that were typed, by their names."""
    return {name: value for name, value in options.items() if value is not None}


def listed(types: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return types that were given with commas, or repeated."""
    return tuple(part.strip() for each in types for part in each.split(",") if part.strip()) if types else None


def rate(text: str | None) -> dict[str, object]:
    """Return the member for a rate that was typed; what is neither a number nor none stays, for others to refuse."""
    if text is None:
        return {}
    try:
        return {"rate_limit": None if text == "none" else float(text)}
    except ValueError:
        return {"rate_limit": text}


def headers(texts: Sequence[str] | None) -> tuple[dict[str, str], list[str]]:
    """Return headers by name, and a sentence for each text that is none, without repeating a value."""
    found: dict[str, str] = {}
    mistakes = []
    for text in texts or ():
        name, colon, value = text.partition(":")
        if colon:
            found[name.strip()] = value.strip()
        else:
            mistakes.append("header: must be a name, a colon and a value; for example 'X-Api-Key: 0123'")
    return found, mistakes
