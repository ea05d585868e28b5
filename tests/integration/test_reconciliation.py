"""Reconciliation against a small real Twilio and a real Redis: what was lost is found, once, and little is asked."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from service.events.types import event_type
from tests.fake_twilio import FakeTwilio
from tests.job_steps import Work
from tests.lossy_twilio import LossyTwilio, needed
from tests.reconcile_steps import Passes
from workers.jobs.outcomes import RetryLater
from workers.jobs.reconciling import most_calls


@pytest.fixture
def passes(work: Work) -> Passes:
    """Passes over the test's Twilio."""
    return Passes(work)


@pytest.fixture
def lossy(twilio: FakeTwilio) -> LossyTwilio:
    """A Twilio at which nothing has happened yet."""
    return LossyTwilio(twilio)


@pytest.mark.parametrize("seed", range(4))
def test_what_a_tenth_of_lost_callbacks_told_is_found_in_one_pass(
    passes: Passes, lossy: LossyTwilio, seed: int
) -> None:
    """Every creation and every latest state is in the log, none twice; what comes late after all is a duplicate."""
    chance = random.Random(seed)  # noqa: S311 - a story, not a secret
    lossy.live(chance, 60)
    lost = {one.id for one in lossy.told if chance.random() < 0.1}
    passes.traffic(*(one for one in lossy.told if one.id not in lost))
    passes()
    stored = Counter(one.id for one in passes.stored)
    needs = needed(lossy.told)
    late = passes.traffic(*(one for one in lossy.told if one.id in lost & needs))

    assert lost & needs
    assert set() == needs - set(stored)
    assert {1} == set(stored.values())
    assert {"duplicate"} == {one.outcome for one in late}


def test_the_other_way_round_is_no_repair(passes: Passes, lossy: LossyTwilio) -> None:
    """What callbacks have told is not found again."""
    lossy.live(random.Random(7), 30)  # noqa: S311 - a story, not a secret
    passes.traffic(*lossy.told)
    passes()

    assert {"orchestrator"} == {one.source for one in passes.stored}
    assert {} == passes.last["repaired"]


def test_two_quiet_passes_over_500_conversations_cost_two_calls(passes: Passes, lossy: LossyTwilio) -> None:
    """What was seen unchanged is not asked for again: a list of up to a thousand is one call."""
    for _ in range(500):
        lossy.say(lossy.begin())
    passes.traffic(*lossy.told)
    passes()
    first = passes.last["calls"]
    before = len(lossy.twilio.requests)
    passes()
    passes()

    assert (1001, 2) == (first, len(lossy.twilio.requests) - before)
    assert (500, 1, 0, 0) == tuple(passes.last[name] for name in ("open", "calls", "looks", "left"))


def test_the_order_of_a_conversation_is_kept(passes: Passes, lossy: LossyTwilio) -> None:
    """It begins, people join, things are said by their time; that it ended comes last."""
    one = lossy.begin()
    for step in (lossy.join, lossy.say, lossy.join, lossy.say):
        step(one)
    passes.traffic(lossy.say(one))
    lossy.change(one, status="CLOSED")
    passes()
    repaired = passes.stored[1:]

    assert [
        "conversation.created", "participant.added", "participant.added", "communication.created",
        "communication.created", "conversation.closed",
    ] == [event_type(each) for each in repaired]  # fmt: skip
    assert [2, 3, 4, 5, 6, 7] == [each.sequence for each in repaired]
    assert {"reconciliation"} == {each.source for each in repaired}


def test_a_repair_tells_the_time_of_what_it_tells(passes: Passes, lossy: LossyTwilio) -> None:
    """A creation that of the creation, a state that of the state."""
    one = lossy.begin()
    changed = lossy.change(one, status="INACTIVE")
    passes()
    resource = lossy.twilio.conversations[one]

    assert [
        ("conversation.created", resource["createdAt"], "ACTIVE"),
        ("conversation.inactivated", resource["updatedAt"], "INACTIVE"),
    ] == [(event_type(each), each.timestamp, each.status) for each in passes.stored]
    assert changed.id == passes.stored[1].id


def test_history_is_left_alone(passes: Passes, twilio: FakeTwilio) -> None:
    """What was made and last changed before installation is not told, and not looked at; what changes then is."""
    twilio.forget()
    passes()
    lossy = LossyTwilio(twilio, datetime.now(UTC) - timedelta(days=3))
    old, waking = lossy.begin(), lossy.begin()
    lossy.join(old)
    passes()
    untouched = passes.last["calls"]
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    twilio.conversations[waking].update(status="INACTIVE", updatedAt=now)
    passes()

    assert 1 == untouched
    assert [("conversation.inactivated", waking)] == [(event_type(one), one.conversation_id) for one in passes.stored]


def test_what_is_deleted_is_asked_for_once(passes: Passes, lossy: LossyTwilio) -> None:
    """Twilio tells nobody of it; it is counted, and not asked for again."""
    one = lossy.begin()
    passes.traffic(*lossy.told)
    passes()
    del lossy.twilio.conversations[one]
    passes()
    deleted = passes.last["deleted"]
    passes()

    assert (1, 0, 1) == (deleted, passes.last["deleted"], passes.last["calls"])


def test_what_ended_is_looked_at_once_more(passes: Passes, lossy: LossyTwilio) -> None:
    """Its last words may be lost although its end was told; after that it is left alone."""
    one = lossy.begin()
    lossy.say(one)
    ended = lossy.change(one, status="CLOSED")
    passes.traffic(lossy.told[0], ended)
    passes()
    calls = passes.last["calls"]
    passes()

    assert (4, 1) == (calls, passes.last["calls"])
    assert ["conversation.created", "conversation.closed", "communication.created"] == [
        event_type(each) for each in passes.stored
    ]


@pytest.mark.parametrize("traffic", ["of it", "quiet"])
def test_lost_words_are_found_without_a_sign_of_them(passes: Passes, lossy: LossyTwilio, traffic: str) -> None:
    """Where the conversation itself is unchanged: at once if anything else of it came, else when it is time again."""
    one = lossy.begin()
    passes.traffic(*lossy.told)
    passes()
    lost = lossy.say(one)
    if traffic == "of it":
        passes.traffic(lossy.say(one))
    else:
        age(passes, one, 61)
    passes()

    assert lost.id in [each.id for each in passes.stored]


def age(passes: Passes, conversation: str, seconds: int) -> None:
    """Let the last look at a conversation be so much longer ago."""
    key = passes.keys.reconciliation_held
    updated_at, sequence, at, pause = msgspec.json.decode(passes.redis.hget(key, conversation) or b"")
    passes.redis.hset(key, conversation, msgspec.json.encode([updated_at, sequence, at - seconds, pause]))


def test_a_pass_over_silent_conversations_keeps_to_its_budget(passes: Passes, lossy: LossyTwilio) -> None:
    """Where it is time again for all of them, fifty are looked at in a pass, and the rest in the next ones."""
    known = [lossy.begin() for _ in range(70)]
    passes.traffic(*lossy.told)
    passes()
    for one in known:
        age(passes, one, 3601)
    calls = []
    for _ in range(3):
        passes()
        calls.append(passes.last["calls"])

    assert [most_calls(70), 41, 1] == calls


@pytest.mark.parametrize("fields", [{"id"}, {"id", "conversationId", "occurredAt"}])
def test_items_in_part_are_fetched_by_themselves(passes: Passes, lossy: LossyTwilio, fields: set[str]) -> None:
    """The repair holds what a callback would have held; what is in the log already is not asked for."""
    one = lossy.begin()
    heard, lost = lossy.say(one), lossy.say(one)
    passes.traffic(lossy.told[0], heard)
    lossy.twilio.list_fields = fields
    passes()

    assert msgspec.json.decode(lost.data) == msgspec.json.decode(passes.stored[-1].data)
    assert [one.id for one in lossy.told] == [each.id for each in passes.stored]


def test_a_dry_run_tells_and_changes_nothing(passes: Passes, lossy: LossyTwilio) -> None:
    """What it would append is kept for whoever asked; the pass after it finds the same."""
    lossy.say(lossy.begin())
    outcome = passes(dry_run=True)
    found, last = len(passes.stored), passes.last
    passes()

    assert "2 events would be repaired in 1 open conversations by 3 calls" == outcome.reason
    assert (0, {}) == (found, last)
    assert {"conversation.created": 1, "communication.created": 1} == passes.last["repaired"]


def test_a_clock_that_is_wrong_by_minutes_hides_nothing(passes: Passes, twilio: FakeTwilio) -> None:
    """Twilio's may go before ours, or after it."""
    passes()
    lossy = LossyTwilio(twilio, datetime.now(UTC) - timedelta(minutes=4))
    behind = lossy.begin()
    lossy.rest(minutes=8)
    before = lossy.begin()
    passes()

    assert {behind, before} == {one.conversation_id for one in passes.stored}


@pytest.mark.parametrize("status", [400, 404, 500])
def test_one_conversation_that_is_not_shown_holds_up_nobody(passes: Passes, lossy: LossyTwilio, status: int) -> None:
    """The others are repaired; where it may be shown later, the next pass asks again."""
    first, second = lossy.begin(), lossy.begin()
    lost = [lossy.join(first), lossy.join(second)]
    lossy.twilio.fail("GET", status=status, path_ends=f"{first}/Participants")
    passes()
    found = [one.id in {each.id for each in passes.stored} for one in lost]
    passes()

    assert [False, True] == found
    assert (status != 400) == (lost[0].id in {each.id for each in passes.stored})


def test_a_twilio_that_fails_ends_the_pass(passes: Passes, lossy: LossyTwilio) -> None:
    """It says why, and comes back later."""
    for _ in range(20):
        lossy.begin()
    lossy.twilio.fail("GET", status=503, path_ends="/Participants", times=20)
    outcome = passes()

    assert isinstance(outcome, RetryLater)
    assert str(passes.last["error"]).startswith("503")
