"""A call's words that come twice are routed once, from the source that the rules choose."""

import pytest

from service.endpoints.endpoint import Disabled, Endpoint
from service.events.event import StoredEvent
from service.events.route import Target
from service.rules.rules import Rules
from tests.rules_of import rules_of
from tests.sample_events import stored_event
from workers.routing.plan import Targets, plan

CAPTURED = {"kind": "COMMUNICATION_CREATED", "other_source": True}
TRANSCRIBED = {"kind": "transcription.content", "source": "transcription", "other_source": True}
ON_WORDS = '[[close]]\nwhen = "message.received"\nkeywords = ["bye"]\n'
PASSED_OVER = (
    Target("all", "*", "other_source"), Target("ordered", "*", "other_source"), Target("off", "*", "other_source"),
)  # fmt: skip
ROUTED = (Target("all", "*", "at_once"), Target("ordered", "*", "in_order"), Target("off", "*", "skip"))


def endpoint(name: str, **more: object) -> Endpoint:
    """Return an endpoint that wants everything, unless it is said otherwise."""
    given = {"types": ("*",), **more}
    return Endpoint(id=name, url="https://example.com/", sealed_secret="", created_at=0, **given)  # type: ignore[arg-type] # by name


ENDPOINTS = (
    endpoint("all"), endpoint("ordered", ordered=True), endpoint("off", disabled=Disabled("by_hand", 1)),
    endpoint("none", types=("message.*",)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("event", "forwarded_by"),
    [
        (stored_event(**CAPTURED), {"orchestrator", "both"}),
        (stored_event(**CAPTURED, source="reconciliation"), {"orchestrator", "both"}),
        (stored_event(**TRANSCRIBED), {"transcription", "both"}),
        (stored_event(**{**CAPTURED, "other_source": False}), {"orchestrator", "transcription", "both"}),
        (stored_event(**{**TRANSCRIBED, "other_source": False}), {"orchestrator", "transcription", "both"}),
    ],
)
@pytest.mark.parametrize("forward", ["orchestrator", "transcription", "both"])
def test_only_the_chosen_source_is_forwarded(event: StoredEvent, forwarded_by: set[str], forward: str) -> None:
    """The other one is passed over at each endpoint that wants it, disabled ones too; what comes once is forwarded."""
    route = plan(event, Targets(ENDPOINTS), rules_of(f'[transcription]\nforward = "{forward}"'))

    assert (ROUTED if forward in forwarded_by else PASSED_OVER) == route.targets
    assert (("all", "ordered") if forward in forwarded_by else ()) == route.endpoint_ids


def test_without_a_word_of_it_the_orchestrators_is_forwarded() -> None:
    """The built-in rules choose it."""
    routes = [plan(stored_event(**words), Targets(ENDPOINTS), Rules()) for words in (CAPTURED, TRANSCRIBED)]

    assert [ROUTED, PASSED_OVER] == [route.targets for route in routes]


@pytest.mark.parametrize(("forward", "jobs"), [("orchestrator", 1), ("both", 1), ("transcription", 0)])
def test_what_is_not_forwarded_triggers_no_rule(forward: str, jobs: int) -> None:
    """The same words would trigger it twice."""
    rules = rules_of(ON_WORDS, f'[transcription]\nforward = "{forward}"')
    event = stored_event(kind="message.received", source="message", other_source=True, data=b'{"Body":"bye"}')
    intents = plan(event, Targets(()), rules).intents

    assert jobs == len(intents)
