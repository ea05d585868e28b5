"""The simulator behind a real socket, as tests use it: its URL, a client that proves itself, and the truth."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from rich.console import Console

from service.simulator.app import Plan, Simulation
from service.simulator.faults import Faults
from service.simulator.outbox import Sending
from service.simulator.player import Programme
from service.simulator.story import Story
from service.simulator.world.birth import Birth
from tests.eventually import eventually
from tests.served import served
from tests.twilio_callbacks import ACCOUNT, PUBLIC_URL, TOKEN

V2 = "/conversations/v2"
QUICK = 600.0
"""Times as fast as life; a minute takes a tenth of a second."""


class SimulatedTwilio:
    """A running simulation."""

    def __init__(self, url: str, simulation: Simulation, told: io.StringIO) -> None:
        self.url, self.simulation, self._told = url, simulation, told
        self.http = httpx.Client(base_url=url, auth=(ACCOUNT, TOKEN), timeout=10, trust_env=False)

    @property
    def told(self) -> str:
        """What a person has seen."""
        return self._told.getvalue()

    def state(self) -> dict[str, Any]:
        """Return the truth."""
        found: dict[str, Any] = self.http.get("/_control/state").json()
        return found

    def played(self) -> dict[str, Any]:
        """Return the truth once all stories have been told."""
        eventually(lambda: self.http.get("/_control/counts").json()["played"], 20)
        return self.state()


def planned(
    actual: str = "",
    programme: Programme | None = None,
    faults: Faults | None = None,
    retries: int = 5,
    **birth: Any,  # noqa: ANN401 - the fields of Birth
) -> Plan:
    """Return a plan whose callbacks, signed for PUBLIC_URL, go to `actual`; without it there are none."""
    where = {"orchestrator": f"{PUBLIC_URL}/twilio/orchestrator", "hooks": PUBLIC_URL} if actual else {}
    return Plan(
        Birth(ACCOUNT, **{"speed": QUICK, **where, **birth}),
        Sending(TOKEN, PUBLIC_URL, actual, retries=retries, pause=0.01, held_back=0.3),
        {ACCOUNT: TOKEN},
        programme or Programme(stories=0),
        faults or Faults(),
    )


@contextmanager
def simulated_twilio(plan: Plan) -> Iterator[SimulatedTwilio]:
    """Run a simulation until the block ends."""
    with io.StringIO() as told:
        simulation = Simulation(plan, Story(Console(file=told, width=200)))
        with served(simulation.app()) as url:
            running = SimulatedTwilio(url, simulation, told)
            with running.http:
                yield running


def begin(twilio: SimulatedTwilio, address: str | None = None, **more: object) -> dict[str, Any]:
    """Create a conversation and return it."""
    count = twilio.simulation.world.conversations.count
    people = [{"type": "CUSTOMER", "addresses": [{"channel": "SMS", "address": address or f"+1203555{count:04}"}]}]
    body = {"configurationId": twilio.simulation.world.configurations.default, "participants": people, **more}
    answer = twilio.http.post(f"{V2}/Conversations", json=body)
    assert 201 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


def done(http: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    """Return the operation that a 202 has promised, once it is completed."""
    assert 202 == answer.status_code, answer.text
    url = answer.headers["location"]
    assert answer.json()["statusUrl"] == url

    def completed() -> dict[str, Any] | None:
        found: dict[str, Any] = http.get(url).json()
        assert answer.headers["operation-id"] == found["operationId"]
        return found if found["status"] == "COMPLETED" else None

    found = eventually(completed)
    assert found is not None
    return found
