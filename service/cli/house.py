"""Everything on this machine under one parent: started in order, watched, stopped in order, Redis last."""

import asyncio
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from socket import socket

from service.cli import programs
from service.embedded import binary, server
from service.processes.health import until_ready
from service.processes.listening import url
from service.processes.process import Process, stop_in_order
from service.settings import Settings
from service.store.checks import check
from service.store.client import connect
from service.store.keys import Keys
from service.store.secrets import Sealer, check_fingerprint
from service.tasks import cancelled

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Sockets:
    """The listening sockets, inherited by the programs that serve them; they stay open while a program is restarted.

    `simulate` are the simulation's options, for which it is started beside the others.
    """

    receiver: socket
    admin: socket
    simulation: socket | None
    simulate: tuple[str, ...] = ()

    def close(self) -> None:
        """Let go of the ports; the programs hold theirs until they have ended."""
        for each in (self.receiver, self.admin, self.simulation):
            if each is not None:
                each.close()


class House:
    """The programs; `settings` and `env` say the same, once to us and once to them."""

    def __init__(self, settings: Settings, env: Mapping[str, str], sockets: Sockets) -> None:
        """Nothing runs before `run`."""
        self._settings, self._env, self._sockets = settings, env, sockets
        self._redis: list[Process] = []
        self._worker = [Process(programs.delivering("worker", env))]
        self._relay = [Process(programs.delivering("relay", env))]
        self._front = [
            Process(programs.receiver(env, sockets.receiver)),
            Process(programs.admin(env, sockets.admin)),
        ]

    async def run(self, ready: Callable[[], None]) -> None:
        """Start everything, call `ready` once it takes traffic, and stop it on SIGTERM, SIGINT or SIGHUP.

        Raises what says that it cannot start: NoServerError, OrphanError, FolderError, ServerFailedError,
        UnfitRedisError, WrongSecretKeyError.
        """
        stop = asyncio.Event()
        for number in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._asked_to_stop, stop)
        opening = asyncio.create_task(self._open(ready))
        waiting = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({opening, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if opening.done():
                opening.result()
                await waiting
        finally:
            await cancelled((opening, waiting))
            self._sockets.close()
            await stop_in_order((self._front, self._relay, self._worker, self._redis))

    def _asked_to_stop(self, stop: asyncio.Event) -> None:
        if stop.is_set():
            # Somebody is in a hurry. Redis is left to end by itself: it is quick, and it has the data.
            for process in (*self._front, *self._relay, *self._worker):
                process.kill()
        stop.set()

    async def _open(self, ready: Callable[[], None]) -> None:
        if self._settings.redis_url is None:
            await self._open_redis()
        await self._check_redis()
        _start(*self._worker, *self._relay, *self._front)
        sockets = self._sockets
        await until_ready((f"{url(sockets.receiver)}/readyz", f"{url(sockets.admin)}/livez"))
        ready()
        if sockets.simulation is not None:
            self._front.append(Process(programs.simulation(self._env, sockets.simulation, sockets.simulate)))
            _start(self._front[-1])

    async def _open_redis(self) -> None:
        where = server.place(self._settings.data_dir, self._settings.socket_path())
        server.prepare(where)
        found = binary.find(where.data)
        lock = await server.take_over(where)
        redis = Process(server.program(found.path, where, lock, self._env))
        self._redis.append(redis)
        redis.start()
        await server.until_serving(where, lambda: redis.deaths > 0)

    async def _check_redis(self) -> None:
        redis = connect(self._settings.redis_address())
        try:
            await check(redis, self._settings.redis_durability)
            key = self._settings.secret_key
            sealer = Sealer(key.get_secret_value() if key else "")
            await check_fingerprint(redis, Keys(self._settings.key_prefix), sealer)
        finally:
            await redis.aclose(close_connection_pool=True)


def _start(*processes: Process) -> None:
    for process in processes:
        process.start()
