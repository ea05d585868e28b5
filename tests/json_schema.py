"""As much of JSON Schema as our OpenAPI file uses, and no more: an unknown keyword is an error of the file."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_SAID_IN_WORDS = {"description", "default", "format", "minItems", "maxItems", "minimum", "maximum"}
_KNOWN = {"$ref", "type", "const", "enum", "pattern", "maxLength", "required", "properties", "additionalProperties"}


def mistakes(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any], at: str = "") -> list[str]:  # noqa: ANN401 - any JSON
    """Return a sentence for each place where a value differs from a schema of an OpenAPI document."""
    return list(_mistakes(value, schema, document, at))


def resolved(part: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a `$ref` points at, or the part itself."""
    if "$ref" not in part:
        return part
    found: Any = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return resolved(found, document)


def _mistakes(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any], at: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    schema = resolved(schema, document)
    unknown = schema.keys() - _KNOWN - _SAID_IN_WORDS - {"items"}
    if unknown:
        yield f"{at}: the schema has {sorted(unknown)}, which this check does not know"
    if not _is_a(value, schema.get("type", list(_TYPES))):
        yield f"{at}: {value!r} is not {schema['type']}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{at}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is not one of {schema['enum']}"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{at}: {value!r} does not match {schema['pattern']}"
    if isinstance(value, dict):
        yield from _members(value, schema, document, at)
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _mistakes(item, schema["items"], document, f"{at}[{number}]")


def _is_a(value: Any, kinds: str | list[str]) -> bool:  # noqa: ANN401 - any JSON
    names = [kinds] if isinstance(kinds, str) else kinds
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES[name]) for name in names)


def _members(
    value: Mapping[str, Any], schema: Mapping[str, Any], document: Mapping[str, Any], at: str
) -> Iterator[str]:
    known, other = schema.get("properties", {}), schema.get("additionalProperties", True)
    yield from (f"{at}: {name} is missing" for name in schema.get("required", ()) if name not in value)
    for name, member in value.items():
        if name in known:
            yield from _mistakes(member, known[name], document, f"{at}.{name}")
        elif other is False:
            yield f"{at}: {name} is not described"
        elif other is not True:
            yield from _mistakes(member, other, document, f"{at}.{name}")
