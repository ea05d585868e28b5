"""What RULES_FILE may say."""

import pytest

from service.rules.close import CloseRule
from service.rules.customers import Customers
from service.rules.observe import ObserveRule
from service.rules.parsing import parse
from service.rules.rules import Rules
from service.rules.transcription import Transcription
from tests.rules_of import rules_of

QUIET = '[[close]]\nwhen = "conversation.inactivated"\n'
SAID = '[[observe]]\nwhen = "communication.created"\n'
RECORD = '[[observe]]\nwhen = "conversation.closed"\n'


def test_without_a_file_nothing_is_done() -> None:
    """The built-in rules close, observe and answer nothing, and forward what the Orchestrator captured."""
    assert Rules((), (), Customers((), ("CUSTOMER",)), Transcription("orchestrator"), ()) == Rules()


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "close = []", "[customers]\n[transcription]", "\ufeff"])
def test_a_file_without_rules_is_as_good_as_none(text: str) -> None:
    """Nothing, a comment, empty sections, or a mark of its encoding."""
    assert Rules() == parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (QUIET, CloseRule(when=("conversation.inactivated",), name="conversation.inactivated")),
        (
            QUIET + 'name = "quiet"\nafter = "10m"\nchannels = ["sms", "Chat"]\nconfigurations = "conf_1"',
            CloseRule(
                when=("conversation.inactivated",), name="quiet", after=600, channels=("SMS", "CHAT"),
                configurations=("conf_1",),
            ),
        ),
        (
            '[[close]]\nwhen = ["call.completed", "call.failed"]\nunless_other_channels_active = false',
            CloseRule(when=("call.completed", "call.failed"), name="call.completed, call.failed"),
        ),
        (
            '[[close]]\nwhen = "call.no-answer"',
            CloseRule(when=("call.no-answer",), name="call.no-answer", unless_other_channels_active=True),
        ),
        (
            '[[close]]\nwhen = "participant.removed"\nparticipant = "customer"',
            CloseRule(
                when=("participant.removed",), name="participant.removed", participant="customer",
                unless_other_channels_active=True,
            ),
        ),
        (
            '[[close]]\nwhen = ["message.received", "communication.created"]\nkeywords = ["A", "A"]\nname = "stop"',
            CloseRule(when=("message.received", "communication.created"), name="stop", keywords=("A",)),
        ),
        (
            '[[close]]\nwhen = "intelligence.result"\noperators = "Resolution"\nlabels = ["resolved"]\nafter = "1d"',
            CloseRule(
                when=("intelligence.result",), name="intelligence.result", operators=("Resolution",),
                labels=("resolved",), after=86400,
            ),
        ),
        ("[[close]]\r\nwhen = 'call.busy'\r\n", parse('[[close]]\nwhen = "call.busy"').close[0]),
        ('close = [{ when = "call.busy" }]', parse('[[close]]\nwhen = "call.busy"').close[0]),
    ],
)  # fmt: skip
def test_close_rules_are_read(text: str, expected: CloseRule) -> None:
    """Each member as it is meant, however TOML lets it be written."""
    assert (expected,) == parse(text).close


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SAID, ObserveRule(when="communication.created", name="communication.created", template="{text}")),
        (
            SAID + 'name = "said"\ntemplate = "{{{channel}}} {text}"\nsource = "crm 1"\nchannels = ["VOICE"]',
            ObserveRule(
                when="communication.created", name="said", template="{{{channel}}} {text}", source="crm 1",
                channels=("VOICE",),
            ),
        ),
        (
            RECORD + 'template = "{duration}"\nconfigurations = ["conv_configuration_1"]',
            ObserveRule(
                when="conversation.closed", name="conversation.closed", template="{duration}",
                configurations=("conv_configuration_1",),
            ),
        ),
        (
            '[[observe]]\nwhen = "intelligence.result"\noperators = ["Summary", "Sentiment"]',
            ObserveRule(
                when="intelligence.result", name="intelligence.result", template="{operator}: {result}",
                operators=("Summary", "Sentiment"),
            ),
        ),
    ],
)  # fmt: skip
def test_observe_rules_are_read(text: str, expected: ObserveRule) -> None:
    """A rule without a template has that of its event."""
    assert (expected,) == parse(text).observe


def test_who_is_who_and_who_is_forwarded_are_read() -> None:
    """Business addresses are kept without the prefix of their channel, in lower case."""
    rules = rules_of(
        "[customers]",
        'business_addresses = ["+12025550188", "whatsapp:+12025550188", "rcs:ACME_Support", "12345", "ai-agent"]',
        'types = ["CUSTOMER", "UNKNOWN"]',
        "[transcription]",
        'forward = "both"',
    )

    assert Customers(("+12025550188", "acme_support", "12345", "ai-agent"), ("CUSTOMER", "UNKNOWN")) == rules.customers
    assert "both" == rules.transcription.forward
