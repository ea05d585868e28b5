"""Name look-ups against a real name server: judged by every answer, in time, and in nobody's way."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from service.attempt.resolver import (
    MOST_ANSWERS,
    MOST_AT_ONCE,
    MOST_TRIED,
    LookUpError,
    LookUpTimeoutError,
    RefusedAddressError,
    Resolver,
)
from service.endpoints.addresses import Network, networks
from tests.eventually import eventually
from tests.name_server import NameServer, name_server

pytestmark = pytest.mark.anyio
NAME = "hooks.example.com"
NOT_LONG = 0.3


@asynccontextmanager
async def resolver(
    names: NameServer, allowed: tuple[Network, ...] = (), within: float = NOT_LONG
) -> AsyncIterator[Resolver]:
    """Make one that asks this name server."""
    made = Resolver(allowed, within=within, name_servers=[names.address])
    try:
        yield made
    finally:
        await made.close()


@pytest.mark.parametrize(
    "addresses",
    [["8.8.8.8"], ["2606:4700::1111"], ["8.8.8.8", "9.9.9.9", "2606:4700::1111"], ["::ffff:8.8.8.8"]],
)
async def test_public_addresses_are_found(addresses: list[str]) -> None:
    """Of both families, in any number, in the order in which to try them."""
    async with name_server({NAME: addresses}) as names, resolver(names) as found:
        assert sorted(addresses) == sorted(await found.addresses(NAME))


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["8.8.8.8", "::1"], ["::ffff:10.0.0.1"], ["64:ff9b::a9fe:a9fe"],
        ["fe80::1"], ["8.8.8.8", "9.9.9.9", "1.1.1.1", "169.254.169.254"],
    ],
)  # fmt: skip
async def test_one_refused_address_is_enough(addresses: list[str]) -> None:
    """However many public ones stand beside it."""
    async with name_server({NAME: addresses}) as names, resolver(names) as found:
        with pytest.raises(RefusedAddressError):
            await found.addresses(NAME)


async def test_an_allowed_network_is_found() -> None:
    """EGRESS_ALLOW opens what is in it, also behind a name."""
    async with name_server({NAME: ["10.1.2.3"]}) as names, resolver(names, networks(["10.1.0.0/16"])) as found:
        assert ["10.1.2.3"] == await found.addresses(NAME)


async def test_a_name_with_many_addresses_is_not_tried_for_ever() -> None:
    """All are judged, the first few are returned; more than any honest name has are refused."""
    many = [f"8.8.{i}.1" for i in range(MOST_ANSWERS)]
    async with name_server({NAME: many, "too.example.com": [*many, "8.9.0.1"]}) as names, resolver(names) as found:
        assert MOST_TRIED == len(await found.addresses(NAME))
        with pytest.raises(RefusedAddressError):
            await found.addresses("too.example.com")


@pytest.mark.parametrize("name", ["nowhere.example.com", "a..b", "x" * 64 + ".com", "bücher.example"])
async def test_a_name_that_leads_nowhere(name: str) -> None:
    """One that nobody has, or that is none, is told from one that nobody answers for."""
    async with name_server() as names, resolver(names) as found:
        with pytest.raises(LookUpError) as caught:
            await found.addresses(name)

    assert LookUpError is caught.type


async def test_forty_silent_names_keep_nobody_waiting() -> None:
    """Each gives up at its deadline; a name that is answered is found meanwhile, and at once."""
    dead = [f"dead{i}.example.com" for i in range(40)]
    async with name_server({NAME: ["8.8.8.8"]}) as names, resolver(names, within=1.0) as found:
        names.silent.update(dead)
        began = time.monotonic()
        waiting = [asyncio.create_task(found.addresses(name)) for name in dead]
        await asyncio.to_thread(eventually, lambda: len(names.questions) == len(dead))
        assert ["8.8.8.8"] == await found.addresses(NAME)
        quick = time.monotonic() - began
        ends = await asyncio.gather(*waiting, return_exceptions=True)
        took = time.monotonic() - began

    assert {LookUpTimeoutError} == {type(end) for end in ends}
    assert quick < 0.5
    assert 1.0 <= took < 1.5


async def test_a_name_is_asked_for_by_few_at_once() -> None:
    """The others take their turn, and all are answered."""
    async with name_server({NAME: ["8.8.8.8"]}) as names, resolver(names, within=5.0) as found:
        names.delay = 0.02
        answers = await asyncio.gather(*(found.addresses(NAME) for _ in range(6)))

    assert [["8.8.8.8"]] * 6 == answers
    assert MOST_AT_ONCE == names.at_once[NAME]


async def test_a_silent_name_is_not_asked_for_again_and_again() -> None:
    """A look-up that nobody waits for any more still counts, until its name server has spoken or c-ares gives up."""
    async with name_server() as names, resolver(names, within=0.02) as found:
        names.silent.add(NAME)
        for _ in range(6):
            with pytest.raises(LookUpTimeoutError):
                await found.addresses(NAME)

    assert MOST_AT_ONCE == len(names.questions[NAME])


def hosts_entry() -> tuple[str, str]:
    """Return an address of this machine's hosts file, and its name."""
    lines = [line.partition("#")[0].split() for line in Path("/etc/hosts").read_text().splitlines()]
    entry = next(line for line in lines if len(line) > 1 and ":" not in line[0])
    return entry[0], entry[1]


async def test_the_hosts_file_counts() -> None:
    """What it says of a name is found, whatever a name server would answer."""
    address, name = hosts_entry()
    async with name_server({name: ["8.8.8.8"]}) as names, resolver(names, networks([address, "::1"])) as found:
        assert address in await found.addresses(name)


async def test_search_domains_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that nobody has is looked for in the domains that the system searches."""
    monkeypatch.setenv("LOCALDOMAIN", "corp.example")
    async with name_server({f"{NAME}.corp.example": ["9.9.9.9"]}) as names, resolver(names) as found:
        assert ["9.9.9.9"] == await found.addresses(NAME)
