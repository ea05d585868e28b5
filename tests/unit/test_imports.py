"""The import table: which room may import what, and why.

The table is data; the tests below read every module's source and hold it to each row. Imports count wherever they
stand (inside a function, behind TYPE_CHECKING), since a hidden dependence is still one. Names are dotted, and a name
stands for everything beneath it: `workers` covers `workers.jobs.close`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PURE = (
    "service.endpoints",
    "service.events",
    "service.bench.bare_delivery",
    "service.bench.figures",
    "service.bench.samples",
    "service.cli.moments",
    "service.processes.backoff",
    "service.rules",
    "service.setting_values",
    "service.simulator.call",
    "service.simulator.faults",
    "service.simulator.ledger",
    "service.simulator.reckoning",
    "service.simulator.rest.configurations",
    "service.simulator.rest.conversations",
    "service.simulator.rest.memory",
    "service.simulator.rest.others",
    "service.simulator.rest.participants",
    "service.simulator.rest.route",
    "service.simulator.result",
    "service.simulator.scenario",
    "service.simulator.scenarios",
    "service.simulator.truth",
    "service.simulator.verification",
    "service.simulator.wanted",
    "service.simulator.world",
    "service.twilio.accounts",
    "service.twilio.callbacks",
    "service.twilio.errors",
    "service.twilio.forms",
    "service.twilio.inbound",
    "service.twilio.examination",
    "service.twilio.near_misses",
    "service.twilio.reconstruction",
    "service.twilio.resources",
    "service.twilio.signature",
    "service.twilio.signed_request",
    "service.twilio.signing_keys",
    "service.twilio.spellings",
    "service.twilio.twiml",
    "workers.delivery.breaker",
    "workers.delivery.outcome",
    "workers.delivery.record",
    "workers.delivery.schedule",
    "workers.delivery.standing",
    "service.attempt.answer",
    "service.attempt.excerpt",
    "service.attempt.signing",
    "service.cli.open_conversations",
    "workers.jobs.closing",
    "workers.jobs.closing_all",
    "workers.jobs.guards",
    "workers.jobs.linking",
    "workers.jobs.observing",
    "workers.jobs.observing_calls",
    "workers.jobs.observing_records",
    "workers.jobs.outcomes",
    "workers.jobs.reconciling",
    "workers.jobs.replaying",
    "workers.jobs.schedule",
    "workers.routing",
)
# The packages around the pure rooms: Python runs their __init__ before it runs the room.
AROUND_PURE = tuple(sorted({f"{room.rsplit('.', depth)[0]}.__init__" for room in PURE for depth in range(1, 3)}))

NETWORK = ("aiohttp", "asyncio", "anyio", "http.client", "httpx", "requests", "socket", "ssl", "urllib.request")
SERVERS = ("prometheus_client", "rich", "starlette", "typer", "uvicorn", "uvloop")
STORES = ("redis", "rq", "sqlite3")
MACHINE = ("dotenv", "os", "pathlib", "pydantic_settings", "shutil", "signal", "subprocess", "tempfile", "threading")
CHANCE = ("random", "secrets", "time", "uuid")
LOGS = ("logging", "structlog")
PROJECT = ("service", "tests", "workers")


@dataclass(frozen=True, slots=True)
class Row:
    """Modules under `rooms` but not under `without` import nothing of `forbidden` that is not under `allowed`."""

    rooms: tuple[str, ...]
    forbidden: tuple[str, ...]
    reason: str
    allowed: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


TABLE = {
    "service is below workers": Row(
        rooms=("service",),
        forbidden=("workers",),
        reason="the receiving side runs, and is understood, without the side that delivers",
    ),
    "pure rooms do no I/O": Row(
        rooms=(*PURE, *AROUND_PURE),
        forbidden=(*NETWORK, *SERVERS, *STORES, *MACHINE, *LOGS),
        allowed=("http.client.responses",),
        reason="they decide; whoever calls them does, so that each rule is tested as a function of its arguments",
    ),
    "pure rooms are handed clock and chance": Row(
        rooms=(*PURE, *AROUND_PURE),
        forbidden=CHANCE,
        reason="a decision that reads a clock or draws a number can't be repeated by a test",
    ),
    "pure rooms use only pure rooms": Row(
        rooms=(*PURE, *AROUND_PURE),
        forbidden=PROJECT,
        allowed=(*PURE, "service.__version__"),
        reason="a pure room that imports an I/O room has that room's dependencies",
    ),
    "rq stays in the jobs": Row(
        rooms=("service", "workers"),
        without=("workers.jobs",),
        forbidden=("rq",),
        reason="one room knows the job library, its serialiser and its oddities",
    ),
    "system tests know only URLs": Row(
        rooms=("tests.system",),
        forbidden=("service", "workers"),
        reason="they hold for any build of the service, so they may not lean on its code",
    ),
}


def _under(name: str, roots: tuple[str, ...]) -> bool:
    return any(name == root or name.startswith(f"{root}.") for root in roots)


def _imported_from(node: ast.ImportFrom, module: str) -> Iterator[str]:
    above = module.split(".")[: -node.level] if node.level else []
    source = [*above, *([node.module] if node.module else [])]
    # The name may be a submodule or a function: written out in full, both fall under the module's own row.
    yield from (".".join([*source, alias.name]) for alias in node.names)


def imports(text: str, module: str) -> set[str]:
    """Return the dotted names of all that the source `text` of `module` imports: modules, and names out of modules."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(_imported_from(node, module))
    return found


def modules(rooms: tuple[str, ...], without: tuple[str, ...] = ()) -> dict[str, Path]:
    """Return the modules under `rooms` but not under `without`, by dotted name (a package's own is its `__init__`)."""
    files = (file for top in PROJECT for file in sorted((ROOT / top).rglob("*.py")))
    named = {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in files}
    return {name: file for name, file in named.items() if _under(name, rooms) and not _under(name, without)}


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in TABLE.items()])
def test_every_module_keeps_to_the_row(row: Row) -> None:
    """No module imports what a row of the table forbids it."""
    breaches = [
        f"{name} imports {imported}, but {row.reason}"
        for name, file in modules(row.rooms, row.without).items()
        for imported in sorted(imports(file.read_text(encoding="utf-8"), name))
        if _under(imported, row.forbidden) and not _under(imported, row.allowed)
    ]

    assert [] == breaches


@pytest.mark.parametrize("room", sorted({room for row in TABLE.values() for room in (*row.rooms, *row.without)}))
def test_every_room_of_the_table_exists(room: str) -> None:
    """A room that was renamed or removed can't leave a row behind that guards nothing."""
    assert modules((room,))


def test_modules_that_call_themselves_pure_are_in_the_table() -> None:
    """A module whose docstring begins with PURE is held to the rows of the pure rooms."""
    sources = {name: file.read_text(encoding="utf-8") for name, file in modules(PROJECT).items()}

    claimed = {name for name, text in sources.items() if (ast.get_docstring(ast.parse(text)) or "").startswith("PURE")}

    assert set() == claimed - modules(PURE).keys()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import redis.asyncio as client", {"redis.asyncio"}),
        ("from urllib import parse, request", {"urllib.parse", "urllib.request"}),
        ("from service.store.keys import Keys", {"service.store.keys.Keys"}),
        ("from . import callbacks", {"service.twilio.callbacks"}),
        ("from .signature import Verified", {"service.twilio.signature.Verified"}),
        ("from ..store import keys", {"service.store.keys"}),
        ("def late():\n    import rq", {"rq"}),
        ("if TYPE_CHECKING:\n    from workers import jobs", {"workers.jobs"}),
    ],
)
def test_imports_are_found_wherever_they_stand(text: str, expected: set[str]) -> None:
    """An import counts under its full name: absolute, relative, renamed, of a submodule, inside a function."""
    assert expected == imports(text, "service.twilio.forms")
