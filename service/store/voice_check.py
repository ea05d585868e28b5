"""The last result of `rules check --online`, so that whoever answers calls can warn without asking Twilio."""

import msgspec
from redis.asyncio import Redis

from service.rules.voice_check import VoiceCheck
from service.store.keys import Keys

_decode = msgspec.json.Decoder(VoiceCheck).decode


async def keep(redis: Redis, keys: Keys, check: VoiceCheck) -> None:
    """Keep a result in place of the one before. Raises redis.exceptions.RedisError."""
    await redis.set(keys.voice_check, msgspec.json.encode(check))


async def last(redis: Redis, keys: Keys) -> VoiceCheck | None:
    """Return the last result, None where there is none that this version can read.

    Raises redis.exceptions.RedisError.
    """
    found = await redis.get(keys.voice_check)
    try:
        return None if found is None else _decode(found)
    except msgspec.MsgspecError:
        return None
