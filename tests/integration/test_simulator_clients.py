"""The service's own clients at the simulated Twilio: they understand its answers, whichever API."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from service.cli.simulation import PATHS
from service.simulator.faults import Faults
from service.simulator.player import Programme
from service.twilio.api.access import TwilioApis, twilio_apis
from service.twilio.errors import ConflictError, MissingError, ThrottledError
from service.twilio.resources.conversation import Address, NewParticipant
from service.twilio.resources.memory import NewObservation
from tests.eventually import eventually
from tests.hermetic_settings import hermetic_settings
from tests.simulated_twilio import SimulatedTwilio, planned, simulated_twilio

CUSTOMER = NewParticipant((Address("SMS", "+12035550177"),), type="CUSTOMER")


@contextmanager
def clients(*names: str, faults: Faults | None = None) -> Iterator[tuple[SimulatedTwilio, TwilioApis]]:
    """Run a simulation in which these stories have been told to nobody, and clients of it."""
    with simulated_twilio(
        planned(programme=Programme(names or ("close",), rate=100, stories=len(names)), faults=faults)
    ) as twilio:
        twilio.played()
        urls = {name.lower(): twilio.url + path for name, path in PATHS.items()}
        with twilio_apis(hermetic_settings("redis://127.0.0.1:1", **urls)) as apis:
            yield twilio, apis


def test_conversations_are_read_and_closed() -> None:
    """Lists, participants, communications and closing say what the truth says."""
    with clients("sms-support", "voice-relay") as (twilio, apis):
        [sms, call] = apis.conversations.list(statuses=("ACTIVE", "INACTIVE"), page_size=1)
        people = [each.type for each in apis.conversations.participants(sms.id)]
        said = [each.id for each in apis.conversations.communications(call.id)]
        closed = apis.conversations.close(sms.id)
        true = {each["id"]: each for each in twilio.state()["conversations"]}

    assert ("CLOSED", "CLOSED") == (closed.status, true[sms.id]["status"])
    assert ["CUSTOMER", "HUMAN_AGENT"] == sorted(kind or "" for kind in people)
    assert sorted(each["id"] for each in true[call.id]["communications"]) == sorted(said)


def test_a_second_conversation_of_the_same_people_is_a_conflict() -> None:
    """The error names the conversation that is open already."""
    with clients() as (twilio, apis):
        configuration = twilio.simulation.world.configurations.default
        first = apis.conversations.create(configuration, (CUSTOMER,))
        with pytest.raises(ConflictError) as refused:
            apis.conversations.create(configuration, (CUSTOMER,))

    assert first.id == refused.value.resource_id


def test_a_configuration_is_changed_by_an_operation() -> None:
    """An operation is waited for; what was changed is there afterwards, and what was deleted is not."""
    with clients() as (twilio, apis):
        name = twilio.simulation.world.configurations.default
        apis.configurations.wait(apis.configurations.patch(name, {"description": "changed"}))
        changed = apis.configurations.fetch(name).raw["description"]
        apis.configurations.wait(apis.configurations.delete(name))
        with pytest.raises(MissingError):
            apis.configurations.fetch(name)

    assert "changed" == changed


def test_observations_find_their_profile_though_it_was_merged() -> None:
    """What is posted to a merged profile arrives at the one that it became, once, and is listed there."""
    with clients("sms-support") as (twilio, apis):
        store = twilio.simulation.world.memory.default
        [old] = apis.memory.lookup(store, "phone", "+12035550100").profile_ids
        new = twilio.http.post("/_control/merge", json={"profileId": old}).json()["profileId"]
        observation = NewObservation("Likes mornings.", "tests", "2026-11-20T14:03:09Z")
        now = apis.memory.observe(store, old, [observation])
        listed = eventually(lambda: apis.memory.observations(store, old, source="tests").found)
        true = [each["profileId"] for each in twilio.state()["observations"] if each["source"] == "tests"]

    assert (new, [new], ["Likes mornings."]) == (now, true, [each.content for each in listed])


def test_results_messages_and_calls_are_found() -> None:
    """What Intelligence and the classic API know of a story is what was told of it."""
    with clients("close", "undelivered", "voice-relay") as (twilio, apis):
        [result] = apis.intelligence.operator_results()
        now = datetime.now(UTC)
        span = (now - timedelta(days=1), now + timedelta(days=1))
        linked = list(apis.intelligence.conversations(*span, statuses=("CLOSED",)))
        classic = twilio.simulation.world.classic
        failed = next(sid for sid, each in classic.messages.items() if each["status"] == "undelivered")
        message, call = apis.classic.message(failed), apis.classic.call(next(iter(classic.calls)))

    assert result.conversation_id in {each.id for each in linked}
    assert ("undelivered", 30003, "completed") == (message.status, message.error_code, call.status)


def test_a_throttled_call_says_for_how_long() -> None:
    """A 429 on demand is the error that a 429 of Twilio's is, with its `Retry-After`."""
    with (
        clients(faults=Faults(faults={"429": 1.0}, retry_after=3.0)) as (_, apis),
        pytest.raises(ThrottledError) as told,
    ):
        apis.conversations.fetch("conv_conversation_1")

    assert (3.0, 20429) == (told.value.retry_after, told.value.code)
