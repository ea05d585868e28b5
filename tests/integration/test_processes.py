"""The supervisor: programs are restarted when they die, stopped in order, and never outlive their parent."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from service.processes.listening import PortTakenError, listen, listen_patiently, url
from service.processes.parent import SUPERVISED
from service.processes.process import Process, Program, stop_in_order
from tests.eventually import eventually

ROOT = Path(__file__).resolve().parents[2]


def shell(script: str, *arguments: str, name: str = "program") -> Program:
    """Return a shell script as a program."""
    return Program(name, ("sh", "-c", script, "sh", *arguments), os.environ)


async def until_lines(file: Path, number: int) -> list[str]:
    """Return the lines of a file once there are so many."""

    def lines() -> list[str]:
        found = file.read_text().splitlines() if file.exists() else []
        return found if len(found) >= number else []

    return await asyncio.to_thread(eventually, lines)


@pytest.mark.anyio
async def test_a_program_that_ends_is_started_again(tmp_path: Path) -> None:
    """A program that ends by itself, well or badly, is started again after a short pause."""
    process = Process(shell('echo "$$" >>"$1"; exit 3', str(tmp_path / "pids")))
    process.start()

    actual = await until_lines(tmp_path / "pids", 3)
    await process.stop()

    assert len(actual) == len(set(actual))
    assert 2 <= process.deaths


@pytest.mark.anyio
async def test_a_program_that_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    """A missing program is no end of the supervision: it is tried again until it is there."""
    program = tmp_path / "late"
    process = Process(Program("late", (str(program), str(tmp_path / "ran")), os.environ))
    process.start()
    program.write_text('#!/bin/sh\necho "$$" >>"$1"\nexec sleep 60\n')
    program.chmod(0o755)

    actual = await until_lines(tmp_path / "ran", 1)
    await process.stop()

    assert 1 == len(actual)


@pytest.mark.anyio
async def test_programs_are_stopped_group_after_group(tmp_path: Path) -> None:
    """A group is asked to end only when all of the group before it have ended."""
    script = 'trap \'sleep "$3"; echo "$2" >>"$1"; exit 0\' TERM; echo up >>"$1"; while :; do sleep 0.02; done'
    said = tmp_path / "said"
    first, second = (
        Process(shell(script, str(said), name, seconds)) for name, seconds in (("first", "0.3"), ("second", "0"))
    )
    for process in (first, second):
        process.start()
    await until_lines(said, 2)

    await stop_in_order(((first,), (second,)))

    assert ["up", "up", "first", "second"] == said.read_text().splitlines()


@pytest.mark.anyio
async def test_a_stubborn_program_is_killed(tmp_path: Path) -> None:
    """A program that ignores SIGTERM is killed when its patience is over, with all that it has started."""
    script = "trap '' TERM; sleep 60 & echo $! >>\"$1\"; while :; do sleep 0.02; done"
    process = Process(shell(script, str(tmp_path / "pids")), patience=0.2)
    process.start()
    [grandchild] = await until_lines(tmp_path / "pids", 1)

    await process.stop()

    assert process.pid is None
    eventually(lambda: not _lives(int(grandchild)))


@pytest.mark.anyio
async def test_what_a_dead_program_had_started_is_ended(tmp_path: Path) -> None:
    """When a program is killed, its own children are ended before its successor works beside them."""
    process = Process(shell('sleep 60 & echo "$!" >>"$1"; wait', str(tmp_path / "pids")))
    process.start()
    [grandchild] = await until_lines(tmp_path / "pids", 1)
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)

    await until_lines(tmp_path / "pids", 2)
    await process.stop()

    eventually(lambda: not _lives(int(grandchild)))


def _lives(pid: int) -> bool:
    try:
        # A zombie that nobody collects in a container still has a process id.
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False if Path("/proc/self").exists() else _answers(pid)


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("supervised", [pytest.param("1", id="supervised"), pytest.param("", id="on its own")])
def test_a_child_ends_with_its_parent(supervised: str) -> None:
    """A supervised program gets SIGTERM when its standard input ends; one on its own does not care."""
    script = (
        "from service.processes.parent import end_with_parent; end_with_parent()\n"
        "import time; print('up', flush=True); time.sleep(0.5)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, SUPERVISED: supervised, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdin
    assert child.stdout
    child.stdout.readline()
    child.stdin.close()

    actual = child.wait(10)
    child.stdout.close()

    assert (-signal.SIGTERM if supervised else 0) == actual


@pytest.mark.anyio
async def test_a_socket_waits_for_its_predecessor() -> None:
    """A port that is in use is taken once it is free; without patience it is refused with a sentence."""
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} on 127.0.0.1"):
            listen("127.0.0.1", port)
        waiting = asyncio.create_task(listen_patiently("127.0.0.1", port, 5))
        await asyncio.sleep(0)

    with await waiting as second:
        assert f"http://127.0.0.1:{port}" == url(second)


@pytest.mark.parametrize("host", ["no.such.name.invalid", "192.0.2.1"])
@pytest.mark.anyio
async def test_an_address_of_another_machine_is_refused(host: str) -> None:
    """A name or an address that is not this machine's is refused with a sentence at once."""
    with pytest.raises(PortTakenError, match="cannot be listened on"):
        await listen_patiently(host, 0, 60)


@pytest.mark.anyio
async def test_callers_wait_while_a_server_is_away() -> None:
    """A caller connects although nobody serves the socket yet, and is answered when somebody does."""
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname(), 1) as caller:
        caller.sendall(b"hello")
        served, _ = listening.accept()
        with served:
            actual = served.recv(5)

    assert b"hello" == actual
