"""PURE. What the bodies of calls may say, as types: names, limits and defaults as Twilio states them."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

Grouping = Literal[
    "GROUP_BY_PROFILE", "GROUP_BY_PARTICIPANT_ADDRESSES", "GROUP_BY_PARTICIPANT_ADDRESSES_AND_CHANNEL_TYPE"
]
Status = Literal["ACTIVE", "INACTIVE", "CLOSED"]
Text = Annotated[str, Meta(min_length=1)]
Minutes = Annotated[int, Meta(ge=1)]
DisplayName = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9 _-]*$")]
MetadataKey = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._-]*$")]
MetadataValue = Annotated[str, Meta(max_length=512)]
MOST_METADATA = 8


class Body(msgspec.Struct, rename="camel", kw_only=True):
    """A JSON object in Twilio's lower camel case; members that it does not know are passed over."""


class StatusCallback(Body):
    """Where callbacks go."""

    url: Text
    method: Literal["POST", "GET", "PUT", "DELETE", "PATCH"] = "POST"


class StatusTimeouts(Body):
    """After how many minutes without traffic a conversation becomes inactive, and is closed."""

    inactive: Minutes | None = None
    closed: Minutes | None = None


class CaptureRule(Body):
    """Which traffic is captured."""

    from_: Annotated[str, Meta(min_length=1)] = msgspec.field(name="from")
    to: Text
    metadata: dict[str, str] = {}


class ChannelSettings(Body):
    """One channel's part of a configuration."""

    status_timeouts: StatusTimeouts | None = None
    capture_rules: Annotated[list[CaptureRule], Meta(max_length=100)] = []


class Bridge(Body):
    """The classic Conversations service that is bridged."""

    service_id: Annotated[str, Meta(pattern=r"^IS[0-9a-fA-F]{32}$")]


class _Configuration(Body):
    description: str
    conversation_grouping_type: Grouping
    memory_store_id: Text
    status_callbacks: Annotated[list[StatusCallback], Meta(max_length=2)] = []
    intelligence_configuration_ids: Annotated[list[str], Meta(max_length=5)] = []
    memory_extraction_enabled: bool = False
    conversations_v1_bridge: Bridge | None = msgspec.field(default=None, name="conversationsV1Bridge")


class NewConfiguration(_Configuration, kw_only=True):
    """POST: a configuration."""

    display_name: DisplayName
    channel_settings: dict[str, ChannelSettings] = {}


class ReplacedConfiguration(_Configuration, kw_only=True):
    """PUT: the whole of it; the display name may be left out, the channels may not."""

    display_name: DisplayName | UnsetType = UNSET
    channel_settings: dict[str, ChannelSettings]


class ChangedConfiguration(Body):
    """PATCH: what is left out stays; a channel that is null goes."""

    display_name: DisplayName | UnsetType = UNSET
    description: str | UnsetType = UNSET
    conversation_grouping_type: Grouping | UnsetType = UNSET
    memory_store_id: Text | UnsetType = UNSET
    channel_settings: dict[str, ChannelSettings | None] | UnsetType = UNSET
    status_callbacks: Annotated[list[StatusCallback], Meta(max_length=2)] | UnsetType = UNSET
    intelligence_configuration_ids: Annotated[list[str], Meta(max_length=5)] | UnsetType = UNSET
    memory_extraction_enabled: bool | UnsetType = UNSET
    conversations_v1_bridge: Bridge | UnsetType | None = msgspec.field(default=UNSET, name="conversationsV1Bridge")


class Address(Body):
    """Where a participant is reached."""

    channel: Text
    address: Annotated[str, Meta(min_length=1, max_length=254)]
    channel_id: str | UnsetType = UNSET


class NewParticipant(Body):
    """POST and PUT: somebody who takes part."""

    addresses: Annotated[list[Address], Meta(min_length=1)]
    name: str | None = None
    type: Literal["HUMAN_AGENT", "CUSTOMER", "AI_AGENT"] | UnsetType = UNSET
    profile_id: str | None = None


class InvitedParticipant(NewParticipant):
    """A participant of a new conversation, who may have no address yet."""

    addresses: list[Address] = []


class Callbacks(Body):
    """The part of a conversation's configuration that may differ from the one it was made with."""

    status_callbacks: Annotated[list[StatusCallback], Meta(max_length=20)] | UnsetType = UNSET


class NewConversation(Body):
    """POST: a conversation."""

    configuration_id: Text
    name: str | None = None
    metadata: dict[MetadataKey, MetadataValue] = {}
    participants: Annotated[list[InvitedParticipant], Meta(max_length=50)] = []
    configuration: Callbacks | UnsetType = UNSET


class ChangedConversation(Body):
    """PATCH: what is left out stays; a metadata entry that is null goes."""

    status: Status | UnsetType = UNSET
    name: str | UnsetType | None = UNSET
    metadata: dict[MetadataKey, MetadataValue | None] | UnsetType = UNSET
    configuration: Callbacks | UnsetType = UNSET


class ReplacedConversation(Body):
    """PUT: what is left out goes."""

    status: Status
    name: str | None = None
    metadata: dict[MetadataKey, MetadataValue] = {}


class Content(Body):
    """What was said or written."""

    type: Literal["TEXT", "TRANSCRIPTION"]
    text: Annotated[str, Meta(max_length=8_388_608)] = ""
    transcription: dict[str, object] | UnsetType = UNSET


class Party(Body):
    """Author or recipient."""

    address: Annotated[str, Meta(min_length=1, max_length=254)]
    channel: Text
    participant_id: str | UnsetType = UNSET
    delivery_status: str | UnsetType = UNSET


class NewCommunication(Body):
    """POST: a communication; one with the same `resource_id` is changed instead."""

    author: Party
    content: Content
    recipients: Annotated[list[Party], Meta(min_length=1)]
    channel_id: str | UnsetType = UNSET
    resource_id: str | UnsetType = UNSET
    occurred_at: str | UnsetType = UNSET


class Observation(Body):
    """One of the observations that are posted together."""

    content: Annotated[str, Meta(min_length=1, max_length=4096)]
    source: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9 _./-]*$")]
    occurred_at: str
    conversation_ids: Annotated[
        list[Annotated[str, Meta(pattern=r"^conv_conversation_[0-7][0-9a-z]{25}$")]], Meta(max_length=10)
    ] = []


class NewObservations(Body, forbid_unknown_fields=True):
    """POST: observations, in an array and with nothing beside it."""

    observations: Annotated[list[Observation], Meta(min_length=1, max_length=10)]


class ChangedObservation(Body):
    """PATCH: an observation."""

    content: Annotated[str, Meta(min_length=1, max_length=4096)] | UnsetType = UNSET
    source: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET


class Summary(Body):
    """One of the summaries that are posted together."""

    content: Annotated[str, Meta(min_length=1, max_length=4096)]
    conversation_id: Text
    occurred_at: str
    source: str | None = None


class NewSummaries(Body):
    """POST: summaries."""

    summaries: Annotated[list[Summary], Meta(min_length=1, max_length=10)]


class Lookup(Body):
    """POST: which profiles have this identifier."""

    id_type: Annotated[str, Meta(min_length=2, max_length=30)]
    value: Annotated[str, Meta(min_length=1, max_length=255)]


class NewStore(Body):
    """POST: a store."""

    display_name: Annotated[str, Meta(min_length=1, pattern=r"^[A-Za-z0-9-]*$")]
    description: Annotated[str, Meta(max_length=128)] = ""


class NewProfile(Body):
    """POST: a profile, found again by an identifier among its traits."""

    traits: Annotated[dict[str, Annotated[dict[str, object], Meta(max_length=99)]], Meta(min_length=1, max_length=50)]
