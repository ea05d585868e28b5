"""Writing configurations: not every Twilio knows PATCH, and what can only be read is never written."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from service.twilio.api import ConfigurationsApi, TwilioApis
from service.twilio.errors import ConflictError, MissingError, RejectedError, UnauthorizedError
from service.twilio.resources.operation import Operation
from tests.scripted_twilio import Reply, ScriptedTwilio
from tests.twilio_access import apis_of

KEY = "0f0e6a52-8f5e-4a3f-9f0f-2f6f5f1f7a10"
ACCEPTED = Reply(202, {"related": {"configurationId": "conf_1"}}, {"Operation-Id": "op_1"})
FETCHED = {
    "id": "conf_1", "displayName": "Care", "description": "", "version": 3, "createdAt": "2026-11-20T14:03:10Z",
    "conversationGroupingType": "GROUP_BY_PROFILE", "memoryStoreId": "mem_store_1", "memoryExtractionEnabled": True,
    "channelSettings": {"SMS": {"captureRules": []}, "VOICE": {"captureRules": []}}, "conversationsV1Bridge": None,
}  # fmt: skip


@pytest.fixture
def apis(scripted: ScriptedTwilio) -> Iterator[TwilioApis]:
    """The clients of all APIs."""
    with apis_of(scripted) as found:
        yield found


@pytest.mark.parametrize("status", [404, 405])
def test_where_there_is_no_patch_the_configuration_is_replaced(
    scripted: ScriptedTwilio, apis: TwilioApis, status: int
) -> None:
    """Read, change, write: with the effect of the PATCH, without read-only members, the grouping type as it was."""
    scripted.says(Reply(status, {"code": 20404}), Reply(body=FETCHED), ACCEPTED)
    changes = {"displayName": "Support", "channelSettings": {"SMS": None, "WHATSAPP": {"captureRules": []}}}
    apis.configurations.patch("conf_1", changes, KEY)

    assert ["PATCH", "GET", "PUT"] == [method for method, _ in scripted.calls]
    assert {
        "displayName": "Support", "description": "", "conversationGroupingType": "GROUP_BY_PROFILE",
        "memoryStoreId": "mem_store_1", "memoryExtractionEnabled": True,
        "channelSettings": {"VOICE": {"captureRules": []}, "WHATSAPP": {"captureRules": []}},
    } == scripted.asked[2].json  # fmt: skip


def test_the_replacement_has_a_key_of_its_own(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """Under the PATCH's key Twilio would repeat its refusal; a repetition of the whole has the same two keys."""
    for _ in range(2):
        scripted.says(Reply(405), Reply(body=FETCHED), ACCEPTED)
        apis.configurations.patch("conf_1", {"displayName": "Support"}, KEY)
    keys = [asked.headers["idempotency-key"] for asked in scripted.asked if "idempotency-key" in asked.headers]

    assert keys[:2] == keys[2:]
    assert [KEY, True] == [keys[0], str(uuid.UUID(keys[1])) != KEY]


def test_a_configuration_that_does_not_exist_is_missing(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """A 404 to the PATCH may mean either; the look tells."""
    scripted.says(Reply(404), Reply(404))
    with pytest.raises(MissingError):
        apis.configurations.patch("conf_1", {"displayName": "Support"})

    assert ["PATCH", "GET"] == [method for method, _ in scripted.calls]


@pytest.mark.parametrize(("status", "kind"), [(400, RejectedError), (409, ConflictError), (403, UnauthorizedError)])
def test_a_refused_patch_is_not_replaced(
    scripted: ScriptedTwilio, apis: TwilioApis, status: int, kind: type[Exception]
) -> None:
    """Twilio knows the call and says no."""
    scripted.says(Reply(status))
    with pytest.raises(kind):
        apis.configurations.patch("conf_1", {"displayName": "Support"})

    assert 1 == len(scripted.asked)


def test_the_grouping_type_cannot_be_changed(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """Twilio may ignore it in silence, so nobody may ask for it."""
    with pytest.raises(ValueError, match="fixed"):
        apis.configurations.patch("conf_1", {"conversationGroupingType": "GROUP_BY_PROFILE"})

    assert [] == scripted.asked


WRITES: list[Callable[[ConfigurationsApi], Operation]] = [
    lambda api: api.create({}), lambda api: api.replace("conf_1", {}), lambda api: api.delete("conf_1"),
]  # fmt: skip


@pytest.mark.parametrize("write", WRITES, ids=["create", "replace", "delete"])
def test_a_conflict_names_the_other(
    scripted: ScriptedTwilio, apis: TwilioApis, write: Callable[[ConfigurationsApi], Operation]
) -> None:
    """409 carries the id of what stands in the way."""
    scripted.says(Reply(409, {"code": 20409}, {"X-Conflicting-Resource-Id": "conf_2"}))
    with pytest.raises(ConflictError) as caught:
        write(apis.configurations)

    assert "conf_2" == caught.value.resource_id
