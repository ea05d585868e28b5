"""What is started to be measured, and beside it: command lines and environments."""

import os
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import msgspec

import service
from service.bench.bare_client import Posts
from service.bench.callbacks import ACCOUNT
from service.bench.load import Load
from service.processes.process import Program
from service.settings import Settings

_PYTHON = (sys.executable, "-m")
_ROOT = str(Path(service.__file__).parents[1])


def environment(given: Mapping[str, str], token: str, public_url: str) -> dict[str, str]:
    """Return the environment of our programs: `given` without any setting of ours, and the account of the bench."""
    ours = {
        "PUBLIC_URLS": public_url,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKENS": token,
        # Nothing listens there: an invented account has no business with Twilio.
        "TWILIO_CONVERSATIONS_URL": "http://127.0.0.1:9/v2",
        "RECONCILE_EVERY": "0",
        "EGRESS_ALLOW": "127.0.0.0/8",
        "ALLOW_HTTP_ENDPOINTS": "1",
        "LOG_FORMAT": "json",
        # They run in a folder of the stage, where no `.env` speaks, and find the project from there.
        "PYTHONPATH": os.pathsep.join(filter(None, (_ROOT, given.get("PYTHONPATH")))),
    }
    foreign = {name: value for name, value in given.items() if name.lower() not in Settings.model_fields}
    return {**foreign, **ours}


def bare(descriptor: int, env: Mapping[str, str]) -> Program:
    """Return bare Starlette on a listening socket."""
    return Program("bare", (*_PYTHON, "service.bench.bare", str(descriptor)), env, (descriptor,))


def sink(descriptor: int, env: Mapping[str, str]) -> Program:
    """Return the subscribers on a listening socket."""
    return Program("sink", (*_PYTHON, "service.bench.sink", str(descriptor)), env, (descriptor,))


def receiver(descriptor: int, env: Mapping[str, str], redis: Path) -> Program:
    """Return the receiver on a listening socket, with the Redis behind a unix socket."""
    argv = (*_PYTHON, "service", "receiver", "--fd", str(descriptor), "--drain-seconds", "0")
    return Program("receiver", argv, {**env, "REDIS_URL": f"unix://{redis}"}, (descriptor,))


def relay(env: Mapping[str, str], redis: Path, secret_key: str) -> Program:
    """Return a relay for the Redis behind a unix socket, whose endpoints were sealed with this key."""
    return Program(
        "relay", (*_PYTHON, "service", "relay"), {**env, "REDIS_URL": f"unix://{redis}", "SECRET_KEY": secret_key}
    )


def worker(env: Mapping[str, str], redis: Path, processes: int) -> Program:
    """Return a worker for the Redis behind a unix socket, with so many processes that do jobs."""
    argv = (*_PYTHON, "workers", "worker", "--processes", str(processes))
    return Program("worker", argv, {**env, "REDIS_URL": f"unix://{redis}"})


def twilio(descriptor: int, env: Mapping[str, str], conversations: int) -> Program:
    """Return a Twilio with so many quiet conversations, on a listening socket."""
    argv = (*_PYTHON, "service.bench.twilio", str(descriptor), str(conversations))
    return Program("twilio", argv, env, (descriptor,))


def bare_client(what: Posts, env: Mapping[str, str]) -> Program:
    """Return the bare loop of aiohttp's client."""
    return Program("bare-client", (*_PYTHON, "service.bench.bare_client", msgspec.json.encode(what).decode()), env)


def unruly(descriptor: int, env: Mapping[str, str]) -> Program:
    """Return the subscribers that misbehave on a listening socket."""
    return Program("unruly", (*_PYTHON, "service.bench.unruly", str(descriptor)), env, (descriptor,))


def up(env: Mapping[str, str], data_dir: Path, admin_token: str) -> Program:
    """Return everything, on free ports."""
    argv = (*_PYTHON, "service", "up", "--port", "0", "--admin-port", "0")
    return Program("up", argv, {**env, "DATA_DIR": str(data_dir), "ADMIN_TOKEN": admin_token})


def load(what: Load, env: Mapping[str, str]) -> Program:
    """Return the load generator."""
    return Program("load", (*_PYTHON, "service.bench.load", msgspec.json.encode(what).decode()), env)


def peer(node: str, role: str, env: Mapping[str, str], descriptors: tuple[int, ...] = ()) -> Program:
    """Return the peer's receiver or worker; `env` holds what its script names."""
    script = str(files("service.bench").joinpath("peers", "express_bullmq.js"))
    return Program(f"peer-{role}", (node, script, role), env, descriptors)
