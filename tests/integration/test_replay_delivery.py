"""A replay as the subscriber sees it: the same events under the same ids, in order where that is kept."""

from collections.abc import Iterator

import httpx
import pytest

from service.endpoints.endpoint import Disabled, Endpoint
from tests.eventually import eventually
from tests.history import History
from tests.job_steps import Work, working
from tests.relay_case import RelayCase
from tests.replay_steps import Replays, runs
from tests.routed_deliveries import add_endpoint
from tests.scripted_subscriber import Arrival
from tests.twilio_callbacks import communication

HEADERS = ("webhook-id", "webhook-previous-sequence")


@pytest.fixture
def history(case: RelayCase) -> History:
    """Return what makes things happen in the Redis of the test's relays."""
    return History(case.redis_url, case.keys)


@pytest.fixture
def work(case: RelayCase) -> Iterator[Work]:
    """A worker; its jobs need no Twilio."""
    with working(case.redis_url, httpx.Client(base_url="http://127.0.0.1:9")) as found:
        yield found


def endpoint(case: RelayCase, history: History, *, ordered: bool, disabled: Disabled | None = None) -> Endpoint:
    """Make the subscriber's endpoint."""
    return history.does(
        lambda redis: add_endpoint(redis, case.keys, "ep_a", case.subscriber.url, ordered=ordered, disabled=disabled)
    )


def conversations(arrivals: list[Arrival]) -> dict[str, list[int]]:
    """Return the sequences of what arrived, by conversation."""
    found: dict[str, list[int]] = {}
    for arrival in arrivals:
        found.setdefault(arrival.event["conversation_id"], []).append(arrival.event["sequence"])
    return found


def test_what_an_ordered_endpoint_missed_comes_in_order(case: RelayCase, history: History, work: Work) -> None:
    """Each conversation by its sequence, with what stood before each, and what is live behind it."""
    disabled = endpoint(case, history, ordered=True, disabled=Disabled("by_hand", 1))
    with case.relay():
        bodies = [communication(n, conversation_id=f"conv_{n % 3}") for n in range(30)]
        case.append(*bodies)
        eventually(lambda: case.redis.zcard(case.keys.skipped("ep_a")) == 30)
    enabled = history.alters(disabled, disabled=None)
    past = Replays(history, enabled)
    past.job(past.counts().replay)
    with case.relay("relay-b"):
        case.append(*(communication(30 + n, conversation_id=f"conv_{n}") for n in range(3)))
        said = runs(work)
        arrivals = case.subscriber.expect(33)

    assert "done: 30 events put again" == said[-1]
    replayed = [arrival for arrival in arrivals if arrival.event["sequence"] <= 10]
    assert {f"conv_{n}": list(range(1, 11)) for n in range(3)} == conversations(replayed)
    assert all(int(a.headers["webhook-previous-sequence"]) == a.event["sequence"] - 1 for a in arrivals)


def test_what_arrives_once_more_is_the_same(case: RelayCase, history: History, work: Work) -> None:
    """Id, body and the sequence before it; the attempt tells that it is not the first."""
    past = Replays(history, endpoint(case, history, ordered=False))
    with case.relay():
        case.append(*(communication(n, conversation_id=f"conv_{n % 2}") for n in range(6)))
        case.subscriber.expect(6)
        eventually(lambda: case.redis.xlen(case.keys.deliveries("ep_a")) == 0)
        past.job(past.counts(only="all").replay)
        runs(work)
        arrivals = case.subscriber.expect(12)
    first, again = (
        {(*(a.headers[name] for name in HEADERS), a.body) for a in several} for several in (arrivals[:6], arrivals[6:])
    )

    assert 6 == len(first)
    assert first == again
    assert ["1"] * 6 + ["2"] * 6 == [arrival.headers["webhook-attempt"] for arrival in arrivals]
