"""PURE. An endpoint, or what is to become of one, as a user describes it: members in, values and mistakes out."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from service.endpoints.endpoint import Scheme
from service.endpoints.rotation import USUAL_OVERLAP

_MEMBERS: Mapping[str, tuple[Any, str]] = {
    "url": (str, 'must be a text; for example "https://example.com/hooks"'),
    "types": (tuple[str, ...], 'must be a list of texts; for example ["conversation.*"]'),
    "description": (str, 'must be a text; for example "our CRM"'),
    "secret": (str | None, "must be a text: whsec_ and the base64 of 24 to 64 bytes; leave it out to have one made"),
    "name": (str, 'must be a text; for example "crm"'),
    "scheme": (Scheme, 'must be "v1" (a shared secret) or "v1a" (ed25519, a public key)'),
    "headers": (dict[str, str | None], 'must be texts by name; for example {"X-Api-Key": "…"}'),
    "ordered": (bool, "must be true or false"),
    "rate_limit": (float | None, "must be a number of deliveries a second; null, or nothing, for no limit"),
    "expire_old_in": (int, f"must be a number of seconds, 0 for at once; for example {USUAL_OVERLAP}"),
    "force": (bool, "must be true or false"),
}
NEW = ("url", "types", "description", "secret", "name", "scheme", "headers", "ordered", "rate_limit")
"""Members that a new endpoint may be given."""
AMENDABLE = ("url", "types", "description", "name", "headers", "ordered", "rate_limit")
"""Members that can be changed afterwards."""
ROTATION = ("secret", "scheme", "expire_old_in")
"""Members of a rotation."""


def read(fields: Mapping[str, object], names: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Return those of the members `names` that can be read, and a sentence for each that is wrong in form."""
    values: dict[str, Any] = {}
    mistakes: list[str] = []
    for name in names:
        kind, sentence = _MEMBERS[name]
        if name in fields:
            try:
                values[name] = msgspec.convert(fields[name], kind)
            except (msgspec.ValidationError, UnicodeError):
                mistakes.append(f"{name}: {sentence}")
    return values, mistakes


def new(fields: Mapping[str, object], names: Sequence[str] = NEW) -> tuple[dict[str, Any], list[str]]:
    """Return the members of a new endpoint that can be read, and a sentence for each that cannot, or is missing."""
    values, mistakes = read(fields, names)
    if any(value is None for value in values.get("headers", {}).values()):
        mistakes.append(f"headers: {_MEMBERS['headers'][1]}")
        del values["headers"]
    if "url" not in fields:
        mistakes.append(f"url: is missing; it {_MEMBERS['url'][1]}")
    return values, mistakes
