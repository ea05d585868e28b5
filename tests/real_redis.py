"""A Redis server of the tests' own: on a private unix socket, every write on disk before it is answered."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.eventually import eventually


class RealRedis:
    """One server that can be killed and started again on the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"unix://{folder}/redis.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        assert program, "the tests need a redis-server or a valkey-server on PATH"
        settings = {
            "port": "0", "unixsocket": "redis.sock", "dir": str(self.folder), "save": "",
            "appendonly": "yes", "appendfsync": "always", "logfile": "redis.log",
        }  # fmt: skip
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen([program, *options], cwd=self.folder)
        eventually(self._answers)

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def client(self) -> Redis:
        """Return a client whose replies are text."""
        return Redis.from_url(self.url, decode_responses=True)

    def _answers(self) -> bool:
        try:
            with self.client() as redis:
                return bool(redis.ping())
        except (RedisError, OSError):
            return False


@contextmanager
def running_redis() -> Iterator[RealRedis]:
    """Run one in a folder of its own until the block ends."""
    # Not pytest's folder: a unix socket's path may hold about 100 bytes.
    with tempfile.TemporaryDirectory(prefix="ce-", ignore_cleanup_errors=True) as folder:
        server = RealRedis(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()


Away = Callable[[RealRedis], AbstractContextManager[None]]
"""A way in which Redis can be away while a block runs."""


@contextmanager
def killed(server: RealRedis) -> Iterator[None]:
    """Let Redis be gone while the block runs."""
    server.kill()
    try:
        yield
    finally:
        server.start()


@contextmanager
def stopped(server: RealRedis) -> Iterator[None]:
    """Let Redis hang, connected and silent, while the block runs."""
    with server.client() as client:
        pid = client.info("server")["process_id"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
