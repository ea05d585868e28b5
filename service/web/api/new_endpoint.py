"""A new endpoint as a user describes it in JSON. Pure: members in, endpoint and mistakes out."""

from collections.abc import Mapping
from typing import Any

import msgspec

from service.endpoints.endpoint import NewEndpoint
from service.web.api.reading import unknown

_MEMBERS: Mapping[str, tuple[Any, str]] = {
    "url": (str, 'must be a text; for example "https://example.com/hooks"'),
    "types": (tuple[str, ...], 'must be a list of texts; for example ["conversation.*"]'),
    "description": (str, 'must be a text; for example "our CRM"'),
    "secret": (str | None, "must be a text: whsec_ and the base64 of 24 to 64 bytes; leave it out to have one made"),
}
NOT_YET = ("ordered", "rate_limit", "headers")
"""Members that are coming, so that nobody takes them for granted."""


class Described(msgspec.Struct, frozen=True):
    """What was described, as far as it can be read (None without a URL), and what cannot."""

    new: NewEndpoint | None
    mistakes: tuple[str, ...]


def described(fields: Mapping[str, object]) -> Described:
    """Return the endpoint that these members describe, with a sentence for each that is wrong in form."""
    mistakes = [f"{name}: is not yet supported; leave it out" for name in fields if name in NOT_YET]
    mistakes += unknown({name: None for name in fields if name not in NOT_YET}, tuple(_MEMBERS))
    read: dict[str, Any] = {}
    for name, (kind, sentence) in _MEMBERS.items():
        if name in fields:
            try:
                read[name] = msgspec.convert(fields[name], kind)
            except msgspec.ValidationError:
                mistakes.append(f"{name}: {sentence}")
    if "url" not in fields:
        mistakes.append(f"url: is missing; it {_MEMBERS['url'][1]}")
    return Described(NewEndpoint(**read) if "url" in read else None, tuple(mistakes))
