"""PURE. A file of endpoints as they are to be: TOML, an `[[endpoint]]` for each, known by its name."""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from service.endpoints import description as form
from service.endpoints.addresses import Network
from service.endpoints.endpoint import NewEndpoint, mistakes
from service.endpoints.secret import InvalidSecretError, decode

MEMBERS = (*form.NEW, "secret_env")
"""Members of an entry; `secret_env` names the environment variable that holds the secret."""
_HEADER = re.compile(r"[ \t]*\[\[[ \t]*endpoint[ \t]*\]\]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Declared(msgspec.Struct, frozen=True):
    """One entry: where it stands, the endpoint that it asks for, and the bytes of the secret that it brings along."""

    place: str
    new: NewEndpoint
    key: bytes | None


class Declaration(msgspec.Struct, frozen=True):
    """The entries that can be understood, and a sentence for each thing that is wrong with the file."""

    entries: tuple[Declared, ...]
    mistakes: tuple[str, ...]


def declaration(
    text: str, environment: Mapping[str, str], *, allow_http: bool, allowed: Sequence[Network]
) -> Declaration:
    """Return what a file declares; a mistake begins with the line of its entry and names it. No secret is repeated."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Declaration((), (f"the file is not TOML: {error}",))
    found = [f"{name}: there is no such table; there is [[endpoint]]" for name in document if name != "endpoint"]
    tables = document.get("endpoint")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return Declaration((), (*found, "there is no [[endpoint]] in the file"))
    entries = []
    for place, table in zip(_places(text, tables), tables, strict=True):
        entry, wrong = _entry(place, table, environment)
        more = mistakes(entry.new, allow_http=allow_http, allowed=allowed)
        # What could not be read has been named already.
        named = {mistake.partition(":")[0] for mistake in wrong}
        wrong += [mistake for mistake in more if mistake.partition(":")[0] not in named]
        found += [f"{place}: {mistake}" for mistake in wrong]
        entries.append(entry)
    return Declaration(tuple(entries), (*found, *_twice(entries)))


def _places(text: str, tables: Sequence[Mapping[str, Any]]) -> list[str]:
    lines: Sequence[int] = [n for n, line in enumerate(text.splitlines(), 1) if _HEADER.match(line)]
    # Where a header also stands inside of a text, or the tables stand in one line, they are counted instead.
    known = len(lines) == len(tables)
    names = [f" ({table['name'][:64]})" if isinstance(table.get("name"), str) else "" for table in tables]
    return [f"line {lines[n]}{name}" if known else f"endpoint {n + 1}{name}" for n, name in enumerate(names)]


def _entry(place: str, table: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Declared, list[str]]:
    known = ", ".join(MEMBERS)
    found = [f"{name[:64]}: there is no such member; there are {known}" for name in table if name not in MEMBERS]
    secret, wrong = _secret(table, environment)
    values, misread = form.new({**table, **secret})
    if not values.get("name") and "name" not in {mistake.partition(":")[0] for mistake in misread}:
        misread.append('name: is missing; an endpoint is known by it; for example name = "crm"')
    new = NewEndpoint(**{"url": "", **values})
    key = None
    try:
        key = decode(new.secret, new.scheme) if new.secret is not None else None
    except InvalidSecretError as error:
        wrong.append(f"secret: {error}")
    return Declared(place, new, key), [*found, *misread, *wrong]


def _secret(table: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the secret that the environment holds, as a member."""
    if "secret_env" not in table:
        return {}, []
    name = table["secret_env"]
    if "secret" in table:
        return {}, ["secret_env: stands beside secret; one of them is enough"]
    if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
        return {}, ['secret_env: must be the name of an environment variable; for example "CRM_SECRET"']
    if not environment.get(name):
        return {}, [f"secret_env: {name[:64]} is not set in the environment"]
    return {"secret": environment[name]}, []


def _twice(entries: Sequence[Declared]) -> list[str]:
    times = Counter(entry.new.name for entry in entries if entry.new.name)
    return [f"{entry.place}: name: is there more than once" for entry in entries if times[entry.new.name] > 1]
