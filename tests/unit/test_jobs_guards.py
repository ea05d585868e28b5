"""What speaks against a close that a rule asked for, and in which words."""

import pytest

from service.rules.asked import Author, CloseArguments
from workers.jobs import guards
from workers.jobs.guards import Fetched, Seen

DECIDED = "2026-11-20T14:22:41.498000Z"
BEFORE, AFTER = "2026-11-20T14:20:00.000000Z", "2026-11-20T14:22:45.000000Z"
LONG_AGO = "2026-11-19T14:22:41.497999Z"
CALL, OTHER_CALL, MESSAGE = "CA1", "CA2", "SM1"
CALL_ENDED = CloseArguments(unless_other_channels_active=True, channel="VOICE", channel_id=CALL)


@pytest.mark.parametrize(
    ("wanted", "told", "reason"),
    [
        ((), None, None),
        (("conv_configuration_1",), "conv_configuration_1", None),
        (
            ("conv_configuration_1",),
            "conv_configuration_2",
            "its configuration is conv_configuration_2, and the rule is for conv_configuration_1",
        ),
        (
            ("conv_configuration_1", "conv_configuration_2"),
            None,
            "its configuration is not told by Twilio, and the rule is for conv_configuration_1 or conv_configuration_2",
        ),
    ],
)
def test_configurations(wanted: tuple[str, ...], told: str | None, reason: str | None) -> None:
    """A rule for some configurations closes no conversation of another, nor of an unknown one."""
    assert reason == guards.configuration(CloseArguments(configurations=wanted), Fetched("ACTIVE", told))


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("CUSTOMER", None),
        ("HUMAN_AGENT", "who wrote is of the type HUMAN_AGENT, and only a customer's words count (CUSTOMER)"),
        ("", "who wrote is not among those who take part, or of no type, and only a customer's words count"),
    ],
)
def test_authors(kind: str, reason: str | None) -> None:
    """Only a customer's word closes."""
    assert reason == guards.author(Author(("CUSTOMER",)), kind)


@pytest.mark.parametrize(
    ("been", "reason"),
    [
        (("SMS",), None),
        (("VOICE", "WHATSAPP"), None),
        (("VOICE",), "it has been on VOICE only, and the rule is for SMS or WHATSAPP"),
        ((None,), "nothing was said on any channel, and the rule is for SMS or WHATSAPP"),
        ((), "nothing was said on any channel, and the rule is for SMS or WHATSAPP"),
    ],
)
def test_channels(been: tuple[str | None, ...], reason: str | None) -> None:
    """A rule for some channels closes a conversation that has been on one of them."""
    communications = [Seen("c1", BEFORE, channel) for channel in been]

    assert reason == guards.channels(CloseArguments(channels=("SMS", "WHATSAPP")), communications)


@pytest.mark.parametrize(
    ("one", "active"),
    [
        (Seen("c1", BEFORE, "VOICE", CALL), None),
        (Seen("c1", BEFORE, "VOICE", OTHER_CALL), "another call (CA2)"),
        (Seen("c1", BEFORE, "VOICE"), None),
        (Seen("c1", BEFORE, "SMS", MESSAGE), "SMS"),
        (Seen("c1", LONG_AGO, "SMS", MESSAGE), None),
        (Seen("c1", BEFORE), "a channel that Twilio does not tell"),
    ],
)
def test_the_end_of_a_call_leaves_what_goes_on_elsewhere(one: Seen, active: str | None) -> None:
    """A channel's end is a proposal: traffic of the last day on another one, or in another call, speaks against it."""
    expected = None if active is None else f"{active} is active: communication c1 of {BEFORE}"

    assert expected == guards.elsewhere(CALL_ENDED, [one], "ACTIVE", DECIDED)


@pytest.mark.parametrize(
    ("wanted", "status", "active"),
    [
        (CALL_ENDED, "ACTIVE", True),
        (CALL_ENDED, "INACTIVE", False),
        (CloseArguments(channel="VOICE", channel_id=CALL), "ACTIVE", False),
        (CloseArguments(unless_other_channels_active=True), "ACTIVE", True),
        (CloseArguments(unless_other_channels_active=True, channel="SMS", channel_id="SM2"), "ACTIVE", False),
    ],
)
def test_when_another_channel_counts(wanted: CloseArguments, status: str, active: bool) -> None:  # noqa: FBT001
    """Where the rule says so and Twilio calls the conversation ACTIVE; each message has a SID of its own."""
    found = guards.elsewhere(wanted, [Seen("c1", BEFORE, "SMS", MESSAGE)], status, DECIDED)

    assert active == (found is not None)


@pytest.mark.parametrize(
    ("wanted", "one", "new"),
    [
        (CloseArguments(), Seen("c1", AFTER, "SMS", MESSAGE, BEFORE), True),
        (CloseArguments(channel="SMS", channel_id=MESSAGE), Seen("c1", AFTER, "SMS", MESSAGE, AFTER), False),
        (CloseArguments(channel="SMS", channel_id="SM2"), Seen("c1", AFTER, "SMS", MESSAGE, BEFORE), True),
        (CALL_ENDED, Seen("c1", AFTER, "VOICE", CALL, BEFORE), False),
        (CALL_ENDED, Seen("c1", AFTER, "VOICE", CALL, AFTER), True),
        (CALL_ENDED, Seen("c1", AFTER, "VOICE", CALL), True),
        (CALL_ENDED, Seen("c1", AFTER, "VOICE", OTHER_CALL, BEFORE), True),
    ],
)
def test_what_was_captured_late_of_the_event_itself_is_not_new(
    wanted: CloseArguments,
    one: Seen,
    new: bool,  # noqa: FBT001
) -> None:
    """Neither the STOP of a customer nor the last words of a call that ended cancel the close that they asked for."""
    assert new == (guards.newer(wanted, [one], DECIDED) is not None)
