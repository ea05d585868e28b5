"""The hand-written peer's libraries: exact versions, installed once into a folder of the user's cache."""

import hashlib
import re
import shutil
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from msgspec import Struct

from service.bench.process import FailedError
from service.bench.stage import Stage
from service.processes.process import Program

OLDEST_NODE = 20
"""What the newest of the libraries asks for."""
INSTALL_PATIENCE = 300.0
"""Seconds."""
# package.json holds back one optional library, msgpackr-extract: of later versions some mirrors lack the builds of
# other platforms, and a lock that names half of them fits no machine. The lock names no registry: npm's own does.
_LOCKED = ("package.json", "package-lock.json")


_NPM_CODE = re.compile(r"npm error code (\w+)")


class Peer(Struct, frozen=True):
    """How to run the peer: Node's path, and the folder of the libraries."""

    node: str
    libraries: Path


class Unavailable(Struct, frozen=True):
    """Why there is no peer on this machine."""

    reason: str


def install(stage: Stage, env: Mapping[str, str]) -> Peer | Unavailable:
    """Return the peer, after installing it where that has not been done, or why it cannot be run."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return Unavailable("node and npm are not on PATH")
    try:
        version = stage.finish(Program("node", (node, "--version"), env), INSTALL_PATIENCE).strip()
        if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
            return Unavailable(f"node {version} is older than {OLDEST_NODE}")
        return Peer(node, _libraries(stage, npm, env))
    except (FailedError, OSError, ValueError) as error:
        return Unavailable(f"it cannot be installed, {_short(error)}")


def _libraries(stage: Stage, npm: str, env: Mapping[str, str]) -> Path:
    locked = {name: files("service.bench").joinpath("peers", name).read_bytes() for name in _LOCKED}
    version = hashlib.sha256(b"".join(locked.values())).hexdigest()[:12]
    folder = _cache(env) / "conversation-events" / f"bench-peer-{version}"
    installed = folder / "installed"
    if not installed.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in locked.items():
            folder.joinpath(name).write_bytes(content)
        # Nothing that a library brings is run before it is asked for.
        argv = (npm, "ci", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund")
        stage.finish(Program("npm", argv, env), INSTALL_PATIENCE)
        installed.touch()
    return folder / "node_modules"


def _cache(env: Mapping[str, str]) -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _short(error: Exception) -> str:
    code = _NPM_CODE.search(str(error))
    return f"npm ci failed with {code[1]}" if code else str(error).partition("\n")[0]
