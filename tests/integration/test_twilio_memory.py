"""Conversation Memory: lookups in both shapes, observations, and profiles that have been merged."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service.twilio.api import TwilioApis
from service.twilio.errors import MissingError, MovedError, ThrottledError, UnreachableError
from service.twilio.resources.memory import NewObservation
from tests.scripted_twilio import Reply, ScriptedTwilio, scripted_twilio
from tests.twilio_access import apis_of

STORE = "mem_store_1"
PROFILES = f"/v1/Stores/{STORE}/Profiles"
OBSERVATION = NewObservation("Prefers mornings.", "event-processor", "2026-11-20T14:03:09Z")


@pytest.fixture
def apis(scripted: ScriptedTwilio) -> Iterator[TwilioApis]:
    """The clients of all APIs."""
    with apis_of(scripted) as found:
        yield found


@pytest.mark.parametrize(
    ("profiles", "ids"),
    [
        (["mem_profile_1", "mem_profile_2"], ("mem_profile_1", "mem_profile_2")),
        ([{"id": "mem_profile_1"}, {"id": "mem_profile_2"}], ("mem_profile_1", "mem_profile_2")),
        (["mem_profile_1", {"id": "mem_profile_1"}], ("mem_profile_1",)),
        ([None, {}, "", 5, "mem_profile_1"], ("mem_profile_1",)),
        ([], ()),
        (None, ()),
    ],
)
def test_a_lookup_finds_ids_in_either_shape(
    scripted: ScriptedTwilio, apis: TwilioApis, profiles: object, ids: tuple[str, ...]
) -> None:
    """Plain ids, or objects that have one."""
    scripted.answers({"normalizedValue": "+12025550123", "profiles": profiles})
    found = apis.memory.lookup(STORE, "phone", "+1 202 555 0123")

    assert ("+12025550123", ids) == (found.normalized_value, found.profile_ids)


@pytest.mark.parametrize("reply", [Reply(202, {"message": "accepted"}), Reply(202), Reply(202, {"statusUrl": "x"})])
def test_observations_are_accepted(scripted: ScriptedTwilio, apis: TwilioApis, reply: Reply) -> None:
    """Whatever the 202 holds, the profile has them."""
    scripted.says(reply)

    assert "mem_profile_1" == apis.memory.observe(STORE, "mem_profile_1", [OBSERVATION] * 10)
    assert 10 == len(scripted.asked[0].json["observations"])


@pytest.mark.parametrize("number", [0, 11])
def test_more_or_fewer_than_a_call_takes_are_not_sent(scripted: ScriptedTwilio, apis: TwilioApis, number: int) -> None:
    """Twilio would refuse them all."""
    with pytest.raises(ValueError, match=f"{number} observations"):
        apis.memory.observe(STORE, "mem_profile_1", [OBSERVATION] * number)

    assert [] == scripted.asked


def test_a_refused_array_is_not_tried_in_another_shape(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """Another client posts a bare object; two shapes might make two observations."""
    scripted.says(Reply(400, {"code": 520001, "message": "Bad request"}))
    with pytest.raises(Exception, match="400 code 520001"):
        apis.memory.observe(STORE, "mem_profile_1", [OBSERVATION])

    assert 1 == len(scripted.asked)


def test_a_throttled_observation_says_when(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """Memory does say how long to wait."""
    scripted.says(Reply(429, {"code": 20429}, {"Retry-After": "12"}))
    with pytest.raises(ThrottledError) as caught:
        apis.memory.observe(STORE, "mem_profile_1", [OBSERVATION])

    assert 12 == caught.value.retry_after


def test_what_is_remembered_is_read_page_by_page(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """With all that is needed to recognise one's own."""
    item = {
        "id": "mem_observation_1", "content": "Prefers mornings.", "source": "event-processor",
        "occurredAt": "2026-11-20T14:03:09Z", "createdAt": "2026-11-20T14:03:10.5Z", "conversationIds": ["conv_1"],
    }  # fmt: skip
    pages = [{"observations": [item], "meta": {"nextToken": "t"}}, {"observations": [{}]}]
    scripted.answers(*pages)
    found = apis.memory.observations(STORE, "mem_profile_1", source="event-processor")
    first = found.found[0]

    assert ("mem_profile_1", 2, "Prefers mornings.") == (found.profile_id, len(found.found), first.content)
    assert ("2026-11-20T14:03:10.500000Z", ("conv_1",)) == (first.created_at, first.conversation_ids)


def test_a_dead_store_is_missing(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """It is the only sign that there is."""
    scripted.says(Reply(body={"id": STORE, "status": "ACTIVE", "displayName": "care"}), Reply(404, {"code": 520404}))

    assert "ACTIVE" == apis.memory.store(STORE).status
    with pytest.raises(MissingError):
        apis.memory.store(STORE)


Call = Callable[[TwilioApis], str]
CALLS: dict[str, tuple[Call, str]] = {
    "POST": (lambda t: t.memory.observe(STORE, "mem_profile_1", [OBSERVATION]), "/Observations"),
    "GET": (
        lambda t: t.memory.observations(STORE, "mem_profile_1").profile_id, "/Observations?pageSize=50&orderBy=ASC",
    ),
    "GET profile": (lambda t: t.memory.profile(STORE, "mem_profile_1").id, ""),
}  # fmt: skip


@pytest.mark.parametrize("status", [301, 308])
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Canonical-Profile-Id": "mem_profile_2", "Location": "/v1/Stores/mem_store_1/Profiles/mem_profile_2"},
        {"Canonical-Profile-Id": "mem_profile_2"},
        {"Location": "/v1/Stores/mem_store_1/Profiles/mem_profile_2"},
        {"Location": "HOST/v1/Stores/mem_store_1/Profiles/mem_profile_2/Observations?x=1"},
        {"Canonical-Profile-Id": "mem_profile_2", "Location": "https://other.example/"},
    ],
)
def test_a_merged_profile_is_followed(
    scripted: ScriptedTwilio, apis: TwilioApis, status: int, name: str, headers: dict[str, str]
) -> None:
    """By the same method, with the same body, under the id that it has now; and the caller learns that id."""
    call, rest = CALLS[name]
    sent = {key: value.replace("HOST", scripted.url) for key, value in headers.items()}
    scripted.says(Reply(status, headers=sent), Reply(202 if name == "POST" else 200, {"observations": []}))

    assert "mem_profile_2" == call(apis)
    first, second = scripted.asked
    method = name.partition(" ")[0]
    assert [(method, f"{PROFILES}/mem_profile_{number}{rest}") for number in (1, 2)] == scripted.calls
    assert first.body == second.body


@pytest.mark.parametrize("call", [call for call, _ in CALLS.values()], ids=list(CALLS))
@pytest.mark.parametrize(
    "location",
    [
        "OTHER/v1/Stores/mem_store_1/Profiles/mem_profile_2",
        "//OTHER/v1/Stores/mem_store_1/Profiles/mem_profile_2",
        "/v1/Stores/mem_store_2/Profiles/mem_profile_2",
        "/v2/Stores/mem_store_1/Profiles/mem_profile_2",
        "/v1/Stores/mem_store_1/Profiles/",
        "/v1/Stores/mem_store_1/Profiles",
        "/",
        "http://[broken",
        "",
    ],
)
def test_a_redirect_to_anything_else_is_refused(
    scripted: ScriptedTwilio, apis: TwilioApis, call: Call, location: str
) -> None:
    """Another host must never see our credentials, and another store's profile is not this one."""
    with scripted_twilio() as other:
        place = location.replace("//OTHER", other.url.removeprefix("http:")).replace("OTHER", other.url)
        scripted.says(Reply(308, headers={"Location": place} if place else {}))
        with pytest.raises(MovedError):
            call(apis)

        assert [1, 0] == [len(scripted.asked), other.connections]


def test_profiles_that_lead_round_in_a_circle_are_given_up(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """One that was asked before cannot be where it is now."""
    scripted.says(*(Reply(308, headers={"Canonical-Profile-Id": f"mem_profile_{number}"}) for number in (2, 3, 1)))
    with pytest.raises(MovedError):
        apis.memory.profile(STORE, "mem_profile_1")

    assert 3 == len(scripted.asked)


def test_a_profile_that_moves_on_for_ever_is_given_up(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """A handful of merges is plenty."""
    scripted.says(*(Reply(308, headers={"Canonical-Profile-Id": f"mem_profile_{number}"}) for number in range(2, 30)))
    with pytest.raises(MovedError):
        apis.memory.profile(STORE, "mem_profile_1")

    assert 6 == len(scripted.asked)


def test_an_observation_after_a_merge_may_be_unclear_too(scripted: ScriptedTwilio, apis: TwilioApis) -> None:
    """The call that follows is made once, as the first one was."""
    scripted.says(Reply(308, headers={"Canonical-Profile-Id": "mem_profile_2"}), Reply(silent=True))
    with pytest.raises(UnreachableError) as caught:
        apis.memory.observe(STORE, "mem_profile_1", [OBSERVATION])

    assert (True, 2) == (caught.value.sent, len(scripted.asked))


@pytest.mark.parametrize("body", [{"traits": {"Contact": {"name": "Ann"}}}, {"id": "mem_profile_1", "traits": None}])
def test_a_profile_has_traits(scripted: ScriptedTwilio, apis: TwilioApis, body: dict[str, Any]) -> None:
    """Or none."""
    scripted.answers(body)
    found = apis.memory.profile(STORE, "mem_profile_1")

    assert ("mem_profile_1", body["traits"] or {}) == (found.id, found.traits)
