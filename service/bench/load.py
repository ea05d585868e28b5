"""The load generator: `python -m service.bench.load LOAD`, with a `Load` as JSON; prints a `Sample` as JSON.

Every request is built and signed before the clock starts.
"""

import sys
import time

import msgspec
import uvloop

from service.bench import forms
from service.bench.callbacks import KINDS, Series, Signing, requests
from service.bench.counting import LOOK, Counting, client
from service.bench.exchange import Exchange, fire
from service.bench.samples import Arrivals, Sample, arrivals, sample
from service.processes.parent import end_with_parent


class Counted(msgspec.Struct, frozen=True):
    """Where arrivals are counted: the sink's URL, how many subscribers an event is for, and the seconds it may take."""

    sink: str
    subscribers: int
    patience: float


class Load(msgspec.Struct, frozen=True):
    """What to send where; `rate` in events a second, or as many as fit. The events bear the time of now.

    `kinds` are the events' names in turn. With `forms` they are states of messages instead, of no conversation.
    """

    target: str
    signing: Signing
    events: int
    conversations: int
    connections: int
    rate: float | None = None
    counted: Counted | None = None
    kinds: tuple[str, ...] = KINDS
    forms: bool = False


def run(load: Load) -> Sample:
    """Send it all and return what it came to. Raises SystemExit where not every event was acknowledged."""
    exchange = Exchange(_requests(load), load.rate)
    uvloop.run(fire(exchange, load.target, load.connections))
    acknowledged = sum(times for status, times in exchange.answers.items() if status.startswith("2"))
    if acknowledged < load.events:
        sys.exit(f"{acknowledged} of {load.events} events were acknowledged; by status: {dict(exchange.answers)}")
    arrived = _count(load.counted, exchange.sent) if load.counted else None
    return sample(exchange.sent, exchange.answered, arrived)


def _requests(load: Load) -> list[bytes]:
    if load.forms:
        return forms.requests(load.events, load.signing, load.target)
    # The last event is of now: the service may not be shown a time that has not come.
    series = Series(load.events, load.conversations, int(time.time() * 1000) - load.events, load.kinds)
    return requests(series, load.signing, load.target)


def _count(counted: Counted, sent: list[float]) -> Arrivals:
    with client(counted.sink) as sink:
        counting = Counting(sink, len(sent) * counted.subscribers, counted.patience)
        while not counting.over():
            time.sleep(LOOK)
        return arrivals(sent, counting.arrivals(), counted.subscribers)


def main() -> None:
    """Run the load that the command line holds."""
    end_with_parent()
    load = msgspec.json.decode(sys.argv[1], type=Load)
    sys.stdout.write(msgspec.json.encode(run(load)).decode() + "\n")


if __name__ == "__main__":
    main()
