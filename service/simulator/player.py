"""Playing scenarios: stories begin at a rate, and each step happens when it is due; so do the world's timers."""

import asyncio
import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.simulator import clock
from service.simulator.scenario import Script
from service.simulator.scenarios.catalogue import SCENARIOS, script
from service.simulator.world.world import World

_LONGEST_SLEEP = 60.0


@dataclass(frozen=True, slots=True)
class Programme:
    """Which scenarios take turns; how many stories begin a second (real time), and how many at all (None: no end)."""

    names: Sequence[str] = tuple(SCENARIOS)
    rate: float = 1.0
    stories: int | None = None


class Player:
    """Acts the programme out in the world; `told` is called when the world may have something to tell."""

    def __init__(self, world: World, programme: Programme, told: Callable[[], None]) -> None:
        self._world, self._programme, self._told = world, programme, told
        self._steps: list[tuple[int, int, Script, int]] = []
        self._woken = asyncio.Event()
        self._numbered = 0
        self._began = 0
        self.begun = 0

    @property
    def played(self) -> bool:
        """Whether all stories have been told, up to the silence that follows them."""
        done = self._programme.stories is not None and self.begun >= self._programme.stories
        return done and not self._steps and not self._world.conversations.timers.waiting("INACTIVE")

    @property
    def steps_left(self) -> int:
        """How many steps of begun stories are still to come."""
        return sum(len(story.steps) - number for _, _, story, number in self._steps)

    def wake(self) -> None:
        """Look again what is due: a timer may have been set from outside."""
        self._woken.set()

    def begin(self, names: Sequence[str], stories: int, at: int) -> None:
        """Begin stories beside the programme, at once."""
        for _ in range(stories):
            self._begin(names, at)
        self.wake()

    async def run(self) -> None:
        """Play until cancelled."""
        self._began = clock.now()
        while True:
            self._woken.clear()
            self._play(clock.now())
            self._told()
            try:
                async with asyncio.timeout(self._until_next()):
                    await self._woken.wait()
            except TimeoutError:
                pass

    def _play(self, now: int) -> None:
        while (due := self._next_story()) is not None and due <= now:
            self.begun += 1
            self._begin(self._programme.names, due)
        while self._steps and self._steps[0][0] <= now:
            due, order, story, number = heapq.heappop(self._steps)
            # A timer that runs out before a step comes before it, however late both are.
            self._world.tick(due)
            self._world.act(story, story.steps[number].action, now, due)
            self._plan(story, number + 1, due - self._world.birth.ms(story.steps[number].after), order)
        self._world.tick(now)

    def _begin(self, names: Sequence[str], at: int) -> None:
        story = script(names, self._world.birth.seed, self._numbered)
        self._plan(story, 0, at, self._numbered)
        self._numbered += 1

    def _plan(self, story: Script, number: int, began: int, order: int) -> None:
        if number < len(story.steps):
            due = began + self._world.birth.ms(story.steps[number].after)
            heapq.heappush(self._steps, (due, order, story, number))

    def _next_story(self) -> int | None:
        if self._programme.stories is not None and self.begun >= self._programme.stories:
            return None
        return self._began + int(self.begun * 1000 / self._programme.rate)

    def _until_next(self) -> float:
        found = (self._next_story(), self._steps[0][0] if self._steps else None)
        due = [each for each in (*found, self._world.conversations.timers.next()) if each is not None]
        return min(_LONGEST_SLEEP, max(0.0, (min(due) - clock.now()) / 1000)) if due else _LONGEST_SLEEP
