"""The sample subscriber's endpoint: registered once, found again after a restart."""

from redis.asyncio import Redis

from service.endpoints.endpoint import NewEndpoint
from service.endpoints.secret import decode
from service.registration import Egress, register
from service.store import endpoints
from service.store.keys import Keys
from service.store.secrets import Sealer

DESCRIPTION = "sample subscriber of the simulation"


async def ensure(redis: Redis, keys: Keys, sealer: Sealer, egress: Egress, url: str) -> bytes:
    """Return the secret (its bytes) of the sample endpoint at a URL, made where there is none yet.

    One at another URL is removed: the port has changed, and nobody listens at the old one.
    Raises redis.exceptions.RedisError, and WrongSecretKeyError where its secret cannot be opened.
    """
    found = (await endpoints.listing(redis, keys)).endpoints.values()
    samples = [endpoint for endpoint in found if endpoint.description == DESCRIPTION]
    for endpoint in samples:
        if endpoint.url == url:
            return sealer.open(endpoint.sealed_secret)
        await endpoints.remove(redis, keys, endpoint.id)
    _, secret = await register(redis, keys, sealer, egress, NewEndpoint(url=url, description=DESCRIPTION))
    return decode(secret)
