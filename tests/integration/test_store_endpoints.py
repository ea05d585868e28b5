"""Endpoints as they stand in Redis: their versions, their secrets, and what goes with them."""

import base64

import pytest
from redis.asyncio import Redis

from service.endpoints.endpoint import NewEndpoint
from service.endpoints.secret import decode, encode
from service.events.delivery import Settlement
from service.registration import Egress, register
from service.store import endpoints
from service.store.keys import Keys
from service.store.secrets import Sealer, WrongSecretKeyError, check_fingerprint
from service.store.settlement import settle
from tests.real_redis import RealRedis
from tests.routed_deliveries import RELAY, SECRET, SECRET_KEY, add_endpoint, route, taken

pytestmark = pytest.mark.anyio
OTHER_KEY = "another long random text of the tests"
PUBLIC = "https://8.8.8.8/hook"


async def test_each_change_has_a_version(redis: Redis, keys: Keys) -> None:
    """Adding, replacing and removing raise it; removing what is not there does not."""
    versions = [(await endpoints.listing(redis, keys)).version]
    for name in ("ep_a", "ep_b", "ep_a"):
        await add_endpoint(redis, keys, name)
        versions.append((await endpoints.listing(redis, keys)).version)
    removed = [await endpoints.remove(redis, keys, name) for name in ("ep_b", "ep_b")]
    found = await endpoints.listing(redis, keys)

    assert [0, 1, 2, 3, 4] == [*versions, found.version]
    assert [True, False] == removed
    assert ["ep_a"] == list(found.endpoints)


async def test_endpoints_are_listed_in_the_order_of_their_making(redis: Redis, keys: Keys) -> None:
    """And each can be had by its id."""
    made = [await add_endpoint(redis, keys, name) for name in ("ep_c", "ep_a", "ep_b")]
    found = (await endpoints.listing(redis, keys)).endpoints.values()

    assert sorted(made, key=lambda endpoint: (endpoint.created_at, endpoint.id)) == list(found)
    assert [made[1], None] == [await endpoints.get(redis, keys, name) for name in ("ep_a", "ep_x")]


async def test_a_new_endpoint_has_its_stream_at_once(redis: Redis, keys: Keys) -> None:
    """With its group, so that what is routed from now on can be taken; replacing keeps what waits."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 2, ("ep_a",))
    await add_endpoint(redis, keys, "ep_a", types=("conversation.*",))

    assert 2 == len(await taken(redis, keys, "ep_a", 2))


async def test_what_is_removed_leaves_nothing(redis: Redis, keys: Keys) -> None:
    """Stream, dead deliveries and counters go with the endpoint."""
    await add_endpoint(redis, keys, "ep_a")
    await route(redis, keys, 2, ("ep_a",))
    for claim in await taken(redis, keys, "ep_a", 2):
        await settle(
            redis, keys, RELAY, [Settlement(claim=claim, state="dead", record=b"", life=9, at_ms=1, dead=b"{}")]
        )
    await endpoints.remove(redis, keys, "ep_a")

    assert [] == [name for name in await redis.keys() if b"ep_a" in name]


async def test_a_registered_endpoint(redis: Redis, keys: Keys) -> None:
    """Its secret is shown once, and opened by who has the key."""
    sealer = Sealer(SECRET_KEY)
    new = NewEndpoint(PUBLIC, types=("conversation.*",), description="CRM")
    endpoint, shown = await register(redis, keys, sealer, Egress(), new)
    found = await endpoints.get(redis, keys, endpoint.id)

    assert endpoint == found
    assert (PUBLIC, ("conversation.*",), "CRM") == (endpoint.url, endpoint.types, endpoint.description)
    assert (32, decode(shown)) == (len(decode(shown)), sealer.open(endpoint.sealed_secret))


@pytest.mark.parametrize("given", [None, encode(SECRET)], ids=["made", "imported"])
async def test_secrets_are_nowhere_in_redis(
    redis: Redis, redis_server: RealRedis, keys: Keys, given: str | None
) -> None:
    """Neither their bytes nor their text, nor the key they are sealed with, in anything that Redis was ever sent."""
    sealer = Sealer(SECRET_KEY)
    await check_fingerprint(redis, keys, sealer)
    _, shown = await register(redis, keys, sealer, Egress(), NewEndpoint(PUBLIC, secret=given))
    await route(redis, keys, 1, list((await endpoints.listing(redis, keys)).endpoints))
    # The append-only file holds each command that wrote something, as it was sent.
    written = b"".join(path.read_bytes() for path in redis_server.folder.rglob("*.aof"))
    raw = decode(shown)

    assert PUBLIC.encode() in written
    forms = (raw, base64.b64encode(raw), raw.hex().encode(), SECRET_KEY.encode())
    assert not [form for form in forms if form in written]


async def test_another_key_is_refused(redis: Redis, keys: Keys) -> None:
    """The first process leaves its key's fingerprint; one with another key is told which setting is wrong."""
    for _ in range(2):
        await check_fingerprint(redis, keys, Sealer(SECRET_KEY))

    with pytest.raises(WrongSecretKeyError, match="SECRET_KEY"):
        await check_fingerprint(redis, keys, Sealer(OTHER_KEY))


async def test_a_sealed_secret_opens_with_its_key_alone() -> None:
    """Sealing twice gives two texts; another key and a changed text open nothing."""
    sealer = Sealer(SECRET_KEY)
    sealed = sealer.seal(SECRET)

    assert SECRET == Sealer(SECRET_KEY).open(sealed)
    assert sealed != sealer.seal(SECRET)
    for other, text in ((Sealer(OTHER_KEY), sealed), (sealer, sealed[:-4] + "AAA="), (sealer, "")):
        with pytest.raises(WrongSecretKeyError):
            other.open(text)
