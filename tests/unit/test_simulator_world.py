"""The simulated account by itself: timers, grouping, profiles, and how much it remembers."""

import json

import pytest

from service.simulator.faults import Faults
from service.simulator.scenario import Close, Merge, Say, Script
from service.simulator.world.birth import Birth
from service.simulator.world.conversations import Kept
from service.simulator.world.world import World
from tests.twilio_callbacks import ACCOUNT

AT = 1_800_000_000_000
MINUTE = 60_000
URL = "https://h.example/twilio/orchestrator"
CUSTOMER = "+12035550100"


def born(**birth: object) -> World:
    """Return a new world whose callbacks go to URL."""
    return World(Birth(ACCOUNT, **{"orchestrator": URL, "hooks": "https://h.example", **birth}), AT)  # type: ignore[arg-type]


def story(customer: str = CUSTOMER, seed: str = "story") -> Script:
    """Return a story without steps: a test tells it step by step."""
    return Script("test", seed, customer, ())


def say(world: World, at: int, channel: str = "SMS", who: Script | None = None) -> Kept:
    """Let the customer say something, and return the conversation that it went to."""
    told = who or story()
    world.act(told, Say("customer", channel, "Hello", f"SM{at}", f"SM{at}"), at)
    kept = world.conversation_of(told)
    assert kept is not None
    return kept


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(1.9, "ACTIVE"), (2, "INACTIVE"), (9.9, "INACTIVE"), (10, "CLOSED")],
)
def test_silence_makes_a_conversation_inactive_and_then_closes_it(minutes: float, expected: str) -> None:
    """The channel's timeouts count from the last traffic, and both may run out between two looks."""
    world = born(inactive=2, closed=10)
    kept = say(world, AT)

    world.tick(AT + int(minutes * MINUTE))

    assert expected == kept.status


@pytest.mark.parametrize(("speed", "ms"), [(1.0, 120_000), (60.0, 2_000), (600.0, 200)])
def test_time_can_pass_faster(speed: float, ms: int) -> None:
    """Sped up, waiting shrinks by that factor and no more."""
    world = born(inactive=2, speed=speed)
    kept = say(world, AT)

    world.tick(AT + ms - 1)
    before = kept.status
    world.tick(AT + ms)

    assert ("ACTIVE", "INACTIVE") == (before, kept.status)


def test_traffic_sets_the_timer_anew() -> None:
    """What is said keeps a conversation active for as long again, and makes an inactive one active."""
    world = born(inactive=2)
    say(world, AT)
    say(world, AT + MINUTE)
    world.tick(AT + 2 * MINUTE)
    still = say(world, AT + 2 * MINUTE + 1).status
    world.tick(AT + 5 * MINUTE)
    quiet = world.conversation_of(story())
    assert quiet is not None
    silent = quiet.status

    back = say(world, AT + 6 * MINUTE).status

    assert ("ACTIVE", "INACTIVE", "ACTIVE") == (still, silent, back)


@pytest.mark.parametrize(("inactive", "closed", "expected"), [(None, None, "ACTIVE"), (None, 5, "CLOSED")])
def test_timeouts_may_be_left_out(inactive: int | None, closed: int | None, expected: str) -> None:
    """Without timeouts a conversation stays as it is; without the first of them it goes straight to closed."""
    world = born(inactive=inactive, closed=closed)
    kept = say(world, AT)

    world.tick(AT + 1000 * MINUTE)

    assert expected == kept.status


def test_closing_is_final() -> None:
    """After closing, the customer's next message begins another conversation, and the old one stays closed."""
    world = born()
    first = say(world, AT)
    world.act(story(), Close(), AT + 1)

    second = say(world, AT + 2)

    assert ("CLOSED", "ACTIVE") == (first.status, second.status)
    assert first.id != second.id


@pytest.mark.parametrize(
    ("grouping", "conversations"),
    [
        ("GROUP_BY_PROFILE", 1),
        ("GROUP_BY_PARTICIPANT_ADDRESSES", 1),
        ("GROUP_BY_PARTICIPANT_ADDRESSES_AND_CHANNEL_TYPE", 2),
    ],
)
def test_channels_are_grouped_as_configured(grouping: str, conversations: int) -> None:
    """Two channels of one customer are one conversation, unless the configuration groups by channel too."""
    world = born()
    world.configurations.fetch(world.configurations.default)["conversationGroupingType"] = grouping

    found = {say(world, AT).id, say(world, AT + 1, "WHATSAPP").id}

    assert conversations == len(found)


def test_two_customers_are_two_conversations() -> None:
    """Traffic of another customer goes to a conversation of its own."""
    world = born()

    found = {say(world, AT).id, say(world, AT, who=story("+12035550101", "other")).id}

    assert 2 == len(found)


def test_a_customer_without_profile_has_none_anywhere() -> None:
    """Where the link to memory is broken, the participant has no `profileId` and a look-up finds nobody."""
    world = born()
    world.faults = Faults(unlinked=1.0)
    say(world, AT)
    added = [json.loads(each.body)["data"] for each in world.outgoing.take() if each.kind == "PARTICIPANT_ADDED"]

    assert [True, True] == ["profileId" not in each for each in added]
    assert [] == world.memory.lookup(world.memory.default, "phone", CUSTOMER)


@pytest.mark.parametrize(("extraction", "expected"), [(True, 1), (False, 0)])
def test_memory_extracts_once_for_each_conversation(extraction: bool, expected: int) -> None:  # noqa: FBT001
    """A conversation that goes quiet leaves one observation of Twilio's own, unless that is broken."""
    world = born(inactive=2, closed=4)
    world.faults = Faults(extraction=extraction)
    say(world, AT)

    world.tick(AT + 10 * MINUTE)

    assert expected == len(world.memory.store(world.memory.default).observations)


def test_a_merged_profile_takes_its_observations_along() -> None:
    """What was written of a profile belongs, after the merge, to the one that it became."""
    world = born(inactive=2)
    say(world, AT)
    [old] = world.memory.lookup(world.memory.default, "phone", CUSTOMER)
    world.tick(AT + 3 * MINUTE)

    world.act(story(), Merge(), AT + 4 * MINUTE)

    [new] = world.memory.lookup(world.memory.default, "phone", CUSTOMER)
    owners = [each.profile for each in world.memory.store(world.memory.default).observations.values()]
    assert ([new], new) == (owners, world.memory.canonical(world.memory.default, old))
    assert old != new


def test_only_the_newest_conversations_are_remembered() -> None:
    """A simulation that runs for ever stays bounded; closed conversations are forgotten first, and counted."""
    world = born(most=3)
    kept = [say(world, AT + number, who=story(f"+120355501{number:02}", str(number))) for number in range(3)]
    world.conversations.turn(kept[1], "CLOSED", AT + 10, "rest")

    say(world, AT + 20, who=story("+12035550199", "one more"))

    assert ([True, False, True], 1, 4) == (
        [each.id in world.conversations.kept for each in kept],
        world.conversations.forgotten,
        world.conversations.count,
    )


def test_nobody_is_told_where_nobody_listens() -> None:
    """A world without hooks has its conversations, and no callbacks."""
    world = born(orchestrator=None, hooks=None)
    kept = say(world, AT)

    assert ([], 1) == (world.outgoing.take(), len(kept.communications))
