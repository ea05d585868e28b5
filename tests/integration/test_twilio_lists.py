"""Lists of Twilio's API: pages, and items that are less than what they stand for."""

from collections.abc import Iterator
from typing import Any

import pytest

from service.twilio.api import TwilioApis
from service.twilio.api import caller as calling
from service.twilio.errors import UnreachableError
from tests.scripted_twilio import Reply, ScriptedTwilio
from tests.twilio_access import apis_of

TIMES = {"createdAt": "2026-11-20T14:03:10.114Z", "updatedAt": "2026-11-20T14:03:11Z"}
WHOLE = {"id": "conv_1", "status": "ACTIVE", "name": None, **TIMES}


@pytest.fixture
def apis(scripted: ScriptedTwilio) -> Iterator[TwilioApis]:
    """The clients of all APIs."""
    with apis_of(scripted) as found:
        yield found


def page(*items: Any, **meta: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return a page of conversations."""
    return {"conversations": list(items), "meta": {"key": "conversations", "pageSize": 100, **meta}}


def test_pages_are_read_until_there_is_no_next_token(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """A token is sent back as it came, and an empty page is not the end."""
    others = [{**WHOLE, "id": f"conv_{number}"} for number in (2, 3)]
    scripted.answers(
        page(WHOLE, nextToken="a+b/c="),
        page(nextToken="2"),
        page(others[0], nextToken=3),
        page(others[1], nextToken=None),
    )

    assert ["conv_1", "conv_2", "conv_3"] == [found.id for found in apis.conversations.list(statuses=["ACTIVE"])]
    query = "/v2/Conversations?status=ACTIVE&pageSize=100"
    assert [query, f"{query}&pageToken=a%2Bb%2Fc%3D", f"{query}&pageToken=2", f"{query}&pageToken=3"] == [
        target for _, target in scripted.calls
    ]


@pytest.mark.parametrize(
    "last",
    [
        {"conversations": []}, {"conversations": [], "meta": None}, page(), page(nextToken=None), page(nextToken=""),
        page(nextToken=False), page(nextToken={}), page(previousToken="x"),
    ],
)  # fmt: skip
def test_a_list_ends_in_many_ways(scripted: ScriptedTwilio, apis: TwilioApis, last: dict[str, Any]) -> None:
    """Without a token there is no next page, however that is said."""
    scripted.answers(last)

    assert [] == list(apis.conversations.list())
    assert 1 == len(scripted.asked)


@pytest.mark.parametrize("tokens", [("a", "a"), ("a", "b", "a"), ("a", "b", "c", "b")])
def test_a_circle_of_pages_is_no_list(scripted: ScriptedTwilio, apis: TwilioApis, tokens: tuple[str, ...]) -> None:
    """A token that was there before would lead round for ever."""
    scripted.answers(*(page(nextToken=token) for token in tokens))
    with pytest.raises(UnreachableError, match="circle"):
        list(apis.conversations.list())

    assert len(tokens) == len(scripted.asked)


def test_an_endless_list_is_given_up(
    scripted: ScriptedTwilio, apis: TwilioApis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New tokens for ever are a fault, too."""
    monkeypatch.setattr(calling, "MOST_PAGES", 3)
    scripted.answers(*(page(nextToken=f"t{number}") for number in range(9)))
    with pytest.raises(UnreachableError, match="within 3 pages"):
        list(apis.conversations.list())

    assert 3 == len(scripted.asked)


@pytest.mark.parametrize("body", [{}, {"conversations": None}, {"conversations": {}}, {"items": [WHOLE]}])
def test_a_page_without_a_list_is_no_answer(scripted: ScriptedTwilio, apis: TwilioApis, body: dict[str, Any]) -> None:
    """To take it for an empty one would hide what is there."""
    scripted.answers(body)

    with pytest.raises(UnreachableError, match="no list of conversations"):
        list(apis.conversations.list())


@pytest.mark.parametrize(
    "item",
    [
        {"id": "conv_1"},
        {"id": "conv_1", "status": "ACTIVE"},
        {**WHOLE, "status": None},
        {**WHOLE, "updatedAt": None},
        "conv_1",
    ],
)
def test_a_partial_item_is_fetched_by_itself(scripted: ScriptedTwilio, apis: TwilioApis, item: object) -> None:
    """What is needed and not there is asked for, once."""
    scripted.answers(page(item, {**WHOLE, "id": "conv_2"}), WHOLE)
    found = list(apis.conversations.list())

    assert [
        ("conv_1", "ACTIVE", "2026-11-20T14:03:11.000000Z"),
        ("conv_2", "ACTIVE", "2026-11-20T14:03:11.000000Z"),
    ] == [(each.id, each.status, each.updated_at) for each in found]
    assert WHOLE == found[0].raw
    assert ["/v2/Conversations?pageSize=100", "/v2/Conversations/conv_1"] == [target for _, target in scripted.calls]


def test_the_older_names_of_times_will_do(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """`dateCreated` was seen in place of `createdAt`."""
    times = {"dateCreated": TIMES["createdAt"], "dateUpdated": TIMES["updatedAt"]}
    scripted.answers(page({"id": "conv_1", "status": "CLOSED", **times}))
    (found,) = apis.conversations.list()

    assert ("2026-11-20T14:03:10.114000Z", "2026-11-20T14:03:11.000000Z") == (found.created_at, found.updated_at)
    assert 1 == len(scripted.asked)


def test_a_partial_item_that_has_gone_is_passed_over(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """It was deleted between the list and our look."""
    scripted.says(Reply(body=page({"id": "conv_1"}, WHOLE)), Reply(404, {"code": 20404}))

    assert ["conv_1"] == [found.id for found in apis.conversations.list()]


@pytest.mark.parametrize("item", [{}, {"id": None}, {"id": 5}, "", None, 5, ["conv_1"]])
def test_an_item_without_an_id_is_no_answer(scripted: ScriptedTwilio, apis: TwilioApis, item: object) -> None:
    """Nobody can ask for it."""
    scripted.answers(page(item))

    with pytest.raises(UnreachableError, match="item without an id"):
        list(apis.conversations.list())


def test_an_inline_configuration_has_no_id(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """`configurationId` may be null; the snapshot still names the store."""
    scripted.answers({**WHOLE, "configurationId": None, "configuration": {"memoryStoreId": "mem_store_1"}})
    found = apis.conversations.fetch("conv_1")

    assert (None, "mem_store_1") == (found.configuration_id, found.memory_store_id)


def test_who_takes_part(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """Type, profile and addresses, of a partial item too; what is no address is left out."""
    address = {"channel": "SMS", "address": "+12025550123", "channelId": "SM1"}
    customer = {"id": "p_1", "type": "CUSTOMER", "profileId": "mem_profile_1", "addresses": [address, {}, None]}
    scripted.answers({"participants": [{"id": "p_1"}, {"id": "p_2", "addresses": []}]}, customer)
    found = [
        (each.id, each.type, each.profile_id, [(a.channel, a.address, a.channel_id) for a in each.addresses])
        for each in apis.conversations.participants("conv_1")
    ]

    assert [
        ("p_1", "CUSTOMER", "mem_profile_1", [("SMS", "+12025550123", "SM1")]), ("p_2", None, None, []),
    ] == found  # fmt: skip


SAID = {
    "id": "c_1", "createdAt": "2026-11-20T14:03:10.114Z", "occurredAt": "2026-11-20T14:03:09Z", "channelId": "SM1",
    "resourceId": "SM1", "content": {"type": "TEXT", "text": "Hello"},
    "author": {"address": "+12025550123", "channel": "SMS", "participantId": "p_1"},
    "recipients": [{"address": "+12025550188", "channel": "SMS", "deliveryStatus": "DELIVERED"}],
}  # fmt: skip


def test_a_communication_says_who_and_when(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """All but what was said."""
    scripted.answers({"communications": [SAID]})
    (found,) = apis.conversations.communications("conv_1")

    assert found.author is not None
    assert ("p_1", "+12025550123", "SMS") == (found.author.participant_id, found.author.address, found.author.channel)
    assert ["DELIVERED"] == [party.delivery_status for party in found.recipients]
    assert ("SM1", "SM1", "2026-11-20T14:03:09.000000Z") == (found.channel_id, found.resource_id, found.occurred_at)
    assert (None, None) == (found.raw, found.text)


def test_a_text_is_there_for_whoever_asks_for_the_whole(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """From the list and by itself, also for items that had to be fetched."""
    scripted.answers({"communications": [SAID, {"id": "c_2"}]}, {**SAID, "id": "c_2"}, SAID)
    listed = list(apis.conversations.communications("conv_1", needed=("author",), whole=True))
    single = apis.conversations.communication("conv_1", "c_1", whole=True)

    assert ["Hello"] * 3 == [each.text for each in (*listed, single)]
    assert SAID == single.raw


def test_a_configuration_tells_what_lint_and_voice_need(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """Channel settings stay Twilio's own; the rest is read, with Twilio's defaults."""
    voice = {"VOICE": {"captureRules": [{"from": "*", "to": "+12025550188"}], "statusTimeouts": None}}
    whole = {
        "id": "conf_1", "displayName": "Care", "memoryStoreId": "mem_store_1", "channelSettings": voice,
        "statusCallbacks": [{"url": "https://hooks.example.com/twilio/orchestrator"}, {"url": "x", "method": "GET"}],
        "memoryExtractionEnabled": True, "intelligenceConfigurationIds": ["ic_1"], "version": 3,
        "conversationGroupingType": "GROUP_BY_PROFILE",
    }  # fmt: skip
    scripted.answers({"configurations": [{"id": "conf_1", "displayName": "Care"}]}, whole)
    (found,) = apis.configurations.list()

    assert ("conf_1", "Care", "mem_store_1", voice) == (
        found.id, found.display_name, found.memory_store_id, found.channel_settings,
    )  # fmt: skip
    assert ["POST", "GET"] == [callback.method for callback in found.status_callbacks]
    assert (True, ("ic_1",), 3, "GROUP_BY_PROFILE") == (
        found.memory_extraction_enabled, found.intelligence_configuration_ids, found.version, found.grouping_type,
    )  # fmt: skip


def test_a_result_that_the_list_left_out_is_fetched(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """What the operator found is the point of it."""
    result = {
        "id": "r_1", "conversationId": "conv_1", "operator": {"id": "op_1"}, "outputFormat": "CLASSIFICATION",
        "result": {"label": "angry"}, "dateCreated": "2026-11-20T14:03:10Z",
    }  # fmt: skip
    scripted.answers({"items": [{"id": "r_1"}]}, result)
    (found,) = apis.intelligence.operator_results(conversation_id="conv_1")

    assert ("conv_1", "op_1", "CLASSIFICATION", {"label": "angry"}, "2026-11-20T14:03:10.000000Z") == (
        found.conversation_id, found.operator_id, found.output_format, found.raw["result"], found.created_at,
    )  # fmt: skip


def test_the_classic_api_writes_numbers_both_ways(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """A call's duration is text there, a message's error code a number."""
    scripted.answers(
        {"sid": "SM1", "status": "undelivered", "error_code": 30003, "direction": "outbound-api"},
        {"sid": "CA1", "status": "completed", "duration": "65", "direction": "inbound"},
        {"sid": "CA2", "status": "in-progress", "duration": None},
    )
    message, ended, lasting = apis.classic.message("SM1"), apis.classic.call("CA1"), apis.classic.call("CA2")

    assert ("undelivered", 30003, 65, None) == (message.status, message.error_code, ended.duration, lasting.duration)
