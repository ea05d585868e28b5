"""Changes of an endpoint's record: of several writers one is first, and the others learn that they were not."""

import asyncio

import msgspec
import pytest
from redis.asyncio import Redis

from service.endpoints.endpoint import Disabled
from service.store import endpoints
from service.store.keys import Keys
from tests.routed_deliveries import add_endpoint, route, taken

pytestmark = pytest.mark.anyio
replace = msgspec.structs.replace


async def test_of_two_writers_one_is_first(redis: Redis, keys: Keys) -> None:
    """What the other meant to change has changed; the version tells of each change once."""
    old = await add_endpoint(redis, keys, "ep_a")
    before = (await endpoints.listing(redis, keys)).version
    changed = [await endpoints.change(redis, keys, old, replace(old, description=word)) for word in ("first", "second")]
    found = await endpoints.listing(redis, keys)

    assert [True, False] == changed
    assert ("first", before + 1) == (found.endpoints["ep_a"].description, found.version)


async def test_no_change_of_many_writers_is_lost(redis: Redis, keys: Keys) -> None:
    """However they come at the same moment: as often as a writer was told yes, it was changed."""
    await add_endpoint(redis, keys, "ep_a", description="0")
    await add_endpoint(redis, keys, "ep_b")
    before = await endpoints.version(redis, keys)

    async def write() -> int:
        done = 0
        for _ in range(20):
            old = await endpoints.get(redis, keys, "ep_a")
            assert old
            done += await endpoints.change(redis, keys, old, replace(old, description=str(int(old.description) + 1)))
        return done

    done = sum(await asyncio.gather(*(write() for _ in range(6))))
    found = await endpoints.get(redis, keys, "ep_a")

    assert found
    assert (str(done), before + done) == (found.description, await endpoints.version(redis, keys))
    assert 0 < done < 120


async def test_a_removed_endpoint_is_not_changed(redis: Redis, keys: Keys) -> None:
    """It does not come back."""
    old = await add_endpoint(redis, keys, "ep_a")
    await endpoints.remove(redis, keys, "ep_a")

    assert not await endpoints.change(redis, keys, old, replace(old, disabled=Disabled("gone", 1)))
    assert await endpoints.get(redis, keys, "ep_a") is None


async def test_what_waits_is_not_touched(redis: Redis, keys: Keys) -> None:
    """A changed endpoint gets what was routed to it before."""
    old = await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 2, ("ep_a",))
    await endpoints.change(redis, keys, old, replace(old, url="http://127.0.0.1:10/", ordered=True))

    assert 2 == len(await taken(redis, keys, "ep_a", 2))


async def test_every_member_is_kept(redis: Redis, keys: Keys) -> None:
    """A record is compared and written as a whole."""
    old = await add_endpoint(redis, keys, "ep_a", rate_limit=2.5, ordered=True, sealed_headers="x")
    new = replace(old, disabled=Disabled("asked", 17), enabled_at=5)
    await endpoints.change(redis, keys, old, new)

    assert new == await endpoints.get(redis, keys, "ep_a")
