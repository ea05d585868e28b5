"""Every call of Twilio's API that we make, as it leaves us: method, path, query and body, to the byte."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.twilio.api import Address, NewParticipant, TwilioApis
from service.twilio.errors import MissingError, UnreachableError
from service.twilio.resources.memory import NewObservation
from tests.scripted_twilio import Reply, ScriptedTwilio
from tests.twilio_access import ACCOUNT, apis_of

CONVERSATION = "conv_conversation_01ka2cpvty9m7am85dxw0gvqhf"
CONFIGURATION = "conv_configuration_01ka2cpvty9m7am85dxw0gvqhf"
STORE, PROFILE = "mem_store_1", "mem_profile_1"
KEY = "0f0e6a52-8f5e-4a3f-9f0f-2f6f5f1f7a10"
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
IN_THE_HOUR = (
    "pageSize=50&orderBy=DESC&source=event+processor"
    "&createdAfter=2026-11-20T14%3A03%3A09%2B00%3A00&createdBefore=2026-11-20T15%3A03%3A09Z"
)
OF_ONE_OPERATOR = "conversationId=conv_1&intelligenceConfigurationId=ic_1&operatorId=op_1&pageSize=100"
IN_THE_MONTH = (
    "status=ACTIVE&conversationConfigurationId=conf_1"
    "&createdAtAfter=2026-11-01T00%3A00%3A00.000Z&createdAtBefore=2026-12-02T00%3A00%3A00.000Z&pageSize=100"
)
OBSERVATION = NewObservation(
    "Prefers morning delivery.", "event-processor", "2026-11-20T14:03:09Z", (CONVERSATION, "an-odd-id")
)
CUSTOMER = NewParticipant((Address("VOICE", "+12025550123", "CA1"),), "CUSTOMER", "Ann", PROFILE)
AGENT = NewParticipant((Address("VOICE", "+12025550188"),))


def empty(member: str) -> dict[str, Any]:
    """Return the page of a list without items."""
    return {member: [], "meta": {"pageSize": 100, "nextToken": None}}


CALLS: dict[str, tuple[Callable[[TwilioApis], Any], Any, str, str, Any]] = {
    "fetch": (lambda t: t.conversations.fetch("conv_1"), {}, "GET", "/v2/Conversations/conv_1", None),
    "an id that needs quoting": (
        lambda t: t.conversations.fetch("a/b c?d"), {}, "GET", "/v2/Conversations/a%2Fb%20c%3Fd", None,
    ),
    "close": (
        lambda t: t.conversations.close("conv_1"), {}, "PATCH", "/v2/Conversations/conv_1", {"status": "CLOSED"},
    ),
    "create, bare": (
        lambda t: t.conversations.create("conf_1"), {"id": "conv_1"}, "POST", "/v2/Conversations",
        {"configurationId": "conf_1"},
    ),
    "create": (
        lambda t: t.conversations.create("conf_1", [CUSTOMER, AGENT], "A call"), {"id": "conv_1"},
        "POST", "/v2/Conversations",
        {"configurationId": "conf_1", "name": "A call", "participants": [
            {"name": "Ann", "type": "CUSTOMER", "profileId": PROFILE,
             "addresses": [{"channel": "VOICE", "address": "+12025550123", "channelId": "CA1"}]},
            {"addresses": [{"channel": "VOICE", "address": "+12025550188"}]},
        ]},
    ),
    "list": (
        lambda t: list(t.conversations.list(statuses=("ACTIVE", "INACTIVE"), page_size=1000)), empty("conversations"),
        "GET", "/v2/Conversations?status=ACTIVE&status=INACTIVE&pageSize=1000", None,
    ),
    "list by channel": (
        lambda t: list(t.conversations.list(channel_id="CA1")), empty("conversations"),
        "GET", "/v2/Conversations?channelId=CA1&pageSize=100", None,
    ),
    "participants": (
        lambda t: list(t.conversations.participants("conv_1")), empty("participants"),
        "GET", "/v2/Conversations/conv_1/Participants?pageSize=100", None,
    ),
    "participant": (
        lambda t: t.conversations.participant("conv_1", "p_1"), {},
        "GET", "/v2/Conversations/conv_1/Participants/p_1", None,
    ),
    "communications": (
        lambda t: list(t.conversations.communications("conv_1", channel_id="CA1")), empty("communications"),
        "GET", "/v2/Conversations/conv_1/Communications?pageSize=100&channelId=CA1", None,
    ),
    "communication": (
        lambda t: t.conversations.communication("conv_1", "c_1"), {},
        "GET", "/v2/Conversations/conv_1/Communications/c_1", None,
    ),
    "configurations": (
        lambda t: list(t.configurations.list(memory_store_id=STORE)), empty("configurations"),
        "GET", f"/v2/ControlPlane/Configurations?pageSize=100&memoryStoreId={STORE}", None,
    ),
    "configuration": (
        lambda t: t.configurations.fetch("conf_1"), {}, "GET", "/v2/ControlPlane/Configurations/conf_1", None,
    ),
    "create a configuration": (
        lambda t: t.configurations.create({"displayName": "Care"}, KEY), {},
        "POST", "/v2/ControlPlane/Configurations", {"displayName": "Care"},
    ),
    "replace a configuration": (
        lambda t: t.configurations.replace("conf_1", {
            "id": "conf_1", "version": 3, "createdAt": "x", "updatedAt": "x", "traitExtractionStrategyIds": [],
            "observationExtractionStrategyIds": [], "redactionConfigurationId": "r", "conversationsV1Bridge": None,
            "description": "", "conversationGroupingType": "GROUP_BY_PROFILE", "memoryExtractionEnabled": False,
            "channelSettings": {"VOICE": {"statusTimeouts": None}},
        }, KEY), {},
        "PUT", "/v2/ControlPlane/Configurations/conf_1",
        {"description": "", "conversationGroupingType": "GROUP_BY_PROFILE", "memoryExtractionEnabled": False,
         "channelSettings": {"VOICE": {"statusTimeouts": None}}},
    ),
    "patch a configuration": (
        lambda t: t.configurations.patch("conf_1", {"channelSettings": {"SMS": None}}, KEY), {},
        "PATCH", "/v2/ControlPlane/Configurations/conf_1", {"channelSettings": {"SMS": None}},
    ),
    "delete a configuration": (
        lambda t: t.configurations.delete("conf_1", KEY), {}, "DELETE", "/v2/ControlPlane/Configurations/conf_1", None,
    ),
    "store": (lambda t: t.memory.store(STORE), {}, "GET", f"/v1/ControlPlane/Stores/{STORE}", None),
    "lookup": (
        lambda t: t.memory.lookup(STORE, "phone", "+12025550123"), {"profiles": []},
        "POST", f"/v1/Stores/{STORE}/Profiles/Lookup", {"idType": "phone", "value": "+12025550123"},
    ),
    "profile": (lambda t: t.memory.profile(STORE, PROFILE), {}, "GET", f"/v1/Stores/{STORE}/Profiles/{PROFILE}", None),
    "observe": (
        lambda t: t.memory.observe(STORE, PROFILE, [OBSERVATION]), {"message": "accepted"},
        "POST", f"/v1/Stores/{STORE}/Profiles/{PROFILE}/Observations",
        {"observations": [{
            "content": "Prefers morning delivery.", "source": "event-processor", "occurredAt": "2026-11-20T14:03:09Z",
            "conversationIds": [CONVERSATION],
        }]},
    ),
    "observations": (
        lambda t: t.memory.observations(
            STORE, PROFILE, source="event processor", created_after="2026-11-20T14:03:09+00:00",
            created_before="2026-11-20T15:03:09Z", newest_first=True,
        ), empty("observations"),
        "GET", f"/v1/Stores/{STORE}/Profiles/{PROFILE}/Observations?{IN_THE_HOUR}", None,
    ),
    "operator results": (
        lambda t: list(t.intelligence.operator_results(
            conversation_id="conv_1", configuration_id="ic_1", operator_id="op_1",
        )), empty("items"),
        "GET", f"/v3/OperatorResults?{OF_ONE_OPERATOR}", None,
    ),
    "operator result": (
        lambda t: t.intelligence.operator_result("r_1"), {}, "GET", "/v3/OperatorResults/r_1", None,
    ),
    "conversations by date": (
        lambda t: list(t.intelligence.conversations(
            SINCE, SINCE + timedelta(days=31), statuses=("ACTIVE",), configuration_id="conf_1",
        )), empty("items"),
        "GET", f"/v3/Conversations?{IN_THE_MONTH}", None,
    ),
    "message": (
        lambda t: t.classic.message("SM1"), {}, "GET", f"/2010-04-01/Accounts/{ACCOUNT}/Messages/SM1.json", None,
    ),
    "call": (lambda t: t.classic.call("CA1"), {}, "GET", f"/2010-04-01/Accounts/{ACCOUNT}/Calls/CA1.json", None),
}  # fmt: skip


@pytest.mark.parametrize(
    ("call", "body", "method", "target", "sent"), [pytest.param(*case, id=name) for name, case in CALLS.items()]
)
def test_a_call_is_exactly_this_request(
    scripted: ScriptedTwilio, call: Callable[[TwilioApis], Any], body: object, method: str, target: str, sent: object
) -> None:
    """One request, with these words and no others."""
    scripted.answers(body)
    with apis_of(scripted) as apis:
        call(apis)

    (asked,) = scripted.asked
    assert (method, target, sent) == (asked.method, asked.target, asked.json if asked.body else None)
    assert ("Basic U0sxOnNlY3JldA==", "application/json") == (asked.headers["authorization"], asked.headers["accept"])
    assert asked.headers["user-agent"].startswith("conversation-events/")
    assert ("application/json" if sent is not None else None) == asked.headers.get("content-type")


@pytest.mark.parametrize("base", ["", "/2010-04-01", "/2010-04-01/"])
def test_the_classic_api_is_found_under_either_base(scripted: ScriptedTwilio, base: str) -> None:
    """The version may stand in the setting or not."""
    with apis_of(scripted, twilio_api_url=f"{scripted.url}{base}") as apis:
        apis.classic.call("CA1")

    assert [("GET", f"/2010-04-01/Accounts/{ACCOUNT}/Calls/CA1.json")] == scripted.calls


def test_a_long_span_is_asked_for_in_windows(scripted: ScriptedTwilio) -> None:
    """Intelligence refuses more than 31 days at once."""
    scripted.answers(empty("items"), empty("items"), empty("items"))
    with apis_of(scripted) as apis:
        found = list(apis.intelligence.conversations(SINCE, SINCE + timedelta(days=70)))

    days = [target.split("createdAtAfter=")[1][:10] for _, target in scripted.calls]
    assert ([], ["2026-11-01", "2026-12-02", "2027-01-02"]) == (found, days)


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_an_id_that_names_another_path_is_asked_for_nowhere(scripted: ScriptedTwilio, name: str) -> None:
    """An empty id would list, or change, what nobody meant."""
    with apis_of(scripted) as apis, pytest.raises(MissingError, match="is no id"):
        apis.configurations.delete(name)

    assert [] == scripted.asked


def test_each_write_to_a_configuration_has_a_key(scripted: ScriptedTwilio) -> None:
    """The caller's own, or one that is never used twice."""
    with apis_of(scripted) as apis:
        apis.configurations.create({}, KEY)
        apis.configurations.replace("conf_1", {})
        apis.configurations.delete("conf_1")

    keys = [asked.headers["idempotency-key"] for asked in scripted.asked]
    assert [KEY, 36, 36, 3] == [keys[0], len(keys[1]), len(keys[2]), len(set(keys))]


def test_one_connection_serves_many_calls(scripted: ScriptedTwilio) -> None:
    """Connections are kept warm: a closed one would show as a request of its own."""
    with apis_of(scripted) as apis:
        for _ in range(3):
            apis.conversations.fetch("conv_1")

    assert [3, 1] == [len(scripted.asked), scripted.connections]


def test_a_created_conversation_without_id_is_an_unclear_outcome(scripted: ScriptedTwilio) -> None:
    """Something may have been created, but nobody can say what."""
    scripted.says(Reply(201, {"status": "ACTIVE"}))
    with apis_of(scripted) as apis, pytest.raises(UnreachableError, match="does not name the conversation"):
        apis.conversations.create("conf_1")
