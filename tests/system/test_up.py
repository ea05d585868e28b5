"""`up` and its simulation as a person or an init system sees them: by command line, output and URLs alone."""

import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.eventually import eventually
from tests.real_redis import RealRedis
from tests.running_program import SECONDS, Program, finished, running

TOKEN = "the admin token of the tests"
ANY_PORTS = ("--port", "0", "--admin-port", "0", "--simulation-port", "0")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return an empty folder, with a path short enough for a unix socket."""
    with tempfile.TemporaryDirectory(prefix="ce-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def up() -> Iterator[Program]:
    """Run a simulation for all tests that leave it running."""
    with (
        tempfile.TemporaryDirectory(prefix="ce-") as name,
        running("up", *ANY_PORTS, folder=Path(name), ADMIN_TOKEN=TOKEN) as program,
    ):
        program.until_printed("conversation.closed")
        yield program


def ask(url: str) -> httpx.Response:
    """Ask as the bearer of the admin token."""
    return httpx.get(url, headers={"authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=5)


def test_a_newcomer_sees_a_conversation_go_through(folder: Path) -> None:
    """Without an account `up` says so and simulates: events go in and out, are verified, and a conversation closes."""
    with running("up", *ANY_PORTS, folder=folder) as program:
        receiver, admin = program.urls()
        story = program.until_printed("conversation.closed")
        status = program.end()

    assert 0 == status
    assert program.printed[0] == f"ready receiver={receiver} admin={admin}"
    assert any("CONVERSATION_CREATED" in line and "204" in line for line in story)
    assert any("PATCH status CLOSED" in line and "200" in line for line in story)
    assert all("verified" in line for line in story if "subscriber" in line)
    for shown in (
        "No Twilio credentials are set",
        f"{receiver}/twilio/orchestrator",
        admin,
        "Admin token",
        "endpoints list",
    ):
        assert shown in program.said


def test_the_admin_api_knows_what_was_simulated(up: Program) -> None:
    """What the simulation sent is found in the admin API under the token that was set, with its deliveries."""
    _, admin = up.urls()

    found = ask(f"{admin}/api/events?type=conversation.closed").json()["events"]
    event = ask(f"{admin}/api/events/{found[0]['id']}").json()
    [endpoint] = ask(f"{admin}/api/endpoints").json()["endpoints"]

    assert ["delivered"] == [delivery["state"] for delivery in event["deliveries"]]
    assert "/subscriber" in endpoint["url"]
    assert TOKEN not in up.said


def test_commands_beside_it_see_the_same_house(up: Program, folder: Path) -> None:
    """A command that is typed beside a running simulation needs no setting to show its endpoint."""
    found = finished("endpoints", "list", "--json", folder=folder, DATA_DIR=str(up.folder / "data"))

    assert 0 == found.process.returncode
    assert "sample subscriber" in found.printed[0]


def test_a_second_up_on_the_same_data_is_refused(up: Program, folder: Path) -> None:
    """A second `up` on a DATA_DIR ends at once with one sentence and status 1, and the first goes on."""
    second = finished("up", *ANY_PORTS, "--data-dir", str(up.folder / "data"), folder=folder)

    assert 1 == second.process.returncode
    assert f"another `up` (process {up.process.pid}) already runs on" in second.said
    assert [] == second.printed
    assert 200 == httpx.get(f"{up.urls()[0]}/readyz").status_code


def test_what_is_killed_comes_back(up: Program) -> None:
    """After SIGKILL of each of its processes, conversations go through again without a hand's help."""
    receiver, admin = up.urls()
    for name in ("simulate", "receiver", "relay", "worker", "admin", "redis"):
        _kill(up, name)

    again = up.until_printed("conversation.closed", after=len(up.printed))

    assert not any("unproven" in line for line in again)
    eventually(lambda: (200, 200) == tuple(_status(f"{url}/readyz") for url in (receiver, admin)), SECONDS)


def _kill(up: Program, name: str) -> None:
    before = up.pid(name)
    os.kill(before, signal.SIGKILL)
    eventually(lambda: up.pid(name) != before, SECONDS)


def _status(url: str) -> int | None:
    try:
        return httpx.get(url, trust_env=False).status_code
    except httpx.HTTPError:
        return None


def test_callers_wait_while_the_receiver_is_restarted(up: Program) -> None:
    """Callbacks that arrive while the receiver is being restarted are answered late, not refused."""
    receiver, _ = up.urls()
    _kill(up, "receiver")

    actual = httpx.post(f"{receiver}/twilio/orchestrator", json={}, timeout=SECONDS, trust_env=False)

    assert 403 == actual.status_code


def test_a_killed_up_leaves_nothing_behind(folder: Path) -> None:
    """After SIGKILL of `up` itself all of it ends, and the next one goes on with the same data and ports."""
    data = ("--data-dir", str(folder / "data"))
    with running("up", *ANY_PORTS, *data, folder=_new(folder / "1"), ADMIN_TOKEN=TOKEN) as first:
        urls = first.urls()
        first.until_printed("conversation.created")
        first.end(signal.SIGKILL)
    kept = first.logged("event.received")[0]["event_id"]
    receiver, admin = (url.rpartition(":")[2] for url in urls)

    ports = ("--port", receiver, "--admin-port", admin, "--simulation-port", "0")
    with running("up", *ports, *data, folder=_new(folder / "2"), ADMIN_TOKEN=TOKEN) as second:
        actual = second.urls()
        found = ask(f"{actual[1]}/api/events/{kept}").json()["event"]
        status = second.end()

    assert (urls, 0, kept) == (actual, status, found["id"])
    eventually(lambda: not any(_listens(int(port)) for port in (receiver, admin)), SECONDS)


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def test_ctrl_c_ends_it_in_order(folder: Path) -> None:
    """SIGINT ends everything with status 0: the public side first, then relay and worker, Redis last."""
    with running("up", *ANY_PORTS, folder=folder) as program:
        program.until_printed("conversation.created")
        status = program.end(signal.SIGINT)

    stopped = {line["name"]: line["status"] for line in program.logged("process.stopped")}
    assert (0, {0}) == (status, set(stopped.values()))
    assert {"simulate", "receiver", "admin"} == set(list(stopped)[:3])
    assert ["relay", "worker", "redis"] == list(stopped)[3:]


def test_it_can_be_ended_while_it_waits_for_redis(folder: Path) -> None:
    """While Redis is away `up` waits and says so, starts nothing, and ends with status 0 when asked to."""
    with running("up", *ANY_PORTS, folder=folder, REDIS_URL=f"unix://{folder}/none") as program:
        eventually(lambda: program.logged("redis.waiting"), SECONDS)
        status = program.end()

    assert (0, []) == (status, program.printed)
    assert [] == program.logged("process.started")


def test_a_port_in_use_is_told(folder: Path) -> None:
    """A port that somebody else has ends `up` with one sentence and status 1."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        program = finished("up", "--port", port, "--admin-port", "0", "--simulation-port", "0", folder=folder)

    assert 1 == program.process.returncode
    assert f"port {port} on 127.0.0.1" in program.said


def test_mistakes_are_told_together(folder: Path) -> None:
    """Wrong settings end `up` with status 2, all of them named, each with an example."""
    program = finished("up", folder=folder, EVENT_RETENTION="soon", REDIS_URL="http://localhost")

    assert 2 == program.process.returncode
    assert "EVENT_RETENTION=7d" in program.said
    assert "REDIS_URL=redis://" in program.said


def test_half_an_account_is_no_wish_for_a_simulation(folder: Path) -> None:
    """With some of an account's settings the missing ones are named, and nothing is started."""
    program = finished("up", folder=folder, TWILIO_AUTH_TOKENS="token")

    assert 2 == program.process.returncode
    assert "PUBLIC_URLS" in program.said
    assert "TWILIO_ACCOUNT_SID" in program.said
    assert [] == program.printed


def test_an_external_redis_is_used_as_it_is(folder: Path, own_redis: RealRedis) -> None:
    """With REDIS_URL `up` starts no Redis of its own, and keeps a simulation apart from what is real."""
    with running("up", "--simulate", *ANY_PORTS, folder=folder, REDIS_URL=own_redis.url) as program:
        program.until_printed("conversation.created")
        status = program.end()

    with own_redis.client() as redis:
        ours = set(redis.scan_iter("ce:*"))
    assert (0, False) == (status, (folder / "data" / "redis").exists())
    assert all(key.startswith("ce:simulation:") for key in ours)


def test_another_secret_key_is_refused(folder: Path) -> None:
    """An `up` with another SECRET_KEY than its data were sealed with ends with one sentence and status 1."""
    data = ("--data-dir", str(folder / "data"))
    with running("up", *ANY_PORTS, *data, folder=_new(folder / "1")) as program:
        program.urls()

    other = finished("up", *ANY_PORTS, *data, folder=_new(folder / "2"), SECRET_KEY="another")

    assert 1 == other.process.returncode
    assert "SECRET_KEY is not the one" in other.said
