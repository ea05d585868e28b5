"""Reading Twilio's resources: any JSON at all is survived, and nothing of a person reaches a log by chance."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.pretty import Pretty

from service.twilio.resources.classic import call_of, message_of
from service.twilio.resources.communication import communication_of
from service.twilio.resources.configuration import configuration_of, merged, writable
from service.twilio.resources.conversation import Address, NewParticipant, conversation_of, participant_of
from service.twilio.resources.intelligence import LONGEST_WINDOW, operator_result_of, windows
from service.twilio.resources.memory import NewObservation, lookup_of, observation_of, profile_of, store_of
from service.twilio.resources.operation import operation_of
from service.twilio.resources.reading import Resource, lacks

NAMES = st.sampled_from(
    ["id", "status", "createdAt", "dateCreated", "addresses", "author", "recipients", "content", "profiles", "related",
     "channelSettings", "statusCallbacks", "configuration", "traits", "operator", "error_code", "duration", "error"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=5),
    max_leaves=12,
)
READERS: dict[str, Callable[[Any], Resource]] = {
    "conversation": conversation_of,
    "participant": lambda body: participant_of(body, "conv_1"),
    "communication": lambda body: communication_of(body, whole=True),
    "configuration": configuration_of,
    "operation": lambda body: operation_of(body, {}),
    "observation": observation_of,
    "lookup": lookup_of,
    "profile": lambda body: profile_of(body, "mem_profile_1"),
    "store": lambda body: store_of(body, "mem_store_1"),
    "result": operator_result_of,
}
SECRETS = ("+12025550123", "Hello there", "Ann Smith")
PERSONAL = {
    "id": "x_1", "name": "Ann Smith", "content": {"text": "Hello there"}, "addresses": [{"address": "+12025550123"}],
    "author": {"address": "+12025550123"}, "recipients": [{"address": "+12025550123"}], "traits": {"a": "Ann Smith"},
    "normalizedValue": "+12025550123", "profiles": ["mem_profile_1"], "result": {"text": "Hello there"},
    "error": {"detail": "+12025550123"}, "displayName": "Ann Smith", "description": "Ann Smith",
}  # fmt: skip
BOTH = {"SMS": {"a": 1}, "VOICE": {"b": 2}}
"""The settings of two channels."""


@pytest.mark.parametrize("reader", READERS.values(), ids=list(READERS))
@given(body=JSON)
def test_any_json_is_survived(reader: Callable[[Any], Resource], body: Any) -> None:  # noqa: ANN401 - any JSON
    """A resource comes of it, whatever is missing or of another type."""
    assert isinstance(reader(body), Resource)


@given(body=st.dictionaries(NAMES | st.text(max_size=5), JSON, max_size=5))
def test_any_classic_object_is_survived(body: dict[str, Any]) -> None:
    """The same, for the API with lower_case_names."""
    assert ("SM1", "CA1") == (message_of({**body, "sid": None}, "SM1").id, call_of({**body, "sid": ""}, "CA1").id)


PRIVATE: dict[str, Resource] = {
    **{name: reader(PERSONAL) for name, reader in READERS.items()},
    "new participant": NewParticipant((Address("SMS", "+12025550123"),), name="Ann Smith"),
    "address": Address("SMS", "+12025550123"),
    "new observation": NewObservation("Hello there", "event-processor", "2026-11-20T14:03:09Z"),
}


@pytest.mark.parametrize("resource", PRIVATE.values(), ids=list(PRIVATE))
def test_nothing_of_a_person_is_in_a_resource_that_is_printed(resource: Resource) -> None:
    """Neither for print and logs, nor for tracebacks that show variables."""
    console = Console(width=200)
    with console.capture() as captured:
        console.print(Pretty([resource]))
    shown = f"{resource!r} {resource} {[resource]} {captured.get()}"

    assert [] == [secret for secret in SECRETS if secret in shown]
    assert type(resource).__name__ in shown


@pytest.mark.parametrize(
    ("item", "lacking"),
    [
        ({"status": "ACTIVE", "createdAt": "x"}, False),
        ({"status": "ACTIVE", "dateCreated": "x"}, False),
        ({"status": "ACTIVE", "createdAt": None, "dateCreated": "x"}, False),
        ({"status": "ACTIVE", "createdAt": None}, True),
        ({"createdAt": "x"}, True),
        ("conv_1", True),
        (None, True),
    ],
)
def test_an_item_lacks_what_is_absent_or_null(item: object, *, lacking: bool) -> None:
    """Under either name of a time."""
    assert lacking == lacks(item, ("status", "createdAt"))


def test_times_have_one_width() -> None:
    """So that they compare as text, however many digits Twilio writes."""
    body = {"createdAt": "2026-11-20T14:03:10Z", "updatedAt": "2026-11-20T15:03:10.5+01:00"}
    found = conversation_of(body, "conv_1")

    assert ("2026-11-20T14:03:10.000000Z", "2026-11-20T14:03:10.500000Z") == (found.created_at, found.updated_at)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"description": "d", "channelSettings": BOTH}),
        ({"description": "e"}, {"description": "e", "channelSettings": BOTH}),
        ({"description": None}, {"channelSettings": BOTH}),
        ({"channelSettings": None}, {"description": "d"}),
        (
            {"channelSettings": {"SMS": {"c": 3}}},
            {"description": "d", "channelSettings": {"SMS": {"c": 3}, "VOICE": {"b": 2}}},
        ),
        ({"channelSettings": {"SMS": None}}, {"description": "d", "channelSettings": {"VOICE": {"b": 2}}}),
        ({"channelSettings": {"CHAT": {}}}, {"description": "d", "channelSettings": {**BOTH, "CHAT": {}}}),
    ],
)
def test_changes_are_merged_as_a_patch_would(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    """What is absent stays; a channel that is given is replaced as a whole, and null removes it."""
    fetched = {"id": "conf_1", "version": 7, "description": "d", "channelSettings": BOTH}

    assert expected == merged(fetched, changes)


def test_members_that_nobody_has_heard_of_are_written_back() -> None:
    """To lose a new setting in silence is worse than to be refused."""
    assert {"brandNew": {"a": None}} == writable({"brandNew": {"a": None}, "version": 1, "conversationsV1Bridge": None})


@pytest.mark.parametrize(
    ("ids", "sent"),
    [
        ((), None),
        (("CH0123456789abcdef0123456789abcdef", "conv_conversation_81ka2cpvty9m7am85dxw0gvqhf"), None),
        (("conv_conversation_01ka2cpvty9m7am85dxw0gvqhf", "odd"), ["conv_conversation_01ka2cpvty9m7am85dxw0gvqhf"]),
        (("conv_conversation_01ka2cpvty9m7am85dxw0gvqhf",) * 12, ["conv_conversation_01ka2cpvty9m7am85dxw0gvqhf"] * 10),
    ],
)
def test_ids_that_twilio_would_refuse_are_left_out(ids: tuple[str, ...], sent: list[str] | None) -> None:
    """Their pattern is checked, and one odd id would lose the observation."""
    body = NewObservation("c", "s", "2026-11-20T14:03:09Z", ids).as_json()

    assert sent == body.get("conversationIds")
    assert ("conversationIds" in body) == (sent is not None)


@given(st.integers(0, 200 * 86400), st.integers(-12, 12))
def test_windows_cover_the_span_without_gap_or_overlap(seconds: int, hours: int) -> None:
    """Each is at most 31 days long, and the texts are UTC whatever zone was given."""
    zone = timezone(timedelta(hours=hours))
    after = datetime(2026, 1, 1, tzinfo=UTC)
    before = after + timedelta(seconds=seconds)
    found = [(_read(a), _read(b)) for a, b in windows(after.astimezone(zone), before.astimezone(zone))]

    edges = [after, *(end for _, end in found)]
    assert [start for start, _ in found] == edges[:-1]
    assert edges[-1] == (before if found else after)
    assert bool(found) == (seconds > 0)
    assert all(timedelta() < end - start <= LONGEST_WINDOW for start, end in found)


def _read(text: str) -> datetime:
    assert text.endswith("Z")
    return datetime.fromisoformat(text)
