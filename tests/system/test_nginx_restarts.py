"""Behind the real nginx receivers come and go under load: callers notice nothing, and no event is lost or doubled."""

import signal
from collections.abc import Iterator

import pytest

from tests.nginx_front import needs_nginx
from tests.receivers_behind import Behind, receivers_behind
from tests.steady_load import goes_on, held, send_again, steady_load

pytestmark = needs_nginx

RATE = 60.0
"""Callbacks a second."""


@pytest.fixture
def behind(redis_url: str) -> Iterator[Behind]:
    """Run two receivers behind nginx."""
    with receivers_behind(redis_url) as running:
        yield running


def test_receivers_are_drained_and_restarted_unnoticed(behind: Behind) -> None:
    """One receiver after the other is drained and started again, twice over."""
    with steady_load(behind.front.url, RATE) as (load, sender):
        statuses = [behind.receivers.restart(number) for number in (0, 1, 0, 1)]
        load.stop(sender)

    assert [0, 0, 0, 0] == statuses
    held(behind, sender)


def test_an_event_has_the_same_id_at_any_receiver(behind: Behind) -> None:
    """What one receiver has stored is recognised by another one, before and after it was restarted."""
    with steady_load(behind.front.url, RATE) as (load, sender):
        goes_on(sender, RATE)
        load.stop(sender)
    behind.receivers.restart(0)

    again = send_again(behind.front.url, sender)

    counted = behind.receivers.stats()["events"]
    assert ([], len(sender.callbacks), len(sender.callbacks)) == (again, counted["received"], counted["duplicates"])


def test_a_killed_receiver_is_not_noticed(behind: Behind) -> None:
    """One receiver after the other is killed in the midst of its work: nginx asks the other one."""
    with steady_load(behind.front.url, RATE) as (load, sender):
        for number in (0, 1):
            behind.receivers.kill(number)
            goes_on(sender, 2 * RATE)
            behind.receivers.start(number)
        load.stop(sender)

    held(behind, sender)


def test_a_hanging_receiver_is_passed_by(behind: Behind) -> None:
    """A receiver that takes connections and stays silent delays the first requests; the other one answers them all."""
    with steady_load(behind.front.url, RATE) as (load, sender):
        behind.receivers.programs[0].process.send_signal(signal.SIGSTOP)
        goes_on(sender, 2 * RATE)
        behind.receivers.programs[0].process.send_signal(signal.SIGCONT)
        load.stop(sender)

    held(behind, sender)
