"""The simulated Twilio's callbacks: signed as a real receiver wants them, and lost or repeated as often as is said."""

import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.simulator.faults import Faults
from service.simulator.player import Programme
from service.store.keys import Keys
from tests.eventually import eventually
from tests.real_receiver import RealReceiver
from tests.served import served
from tests.simulated_twilio import V2, SimulatedTwilio, begin, planned, simulated_twilio

ORCHESTRATOR = ("sms-support", "return", "close", "whatsapp-then-voice")


class Arrivals:
    """A receiver that remembers what arrives, and answers by a list of statuses, then 204."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.kinds: list[str] = []
        self.statuses: list[int] = []
        self.app = Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        self.tokens.append(request.headers["i-twilio-idempotency-token"])
        self.kinds.append(body.partition(b'"eventType":"')[2].partition(b'"')[0].decode())
        return Response(status_code=self.statuses.pop(0) if self.statuses else 204)


@contextmanager
def heard(faults: Faults, programme: Programme, retries: int = 5) -> Iterator[tuple[SimulatedTwilio, Arrivals]]:
    """Run a simulation that tells a receiver of its own."""
    arrivals = Arrivals()
    with served(arrivals.app) as url, simulated_twilio(planned(url, programme, faults, retries)) as twilio:
        yield twilio, arrivals


def test_a_real_receiver_takes_every_report(receiver: RealReceiver, redis_url: str) -> None:
    """What the simulator signs is proven by the receiver, stored once each, and answered 204."""
    programme = Programme(rate=100, stories=8)
    with simulated_twilio(planned(receiver.url, programme)) as twilio:
        state = twilio.played()
    with Redis.from_url(redis_url) as redis:
        stored = redis.xlen(Keys().events)

    reports = [each for each in state["callbacks"] if each["kind"].isupper()]
    taken = [each for each in state["callbacks"] if each["fate"] == "taken"]
    assert {"204 No Content"} == {attempt for each in reports for attempt in each["attempts"]}
    assert len(taken) == stored


@pytest.mark.parametrize(
    "faults", [Faults(lose=0.2), Faults(repeat=0.2), Faults(reorder=0.2), Faults(lose=0.1, repeat=0.1, reorder=0.1)]
)
def test_what_goes_wrong_is_counted_exactly(faults: Faults) -> None:
    """The truth names each callback that was lost and each that was repeated: the receiver finds just that."""
    with heard(faults, Programme(ORCHESTRATOR, rate=200, stories=12)) as (twilio, arrivals):
        state = twilio.played()

    sent = Counter(Counter(arrivals.tokens).values())
    fates = Counter(each["fate"] for each in state["callbacks"])
    counts = state["counts"]
    assert fates == counts["callbacks"]
    assert fates["taken"] == sent[1] + sent[2]
    assert counts["repeated"] == sent[2] == sum(len(each["repeats"]) for each in state["callbacks"])
    assert counts["attempts"] == len(arrivals.tokens)
    assert counts["heldBack"] == sum(each["heldBack"] for each in state["callbacks"])
    assert (faults.lose > 0, faults.repeat > 0, faults.reorder > 0) == (
        fates["lost"] > 0,
        counts["repeated"] > 0,
        counts["heldBack"] > 0,
    )


def test_the_same_seed_goes_wrong_in_the_same_way() -> None:
    """Two runs with a seed have the same ids, and lose, repeat and hold back the same callbacks."""
    stories = []
    for _ in range(2):
        with heard(
            Faults(lose=0.1, repeat=0.1, reorder=0.1), Programme(("sms-support", "close"), rate=100, stories=6)
        ) as (twilio, _arrivals):
            found = twilio.played()["callbacks"]
        stories.append(sorted((e["kind"], e["resourceId"], e["fate"], e["heldBack"], len(e["repeats"])) for e in found))

    assert stories[0] == stories[1]


def test_without_faults_callbacks_of_a_conversation_come_in_order() -> None:
    """Callbacks of one conversation wait for one another, even where some have to be sent again."""
    with heard(Faults(), Programme(("sms-support",), rate=1, stories=1)) as (twilio, arrivals):
        arrivals.statuses += [503, 204, 500]
        reports = [each for each in twilio.played()["callbacks"] if each["kind"].isupper()]

    seen = [kind for kind in arrivals.kinds if kind]
    in_order = [kind for number, kind in enumerate(seen) if seen[:number].count(kind) == 0]
    assert list(dict.fromkeys(each["kind"] for each in reports)) == in_order
    assert len(reports) < len(seen)


def test_a_held_back_callback_is_overtaken() -> None:
    """A callback that is held back comes after one that happened later."""
    with heard(Faults(reorder=0.4), Programme(("sms-support",), rate=1, stories=1)) as (twilio, arrivals):
        state = twilio.played()

    happened = [each["number"] for each in state["callbacks"] if each["kind"].isupper()]
    assert sorted(happened) == happened
    order = [kind for kind in arrivals.kinds if kind]
    assert [each["kind"] for each in state["callbacks"] if each["kind"].isupper()] != order


@pytest.mark.parametrize(
    ("statuses", "retries", "fate", "attempts"),
    [
        ([500, 503], 5, "taken", 3),
        ([500] * 9, 5, "refused", 6),
        ([403] * 9, 0, "refused", 1),
    ],
)
def test_a_callback_that_is_not_taken_is_sent_again(
    statuses: list[int], retries: int, fate: str, attempts: int
) -> None:
    """A callback is tried again under the same token as often as is allowed, and its fate is on record."""
    with heard(Faults(), Programme(stories=0), retries) as (twilio, arrivals):
        arrivals.statuses += statuses
        begin(twilio, participants=[])
        found = eventually(lambda: [each for each in twilio.state()["callbacks"] if each["fate"] != "pending"])

    assert (fate, attempts, 1) == (found[0]["fate"], len(found[0]["attempts"]), len(set(arrivals.tokens)))


def test_a_callback_without_answer_is_no_loss_on_record() -> None:
    """Where nobody answers it is not known whether it was stored, and the truth says so."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with simulated_twilio(planned(url, retries=1)) as twilio:
        begin(twilio, participants=[])
        found = eventually(lambda: [each for each in twilio.state()["callbacks"] if each["fate"] != "pending"])

    assert ("unanswered", 2) == (found[0]["fate"], len(found[0]["attempts"]))


def test_a_conversation_can_have_other_callbacks_or_none() -> None:
    """A conversation's own `statusCallbacks` win over the configuration's; an empty list stops delivery."""
    with heard(Faults(), Programme(stories=0)) as (twilio, arrivals):
        one = f"{V2}/Conversations/{begin(twilio)['id']}"
        twilio.http.patch(one, json={"configuration": {"statusCallbacks": []}})
        twilio.http.patch(one, json={"status": "CLOSED"})
        silent = twilio.played()["counts"]["kinds"]
        begin(twilio)
        eventually(lambda: arrivals.kinds.count("PARTICIPANT_ADDED") == 2)

    assert {"CONVERSATION_CREATED": 1, "PARTICIPANT_ADDED": 1} == silent


def test_the_story_is_told_without_content() -> None:
    """A person sees kinds and ends of ids, and in the end a summary; never a text or a number of a customer."""
    with heard(Faults(), Programme(ORCHESTRATOR, rate=100, stories=4)) as (twilio, _):
        twilio.played()
        eventually(lambda: "What happened" in twilio.told)
        told = twilio.told

    assert all(kind in told for kind in ("CONVERSATION_CREATED", "message.delivered", "call.completed"))
    assert not any(word in told for word in ("+1203", "Where is", "tomorrow"))
