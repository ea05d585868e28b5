"""What it takes to change an endpoint."""

from dataclasses import dataclass

from redis.asyncio import Redis

from service.registration import Egress
from service.store.keys import Keys
from service.store.secrets import Sealer


@dataclass(frozen=True, slots=True)
class Registry:
    """The endpoints of one installation: where they stand, what opens their secrets, where they may lead."""

    redis: Redis
    keys: Keys
    sealer: Sealer
    egress: Egress
