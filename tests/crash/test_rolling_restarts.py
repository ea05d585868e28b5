"""What a rolling restart costs behind the real nginx, over minutes: nothing that a caller would notice."""

import time
from collections.abc import Callable

import pytest

from tests.nginx_front import needs_nginx
from tests.real_redis import running_redis
from tests.receivers_behind import Behind, receivers_behind
from tests.steady_load import held, steady_load
from tests.steady_sender import Sender

pytestmark = needs_nginx

MINUTES = 2.0
RATE = 100.0
"""Callbacks a second, in the middle of what two cores can bear beside the restarts."""
DRAIN = 5.0
"""What the receiver's command takes unless told otherwise."""
LONGEST = 12.0
"""Seconds until an answer that nginx promises whatever happens behind it."""


@pytest.mark.parametrize("what", ["restart", "kill"])
def test_receivers_come_and_go_for_minutes(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One receiver after the other is drained, or killed, and started again, over and over."""
    with running_redis() as redis, receivers_behind(redis.url, DRAIN) as behind:
        with steady_load(behind.front.url, RATE) as (load, sender):
            until = time.monotonic() + MINUTES * 60
            times = 0
            while time.monotonic() < until:
                HARM[what](behind, times % 2)
                times += 1
            load.stop(sender)
        with capsys.disabled():
            print(f"\n{what}: {times} times, {summary(behind, sender)}")  # noqa: T201 - a measurement
        held(behind, sender)

    assert sender.longest <= LONGEST


def restart(behind: Behind, number: int) -> None:
    """Drain a receiver and start it again."""
    assert 0 == behind.receivers.restart(number)


def kill(behind: Behind, number: int) -> None:
    """Kill a receiver and start it again."""
    behind.receivers.kill(number)
    behind.receivers.start(number)


HARM: dict[str, Callable[[Behind, int], None]] = {"restart": restart, "kill": kill}


def summary(behind: Behind, sender: Sender) -> str:
    """Return in one line what was seen."""
    events = behind.receivers.stats()["events"]
    return (
        f"{len(sender.accepted)} of {len(sender.callbacks)} accepted, refused {dict(sender.refusals)}, "
        f"longest answer {sender.longest:.2f} s, stored {events['received']}, recognised {events['duplicates']}"
    )
