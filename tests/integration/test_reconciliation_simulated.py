"""Stories of the simulator whose callbacks are lost: after one pass the log has what Twilio has."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from service.simulator.faults import Faults
from service.simulator.player import Programme
from tests.job_steps import working
from tests.real_receiver import RealReceiver
from tests.reconcile_steps import Passes
from tests.simulated_twilio import V2, SimulatedTwilio, planned, simulated_twilio
from tests.twilio_callbacks import ACCOUNT, TOKEN


@pytest.fixture(params=["a", "b"])
def simulated(request: pytest.FixtureRequest, receiver: RealReceiver, redis_url: str) -> Iterator[SimulatedTwilio]:
    """All stories, played to a receiver; a tenth of the callbacks is never sent."""
    assert redis_url
    plan = planned(receiver.url, Programme(rate=100, stories=16), Faults(lose=0.1), seed=request.param)
    with simulated_twilio(plan) as twilio:
        yield twilio


def resources(truth: dict[str, Any]) -> dict[str, str]:
    """Return the newest time of everything that Twilio has, by id."""
    found = [each for one in truth["conversations"] for each in (one, *one["participants"], *one["communications"])]
    return {each["id"]: each["updatedAt"] for each in found}


def test_the_log_has_what_twilio_has(simulated: SimulatedTwilio, redis_url: str) -> None:
    """Each creation and each latest state, none under two ids."""
    truth = simulated.played()
    http = httpx.Client(base_url=f"{simulated.url}{V2}", auth=(ACCOUNT, TOKEN))
    with working(redis_url, http) as work:
        passes = Passes(work)
        passes()
        stored = [(one, msgspec.json.decode(one.data)) for one in passes.stored if one.conversation_id]
    told = [(one, data) for one, data in stored if one.source in {"orchestrator", "reconciliation"}]
    created = Counter(data["id"] for one, data in told if not one.kind.endswith(("_UPDATED", "_REMOVED")))
    states = Counter((one.kind, data["id"], data["updatedAt"]) for one, data in told if one.kind.endswith("_UPDATED"))
    newest = {data["id"]: max(each["updatedAt"] for _, each in told if each["id"] == data["id"]) for _, data in told}

    assert truth["counts"]["callbacks"]["lost"]
    # Who has left is known to the log alone.
    assert set(resources(truth)) <= set(created)
    assert {1} == {*created.values(), *states.values()}
    assert resources(truth) == {one: at for one, at in newest.items() if one in resources(truth)}
    assert {"reconciliation", "orchestrator"} == {one.source for one, _ in told}
