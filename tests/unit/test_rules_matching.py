"""From an event to what rules ask for."""

import msgspec
import pytest

from service.events.event import StoredEvent
from service.rules.asked import Asked, Author
from tests.rule_events import asked, close, communication, event, message, removed, result, results
from tests.rules_of import rules_of
from tests.sample_events import stored_event, transition

MINUTE = 60_000
QUIET = '[[close]]\nwhen = "conversation.inactivated"\n'
CALL = '[[close]]\nwhen = "call.completed"\n'
STOP = '[[close]]\nwhen = ["message.received", "communication.created"]\nname = "stop"\nkeywords = ["STOP", "Größe"]\n'
LEFT = '[[close]]\nwhen = "participant.removed"\n'
RESOLVED = '[[close]]\nwhen = "intelligence.result"\nlabels = ["Resolved"]\n'
SAID = '[[observe]]\nwhen = "communication.created"\n'
FOUND = '[[observe]]\nwhen = "intelligence.result"\n'
OURS = '[customers]\nbusiness_addresses = ["+12025550188"]\n'

GONE = transition("INACTIVE", "ACTIVE")
MADE_WITH = stored_event(
    kind="CONVERSATION_UPDATED", status="INACTIVE", previous_status="ACTIVE", data=b'{"configurationId":"conf_1"}'
)
ENDED = event("call.completed", {"CallSid": "CA1", "CallStatus": "completed"})


@pytest.mark.parametrize(
    ("text", "happened", "expected"),
    [
        pytest.param(QUIET, GONE, close("conversation.inactivated"), id="quiet"),
        pytest.param(
            QUIET + 'name = "q"\nafter = "10m"\nchannels = ["SMS"]\nconfigurations = ["conf_1"]', GONE,
            close("q", 600, channels=("SMS",), configurations=("conf_1",)), id="what the event does not say",
        ),
        pytest.param(
            QUIET + 'configurations = ["conf_2", "conf_1"]', MADE_WITH, close("conversation.inactivated"),
            id="its configuration",
        ),
        pytest.param(
            CALL, ENDED,
            close("call.completed", unless_other_channels_active=True, channel="VOICE", channel_id="CA1"), id="call",
        ),
        pytest.param(
            CALL + 'unless_other_channels_active = false\nchannels = ["VOICE"]', ENDED,
            close("call.completed", channel="VOICE", channel_id="CA1"), id="call, whatever else is active",
        ),
        pytest.param(STOP, message(" stop\n"), close("stop", channel="SMS", channel_id="SM1"), id="message"),
        pytest.param(
            STOP, message("GRÖSSE", "whatsapp:+12025550123"), close("stop", channel="WHATSAPP", channel_id="SM1"),
            id="whatsapp",
        ),
        pytest.param(
            STOP + OURS,
            communication(content={"type": "TEXT", "text": "Stop"}, channelId="SM2"),
            close(
                "stop", channel="SMS", channel_id="SM2",
                author=Author(("CUSTOMER",), "conv_participant_1", "+12025550123"),
            ),
            id="communication",
        ),
        pytest.param(
            LEFT, removed("HUMAN_AGENT", ("SMS", "+12025550188")),
            close("participant.removed", unless_other_channels_active=True, channel="SMS"), id="somebody left",
        ),
        pytest.param(
            LEFT, removed(None, ("SMS", "+1"), ("VOICE", "+1")),
            close("participant.removed", unless_other_channels_active=True), id="who was on two channels left",
        ),
        pytest.param(
            LEFT + 'participant = "customer"\nunless_other_channels_active = false',
            removed("CUSTOMER", ("SMS", "+12025550123")), close("participant.removed", channel="SMS"),
            id="the customer left",
        ),
        pytest.param(
            LEFT + 'participant = "business"\nunless_other_channels_active = false\n' + OURS,
            removed("CUSTOMER", ("WHATSAPP", "whatsapp:+12025550188")),
            close("participant.removed", channel="WHATSAPP"),
            id="an address of the business, whatever type Twilio gave it",
        ),
        pytest.param(
            RESOLVED, results(result("Mood", {"text": "good"}), result("Outcome", {"label": "resolved"}, ("SMS",))),
            close("intelligence.result", channel="SMS"), id="label",
        ),
        pytest.param(
            RESOLVED, results(result("Outcome", {"payload": '{"label":"resolved"}'})), close("intelligence.result"),
            id="label in a payload",
        ),
        pytest.param(
            RESOLVED, results(result("Outcome", {"result": {"label": "RESOLVED"}})), close("intelligence.result"),
            id="label in a result",
        ),
        pytest.param(
            RESOLVED + 'operators = ["intelligence_operator_outcome"]',
            results(result("Outcome", {"label": "resolved"})),
            close("intelligence.result"), id="operator by id",
        ),
    ],
)  # fmt: skip
def test_a_close_is_asked_for(text: str, happened: StoredEvent, expected: Asked) -> None:
    """What the event itself says is decided; the rest goes with the job."""
    assert (expected,) == asked(rules_of(text), happened)


@pytest.mark.parametrize(
    ("text", "happened"),
    [
        pytest.param("", GONE, id="no rule"),
        pytest.param(QUIET, transition("CLOSED", "ACTIVE"), id="another event"),
        pytest.param(QUIET, stored_event(kind="conversation.inactivated", conversation_id=None), id="other kind"),
        pytest.param(QUIET + 'configurations = ["conf_2"]', MADE_WITH, id="another configuration"),
        pytest.param(CALL, event("call.ringing", {"CallSid": "CA1"}), id="a call that goes on"),
        pytest.param(CALL, event("call.completed", {"CallSid": "CA2", "ParentCallSid": "CA1"}), id="a leg of a call"),
        pytest.param(CALL, msgspec.structs.replace(ENDED, conversation_id=None), id="no conversation"),
        pytest.param(CALL, msgspec.structs.replace(ENDED, late=True), id="late"),
        pytest.param(STOP, message("Please stop"), id="more than the word"),
        pytest.param(STOP, message(""), id="no text"),
        pytest.param(STOP + OURS, message("stop", "+12025550188"), id="our own message"),
        pytest.param(STOP + 'channels = ["WHATSAPP"]', message("stop"), id="another channel"),
        pytest.param(STOP, communication(content={"type": "TEXT", "text": "go on"}), id="another text"),
        pytest.param(STOP, communication(content=None), id="no content"),
        pytest.param(
            STOP + OURS,
            communication({"address": "+12025550188", "channel": "SMS"}, content={"type": "TEXT", "text": "stop"}),
            id="our own communication",
        ),
        pytest.param(LEFT + 'participant = "customer"', removed("HUMAN_AGENT", ("SMS", "+1")), id="an agent left"),
        pytest.param(LEFT + 'participant = "customer"', removed("UNKNOWN", ("CHAT", "a")), id="nobody knows who"),
        pytest.param(LEFT + 'participant = "business"', removed(None), id="of no type"),
        pytest.param(LEFT + 'participant = "customer"\n' + OURS, removed("CUSTOMER", ("SMS", "+12025550188")), id="us"),
        pytest.param(RESOLVED, results(result("Outcome", {"label": "open"})), id="another label"),
        pytest.param(RESOLVED, results(result("Outcome", {"text": "It is resolved."})), id="a text is no label"),
        pytest.param(RESOLVED, results(), id="no result"),
        pytest.param(
            RESOLVED + 'operators = ["Outcome"]',
            results(result("Mood", {"label": "resolved"}), result("Outcome", {})),
            id="the label of another operator",
        ),
        pytest.param(SAID + OURS, communication({"address": "+12025550188", "channel": "SMS"}), id="what we said"),
        pytest.param(SAID + 'channels = ["VOICE"]', communication(), id="said elsewhere"),
        pytest.param(FOUND + 'operators = ["Summary"]', results(result("Mood", {})), id="found by another operator"),
    ],
)
def test_nothing_is_asked_for(text: str, happened: StoredEvent) -> None:
    """No rule waits for it, or it is not what a rule waits for."""
    assert () == asked(rules_of(text), happened)
