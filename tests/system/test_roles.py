"""The processes one by one, as they run on many machines against one Redis: by command line, log and URLs alone."""

import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.eventually import eventually
from tests.real_redis import RealRedis
from tests.running_program import SECONDS, finished, listening, running, status_of

ACCOUNT = {
    "PUBLIC_URLS": "https://hooks.example.com",
    "TWILIO_ACCOUNT_SID": "AC0123456789abcdef0123456789abcdef",
    "TWILIO_AUTH_TOKENS": "0123456789abcdef0123456789abcdef",
    # An invented account has no business with Twilio.
    "RECONCILE_EVERY": "0",
}
SECRETS = {"SECRET_KEY": "the secret key of the tests", "ADMIN_TOKEN": "the admin token of the tests"}


@pytest.fixture
def external(redis_url: str) -> dict[str, str]:
    """Return the environment of a process that has everything it needs."""
    return {**ACCOUNT, **SECRETS, "REDIS_URL": redis_url}


def test_a_receiver_drains_before_it_ends(tmp_path: Path, external: dict[str, str]) -> None:
    """After SIGTERM a receiver is not ready any more but still answers, and then ends with status 0."""
    with running("receiver", "--port", "0", "--drain-seconds", "1", folder=tmp_path, **external) as program:
        url = listening(program)
        ready = status_of(f"{url}/readyz")
        program.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        eventually(lambda: status_of(f"{url}/readyz") == 503)
        alive = status_of(f"{url}/livez")
        status = program.process.wait(SECONDS)

    assert (200, 200, 0) == (ready, alive, status)
    assert 1.0 <= time.monotonic() - began


@pytest.mark.parametrize("role", ["receiver", "admin"])
def test_an_unfit_redis_is_refused(role: str, tmp_path: Path, own_redis: RealRedis) -> None:
    """A process does not start on a Redis that may lose events: it says what to change and ends with status 1."""
    with own_redis.client() as redis:
        redis.config_set("appendfsync", "everysec")

    program = finished(role, "--port", "0", folder=tmp_path, **ACCOUNT, **SECRETS, REDIS_URL=own_redis.url)

    assert 1 == program.process.returncode
    assert "CONFIG SET appendfsync always" in program.said


@pytest.mark.parametrize(
    ("role", "needed"),
    [
        ("receiver", ("PUBLIC_URLS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKENS")),
        ("relay", ("SECRET_KEY",)),
        ("worker", ("TWILIO_ACCOUNT_SID",)),
        ("admin", ("ADMIN_TOKEN", "SECRET_KEY")),
    ],
)
def test_what_a_role_needs_is_named(role: str, needed: tuple[str, ...], tmp_path: Path) -> None:
    """A process without its settings ends with status 2 and a line for each that is missing."""
    program = finished(role, folder=tmp_path)

    assert 2 == program.process.returncode
    assert list(needed) == [line.partition(":")[0] for line in program.said.splitlines()]


@pytest.mark.parametrize(("role", "started"), [("relay", "routing.began"), ("worker", "worker.started")])
def test_the_delivering_processes_start_and_end(
    role: str, started: str, tmp_path: Path, external: dict[str, str]
) -> None:
    """Relay and worker become what they are named, and end with status 0 when asked to."""
    with running(role, folder=tmp_path, **external) as program:
        eventually(lambda: program.logged(started) or program.process.poll() is not None, SECONDS)
        status = program.end()

    assert 0 == status
    assert program.logged(started)


def test_admin_serves_the_bearer_of_the_token(tmp_path: Path, external: dict[str, str]) -> None:
    """The admin process answers its token's bearer, and nobody else."""
    bearer = {"authorization": f"Bearer {SECRETS['ADMIN_TOKEN']}"}
    with running("admin", "--port", "0", folder=tmp_path, **external) as program:
        url = f"{listening(program)}/api/stats"
        actual = [httpx.get(url, headers=headers, trust_env=False).status_code for headers in ({}, bearer)]
        status = program.end()

    assert ([401, 200], 0) == (actual, status)
