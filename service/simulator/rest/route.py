"""PURE. What a route of the API is."""

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from service.simulator.call import Call, Reply
from service.simulator.world.world import World

Api = Literal["conversations", "memory", "intelligence", "api"]
Answer = Callable[[World, Call], Reply]


class Route(msgspec.Struct, frozen=True):
    """A path beneath the server's root, with names in braces, and who answers which method."""

    api: Api
    path: str
    answers: Mapping[str, Answer]
