"""A whole `up` on data of its own, with a second relay beside it: what can be killed, and what can be asked.

Nothing but command lines, process ids, the environment, URLs and log lines. Whatever was started is gone in the end.
"""

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from redis import Redis
from redis.exceptions import RedisError

from tests import process_tree
from tests.eventually import eventually
from tests.running_program import Program, running
from tests.twilio_callbacks import ACCOUNT, PUBLIC_URL, TOKEN

ADMIN_TOKEN = "the admin token of the crash tests"
RULES = '[[close]]\nwhen = "conversation.inactivated"\n'
COMMANDS = {
    "receiver": "service receiver",
    "relay": "workers relay",
    "worker": "workers worker",
    "redis": "redis-server",
}
"""What stands in the command line of a program that `up` starts. (A Valkey's holds `valkey-server`.)"""


class House:
    """One `up`, restarted on the same data and ports where a test says so; its folder holds a folder for each start."""

    def __init__(self, folder: Path, twilio_url: str, stack: ExitStack) -> None:
        """`stack` ends what is started here."""
        self._folder, self._stack, self._starts = folder, stack, 0
        self._data = folder / "data"
        self._killed: list[int] = []
        rules = folder / "rules.toml"
        rules.write_text(RULES, encoding="ascii")
        self._environment = {
            "DATA_DIR": str(self._data),
            "PUBLIC_URLS": PUBLIC_URL,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKENS": TOKEN,
            "TWILIO_CONVERSATIONS_URL": twilio_url,
            "RECONCILE_EVERY": "0",
            "RULES_FILE": str(rules),
            "ADMIN_TOKEN": ADMIN_TOKEN,
            "EGRESS_ALLOW": "127.0.0.0/8",
            "ALLOW_HTTP_ENDPOINTS": "1",
        }
        self.up = self._start_up("0", "0")
        self.receiver, self.admin = self.up.urls()

    def _start(self, *arguments: str) -> Program:
        self._starts += 1
        folder = self._folder / f"{self._starts}-{arguments[0]}"
        folder.mkdir()
        program = self._stack.enter_context(running(*arguments, folder=folder, **self._environment))
        self._stack.callback(_end_all, program)
        return program

    def _start_up(self, port: str, admin_port: str) -> Program:
        return self._start("up", "--port", port, "--admin-port", admin_port)

    def restart(self) -> None:
        """Start `up` again after `kill_everything`, on the same data and ports, and wait until it is ready."""
        self.up.process.wait(10)
        eventually(lambda: not process_tree.running(self._killed), 10)
        ports = [url.rpartition(":")[2] for url in (self.receiver, self.admin)]
        self.up = self._start_up(*ports)
        self.up.urls()

    def start_relay(self) -> Program:
        """Start one more relay, and wait until it works."""
        relay = self._start("relay")
        eventually(lambda: '"relay.started"' in relay.said, 30)
        return relay

    def pid(self, name: str) -> int:
        """Return the process id of a program that `up` has started, waiting while there is none."""
        words = (COMMANDS[name], COMMANDS[name].replace("redis-server", "valkey-server"))

        def found() -> list[int]:
            below = process_tree.descendants(self.up.process.pid)
            return [each.pid for each in below if any(word in each.command for word in words)]

        return eventually(found, 30)[0]

    def worker_children(self) -> list[int]:
        """Return the process ids of the processes that run the jobs."""
        below = process_tree.descendants(self.pid("worker"))
        return [each.pid for each in below if "spawn_main" in each.command]

    def kill_everything(self) -> None:
        """SIGKILL `up` and all that it has started."""
        redis = self.pid("redis")
        below = [each.pid for each in process_tree.descendants(self.up.process.pid)]
        # Redis first: it would take its parent's death for a wish to end in good order.
        self._killed = [redis, self.up.process.pid, *below]
        process_tree.kill(self._killed)

    def until_redis_answers(self) -> None:
        """Wait for the embedded Redis."""
        eventually(self._redis_answers, 30)

    def _redis_answers(self) -> bool:
        try:
            with Redis.from_url(f"unix://{self._data.resolve()}/redis.sock") as redis:
                return bool(redis.ping())
        except (RedisError, OSError):
            return False

    def subscribe(self, url: str) -> str:
        """Make an endpoint for all events, and return its id."""
        answer = httpx.post(f"{self.admin}/api/endpoints", json={"url": url}, **_as_admin())
        assert 201 == answer.status_code, answer.text
        made: str = answer.json()["id"]
        return made

    def stats(self) -> dict[str, Any]:
        """Return what the service says of itself; {} where it says nothing now."""
        try:
            answer = httpx.get(f"{self.admin}/api/stats", **_as_admin())
            found: dict[str, Any] = answer.json() if answer.is_success else {}
        except httpx.HTTPError:
            return {}
        return found


def routes(relay: Program, other: Program) -> bool:
    """Return whether `relay` was the last of the two (or what they started) that began to route."""
    return _last_began(relay) > _last_began(other)


def _last_began(program: Program) -> str:
    began = [line for line in program.said.splitlines() if '"routing.began"' in line]
    return str(json.loads(began[-1])["timestamp"]) if began else ""


def _as_admin() -> dict[str, Any]:
    return {"headers": {"authorization": f"Bearer {ADMIN_TOKEN}"}, "trust_env": False, "timeout": 5}


def _end_all(program: Program) -> None:
    """End a program in order; what is left of it then, or cannot hear, is killed."""
    pids = [program.process.pid, *(each.pid for each in process_tree.descendants(program.process.pid))]
    process_tree.kill(pids, signal.SIGCONT)
    if program.process.poll() is None:
        program.process.terminate()
        try:
            program.process.wait(30)
        finally:
            process_tree.kill(process_tree.running(pids))


@contextmanager
def running_house(folder: Path, twilio_url: str) -> Iterator[House]:
    """Run one until the block ends."""
    with ExitStack() as stack:
        yield House(folder, twilio_url, stack)
