"""The embedded Redis: a real server is started, killed, found again, and refused to be doubled."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from service.embedded import binary, lock, server
from service.processes.process import Process
from service.store.checks import check
from service.store.client import connect

pytestmark = pytest.mark.anyio


@pytest.fixture
def where() -> Iterator[server.Place]:
    """Return the place of a server, in a folder of its own."""
    # Not pytest's folder: a unix socket's path may hold about 100 bytes.
    with tempfile.TemporaryDirectory(prefix="ce-") as folder:
        place = server.place(Path(folder), Path(folder) / "redis.sock")
        server.prepare(place)
        yield place


@pytest.fixture
async def running(where: server.Place) -> AsyncIterator[Process]:
    """Run a server as `up` does."""
    process = await started(where)
    yield process
    await process.stop()


async def started(where: server.Place) -> Process:
    """Start a server and wait until it answers."""
    held = await server.take_over(where)
    process = Process(server.program(binary.find(where.data).path, where, held, os.environ))
    process.start()
    await server.until_serving(where, lambda: process.deaths > 0)
    os.close(held)
    return process


async def value(where: server.Place, name: str) -> object:
    """Return what the server holds under a name."""
    redis = connect(f"unix://{where.socket}")
    try:
        return await redis.get(name)
    finally:
        await redis.aclose(close_connection_pool=True)


async def put(where: server.Place, name: str) -> None:
    """Store something under a name."""
    redis = connect(f"unix://{where.socket}")
    await redis.set(name, "held")
    await redis.aclose(close_connection_pool=True)


@pytest.mark.usefixtures("running")
async def test_it_is_what_we_ask_of_any_redis(where: server.Place) -> None:
    """The embedded server passes the check of an external one, asked for the strongest durability."""
    redis = connect(f"unix://{where.socket}")

    await check(redis, "always")

    config = await redis.config_get("*")
    await redis.aclose(close_connection_pool=True)
    assert {"port": "0", "save": "", "appendfsync": "always"} == {
        name: config[name] for name in ("port", "save", "appendfsync")
    }


@pytest.mark.usefixtures("running")
async def test_only_this_user_reaches_it(where: server.Place) -> None:
    """The socket can be opened by its owner alone."""
    actual = stat.S_IMODE(where.socket.stat().st_mode)

    assert 0o700 == actual


async def test_killed_it_comes_back_with_its_data(where: server.Place, running: Process) -> None:
    """After kill -9 the server is started again, and what it had confirmed is there."""
    await put(where, "kept")
    assert running.pid
    os.kill(running.pid, signal.SIGKILL)

    await server.until_serving(where, lambda: running.deaths > 1)
    actual = await value(where, "kept")

    assert (b"held", 1) == (actual, running.deaths)


async def test_stopped_it_lets_go_and_keeps_its_data(where: server.Place) -> None:
    """A stopped server has ended by itself, holds no lock any more, and its successor has its data."""
    first = await started(where)
    await put(where, "kept")
    await first.stop()
    free = lock.held_note(where.lock) is None

    second = await started(where)
    actual = await value(where, "kept")
    await second.stop()

    assert (True, b"held", 0) == (free, actual, first.deaths)


async def test_an_orphan_is_ended_before_ours_starts(where: server.Place) -> None:
    """A server that outlived its `up` is shut down cleanly, and ours goes on with its data."""
    orphan = _orphan(where)
    await server.until_serving(where, lambda: orphan.poll() is not None)
    await put(where, "kept")

    ours = await started(where)
    actual = await value(where, "kept")
    await ours.stop()

    assert (b"held", 0) == (actual, orphan.wait())


async def test_an_orphan_that_does_not_end_is_not_doubled(where: server.Place) -> None:
    """While a stuck server still has the data, no second one is started on them."""
    orphan = _orphan(where)
    await server.until_serving(where, lambda: orphan.poll() is not None)
    orphan.send_signal(signal.SIGSTOP)

    with pytest.raises(server.OrphanError, match="end it by hand"):
        await server.take_over(where, patience=0.2)

    orphan.kill()
    orphan.wait()


def _orphan(where: server.Place) -> subprocess.Popen[bytes]:
    held = lock.lock(where.lock)
    program = server.program(binary.find(where.data).path, where, held, os.environ)
    process = subprocess.Popen(program.argv, pass_fds=(held,))
    os.close(held)
    return process


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
async def test_it_ends_cleanly_with_a_parent_that_was_killed(where: server.Place) -> None:
    """On Linux a server whose parent gets SIGKILL shuts down by itself, with its data complete."""
    parent = _parent(where)
    await server.until_serving(where, lambda: parent.poll() is not None)
    await put(where, "kept")
    parent.kill()
    parent.wait()

    os.close(await lock.lock_patiently(where.lock, 5))

    assert "bye bye" in where.log.read_text()


def _parent(where: server.Place) -> subprocess.Popen[bytes]:
    held = lock.lock(where.lock)
    _, _, _, _, *server_command = server.program(binary.find(where.data).path, where, held, os.environ).argv
    script = (
        "import os, subprocess, sys\n"
        "launcher = [sys.executable, '-m', 'service.embedded', str(os.getpid())]\n"
        "subprocess.run([*launcher, *sys.argv[1:]], close_fds=False)"
    )
    process = subprocess.Popen([sys.executable, "-c", script, *server_command], pass_fds=(held,))
    os.close(held)
    return process


async def test_a_server_that_cannot_start_says_why(where: server.Place) -> None:
    """Data that cannot be loaded end the start with the server's own last words."""
    (where.data / "appendonlydir").mkdir()
    (where.data / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")

    with pytest.raises(server.ServerFailedError, match=r"does not start: .*"):
        await started(where)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def _install(folder: Path, name: str, version: str) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho 'Server v={version} sha=0 malloc=libc bits=64 build=0'\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        pytest.param({"redis-server": "7.0.15", "valkey-server": "8.1.0"}, "redis-server", id="redis first"),
        pytest.param({"valkey-server": "8.1.0"}, "valkey-server", id="valkey serves as well"),
        pytest.param(
            {"redis-server": "6.0.16", "valkey-server": "7.2.5"}, "valkey-server", id="an old one is passed by"
        ),
    ],
)
async def test_a_server_program_is_found_on_path(path: Path, installed: dict[str, str], expected: str) -> None:
    """The first program of version 6.2 or newer serves."""
    for name, version in installed.items():
        _install(path, name, version)

    actual = binary.find(path / "redis")

    assert path / expected == actual.path


async def test_an_older_program_is_kept_off_newer_data(path: Path) -> None:
    """A server before 7.0 would not see the data of a newer one, so it is not started on them."""
    _install(path, "redis-server", "6.2.14")
    (path / "redis" / "appendonlydir").mkdir(parents=True)

    with pytest.raises(binary.NoServerError, match="Redis 7 or newer"):
        binary.find(path / "redis")
