"""Callbacks at an even rate through an address, each of a conversation of its own, until it is told to stop."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx

from tests.callback_series import Callback, closed, conversation_id
from tests.eventually import eventually
from tests.receivers_behind import Behind
from tests.steady_sender import PATIENCE, Sender, sending


class SteadyLoad:
    """The sender, and the rate at which it is fed."""

    def __init__(self, rate: float) -> None:
        """`rate` is callbacks a second."""
        self._rate, self._made, self._stopped = rate, 0, False

    def due(self, now: float) -> Sequence[Callback]:
        """Return the callbacks that have become due so many seconds after the beginning."""
        fresh = [] if self._stopped else range(self._made, int(now * self._rate))
        self._made += len(fresh)
        return [closed(number, conversation_id(number), now) for number in fresh]

    def stop(self, sender: Sender) -> None:
        """Send no more, and return when all is answered."""
        self._stopped = True
        # What was made in this moment may not have been handed over yet.
        eventually(lambda: sender.idle and len(sender.callbacks) == self._made, 2 * PATIENCE)


@contextmanager
def steady_load(url: str, rate: float) -> Iterator[tuple[SteadyLoad, Sender]]:
    """Send to an address until the block ends; it begins once the first callback is accepted."""
    load = SteadyLoad(rate)
    with sending(url, (), load.due) as sender:
        eventually(lambda: sender.accepted, PATIENCE)
        yield load, sender


def send_again(url: str, sender: Sender) -> list[int]:
    """Send all callbacks once more, one by one, and return the statuses that are not 204."""
    with httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as http:
        requests = [callback.request for callback in sender.callbacks.values()]
        answers = [http.post(each.target, content=each.body, headers=each.headers) for each in requests]
    return [answer.status_code for answer in answers if answer.status_code != httpx.codes.NO_CONTENT]


def goes_on(sender: Sender, more: float) -> None:
    """Return when so many more callbacks have been accepted. Raises AssertionError when they are not."""
    expected = len(sender.accepted) + more
    eventually(lambda: len(sender.accepted) > expected, 2 * PATIENCE)


def held(behind: Behind, sender: Sender) -> None:
    """Assert that each callback was answered 2xx at its first try, and is stored once."""
    sent = len(sender.callbacks)
    assert (Counter(), sent) == (sender.refusals, len(sender.accepted))
    ids = behind.receivers.event_ids()
    assert (sent, sent, sent) == (len(ids), len(set(ids)), behind.receivers.stats()["events"]["received"])
