"""The pace of closing many, and which conversations that is for."""

import pytest

from service.cli.open_conversations import Choice, choice, of_configuration
from service.twilio.resources.conversation import Conversation, conversation_of
from workers.jobs.closing_all import LATER, MOST_WAITING, Ask, part


@pytest.mark.parametrize(
    ("rate", "waiting", "expected"),
    [
        (5.0, 0, Ask(5, 1.0)),
        (5.0, MOST_WAITING, Ask(5, 1.0)),
        (5.0, MOST_WAITING + 1, Ask(0, LATER)),
        (0.5, 0, Ask(1, 2.0)),
        (1.5, 0, Ask(1, 1 / 1.5)),
        (100.0, 0, Ask(100, 1.0)),
    ],
)
def test_the_pace(rate: float, waiting: int, expected: Ask) -> None:
    """So many a second, in parts of about a second, and none while others wait for a worker."""
    assert expected == part(rate, waiting)


def conversation(number: int, status: str = "ACTIVE", version: object = None, of: str = "a") -> Conversation:
    """Return a conversation whose snapshot has this version."""
    snapshot = {} if version is None else {"configuration": {"version": version}}
    return conversation_of({"id": f"conv_{number}", "status": status, "configurationId": of, **snapshot})


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (None, Choice(("conv_1", "conv_2", "conv_3", "conv_4", "conv_5"), {"ACTIVE": 4, "INACTIVE": 1})),
        (4, Choice(("conv_1", "conv_2"), {"ACTIVE": 1, "INACTIVE": 1}, 2)),
    ],
)
def test_which_conversations_are_chosen(before: int | None, expected: Choice) -> None:
    """Those of an older version, where one is given; of whom no version is known stays open, and is counted."""
    found = [
        conversation(1, version=3), conversation(2, "INACTIVE", version=1), conversation(3, version=4),
        conversation(4), conversation(5, version="3"),
    ]  # fmt: skip

    assert expected == choice(found, before)


def test_other_configurations_are_left_alone() -> None:
    """As is one that was given inline, and has no id."""
    found = [conversation(1), conversation(2, of="b"), conversation_of({"id": "conv_3", "status": "ACTIVE"})]

    assert ["conv_1"] == [one.id for one in of_configuration(found, "a")]
