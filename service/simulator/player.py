"""Playing scenarios for ever: a new conversation every few seconds."""

import asyncio
import secrets

from service.simulator.clock import now
from service.simulator.scenario import Script, support_conversation
from service.simulator.sender import Sender
from service.simulator.world import World


async def play_for_ever(world: World, sender: Sender, every: float) -> None:
    """Begin a conversation every `every` seconds, until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        while True:
            tasks.create_task(play(support_conversation(secrets.token_hex(16)), world, sender))
            await asyncio.sleep(every)


async def play(script: Script, world: World, sender: Sender) -> None:
    """Play one conversation; each step waits until the one before was taken, or given up."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for step in script.steps:
        await asyncio.sleep(max(0.0, began + step.after - loop.time()))
        await sender.send(world.play(script.conversation_id, step, now()))
