"""The targets of a type: found once, skipped where the endpoint is disabled, in order where it asked for that."""

from typing import Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.endpoints.endpoint import Disabled, Endpoint
from service.events.route import Target
from service.rules.rules import Rules
from tests.sample_events import stored_event
from workers.routing.plan import MOST_TYPES, Targets, plan

TYPE = "communication.created"
NAMES = st.sampled_from(["conversation.closed", TYPE, "participant.added", "orchestrator.x", "conversation.created"])
FILTERS = st.sampled_from(["*", "conversation.*", "conversation.closed", "communication.*", "participant.removed"])


def endpoint(name: str, **more: object) -> Endpoint:
    """Return an endpoint of this name that wants everything, with some of its members different."""
    made = Endpoint(id=name, url="https://example.com/", types=("*",), sealed_secret="", created_at=0)
    return msgspec.structs.replace(made, **more)


@pytest.mark.parametrize("conversation", ["conv_1", None])
def test_the_way_to_an_endpoint(conversation: str | None) -> None:
    """Disabled ones are skipped, ordered or not; order is for events of a conversation alone."""
    off = Disabled("by_hand", 1)
    endpoints = [
        endpoint("plain"), endpoint("ordered", ordered=True), endpoint("off", disabled=off),
        endpoint("off_ordered", disabled=off, ordered=True), endpoint("other", types=("participant.*",)),
        endpoint("off_other", types=("participant.*",), disabled=off),
        endpoint("some", types=("participant.*", "communication.*"), ordered=True),
    ]  # fmt: skip
    in_order: Literal["in_order", "at_once"] = "in_order" if conversation else "at_once"
    route = plan(stored_event(conversation_id=conversation), Targets(endpoints), Rules())

    assert [
        Target("plain", "*", "at_once"), Target("ordered", "*", in_order), Target("off", "*", "skip"),
        Target("off_ordered", "*", "skip"), Target("some", "communication.*", in_order),
    ] == list(route.targets)  # fmt: skip
    assert ("plain", "ordered", "some") == route.endpoint_ids


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(FILTERS, st.booleans(), st.booleans()), max_size=6), st.lists(st.tuples(NAMES, st.booleans()))
)
def test_what_was_found_once_is_found_again(made: list[tuple[str, bool, bool]], asked: list[tuple[str, bool]]) -> None:
    """Whatever was asked before, a type's targets are those of that type alone."""
    endpoints = [
        endpoint(f"ep_{n}", types=(wanted,), ordered=ordered, disabled=Disabled("gone", 1) if off else None)
        for n, (wanted, ordered, off) in enumerate(made)
    ]
    kept = Targets(endpoints)

    assert [Targets(endpoints).of(name, in_conversation=some) for name, some in asked] == [
        kept.of(name, in_conversation=some) for name, some in asked
    ]


def test_one_tuple_for_a_type() -> None:
    """A commit writes what several events have in common once: they share it, not an equal one."""
    targets = Targets([endpoint("ep_a")])

    assert targets.of(TYPE, in_conversation=True) is targets.of(TYPE, in_conversation=True)


def test_what_is_remembered_is_bounded() -> None:
    """Twilio may invent types without end."""
    targets = Targets([endpoint("ep_a")])
    for number in range(3 * MOST_TYPES + 7):
        targets.of(f"orchestrator.{number}", in_conversation=False)

    assert MOST_TYPES >= len(targets._known)  # noqa: SLF001 - memory is what this is about
    assert (Target("ep_a", "*"),) == targets.of("orchestrator.1", in_conversation=False)
