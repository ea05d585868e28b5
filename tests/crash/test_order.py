"""An ordered endpoint whose subscriber often fails, while relays are killed: each conversation keeps its order."""

from collections import defaultdict
from collections.abc import Iterator

import pytest

from tests import process_tree
from tests.callback_series import conversation_id
from tests.deliveries_under_load import DeliveriesUnderLoad, deliveries_under_load, message, until
from tests.eventually import eventually
from tests.unreliable_subscriber import Arrival

CONVERSATIONS, MESSAGES = 200, 20
SENDING = 30.0
"""Seconds over which the callbacks are spread."""
KILLS, BETWEEN = 9, 5.0
"""How often a relay is killed, and the seconds between."""
FAILING = 0.1
DONE = 90.0
"""Seconds that may pass after the last kill: a death is noticed after ten, and every tenth attempt fails."""


@pytest.fixture
def load() -> Iterator[DeliveriesUnderLoad]:
    """Run the service with an ordered endpoint."""
    with deliveries_under_load() as load:
        load.subscribe("ordered", ordered=True)
        yield load


def kill_in_turn(load: DeliveriesUnderLoad, began: float) -> None:
    """Kill one of three relays every five seconds, and start another in its place: the one of `up` is the first."""
    others = [load.house.start_relay(), load.house.start_relay()]
    for number in range(KILLS):
        until(BETWEEN * (number + 1), began)
        if number % 3 == 0:
            process_tree.kill([load.house.pid("relay")])
            continue
        process_tree.kill([others[number % 3 - 1].process.pid])
        others[number % 3 - 1] = load.house.start_relay()


def first_successes(arrivals: list[Arrival]) -> dict[str, list[int]]:
    """Return the sequences of each conversation in the order in which they were first taken."""
    found: dict[str, dict[int, None]] = defaultdict(dict)
    for arrival in arrivals:
        if arrival.taken:
            found[arrival.conversation_id].setdefault(arrival.sequence)
    return {conversation: list(sequences) for conversation, sequences in found.items()}


def test_order_outlives_failures_and_deaths(load: DeliveriesUnderLoad, capsys: pytest.CaptureFixture[str]) -> None:
    """With one attempt in ten failing and a relay killed every 5 s, each conversation arrives whole and by sequence."""
    callbacks = [
        message(
            conversation * MESSAGES + step, conversation, SENDING * (step + conversation / CONVERSATIONS) / MESSAGES
        )
        for step in range(MESSAGES)
        for conversation in range(CONVERSATIONS)
    ]
    load.subscribers.fails("ordered", FAILING)
    with load.sending(callbacks) as sender, load.hurrying():
        kill_in_turn(load, sender.began)
        eventually(lambda: sender.idle, DONE)
        eventually(lambda: set(load.lags().values()) == {0}, DONE, every=1.0)
    arrivals = load.subscribers.arrivals()
    failed, again = [each for each in arrivals if not each.taken], [each for each in arrivals if each.attempt > 1]
    with capsys.disabled():
        print(f"\n{len(arrivals)} arrivals, {len(failed)} failed, {len(again)} of a later attempt")  # noqa: T201

    expected = {conversation_id(n): list(range(1, MESSAGES + 1)) for n in range(CONVERSATIONS)}
    assert expected == first_successes(arrivals)
    assert {-1} == {each.previous - each.sequence for each in arrivals}
    assert len(failed) > len(callbacks) * FAILING / 2
