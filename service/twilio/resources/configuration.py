"""PURE. A configuration of the Orchestrator: read, made fit for writing back, and partly changed."""

from collections.abc import Mapping
from typing import Any

import msgspec

from service.twilio.resources.reading import Json, Resource, created_at, listed, mapping, text, texts, updated_at

READ_ONLY = frozenset(
    {
        "id", "accountId", "createdAt", "updatedAt", "dateCreated", "dateUpdated", "version",
        "traitExtractionStrategyIds", "observationExtractionStrategyIds", "redactionConfigurationId",
    }
)  # fmt: skip
"""Members that Twilio gives and does not take. What is not named here is written back: losing a setting in silence is
worse than a refusal."""
GROUPING = "conversationGroupingType"
"""Fixed when a configuration is made."""


class StatusCallback(Resource, frozen=True):
    """Where Twilio sends a configuration's events; POST is its default method."""

    url: str
    method: str


class Configuration(Resource, frozen=True):
    """A configuration; `channel_settings` is Twilio's own object, channel by channel, and `raw` the whole."""

    id: str
    display_name: str
    memory_store_id: str | None
    channel_settings: Json
    status_callbacks: tuple[StatusCallback, ...]
    memory_extraction_enabled: bool
    intelligence_configuration_ids: tuple[str, ...]
    grouping_type: str | None = None
    description: str | None = None
    version: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    raw: Json = msgspec.field(default_factory=dict)


def configuration_of(body: Any, asked_for: str = "") -> Configuration:  # noqa: ANN401 - any JSON
    """Return the configuration that an answer tells of; `asked_for` is its id where the answer leaves that out."""
    raw = body if isinstance(body, dict) else {}
    version = raw.get("version")
    return Configuration(
        id=text(body, "id") or asked_for,
        display_name=text(body, "displayName") or "",
        memory_store_id=text(body, "memoryStoreId"),
        channel_settings=mapping(body, "channelSettings"),
        status_callbacks=tuple(_callback(entry) for entry in listed(body, "statusCallbacks")),
        memory_extraction_enabled=raw.get("memoryExtractionEnabled") is True,
        intelligence_configuration_ids=texts(body, "intelligenceConfigurationIds"),
        grouping_type=text(body, GROUPING),
        description=text(body, "description"),
        version=version if isinstance(version, int) else None,
        created_at=created_at(body),
        updated_at=updated_at(body),
        raw=raw,
    )


def _callback(entry: object) -> StatusCallback:
    return StatusCallback(text(entry, "url") or "", text(entry, "method") or "POST")


def writable(members: Mapping[str, Any]) -> Json:
    """Return what Twilio takes of a fetched configuration: without its read-only members and those that are null."""
    return {name: value for name, value in members.items() if name not in READ_ONLY and value is not None}


def merged(fetched: Mapping[str, Any], changes: Mapping[str, Any]) -> Json:
    """Return the configuration to replace a fetched one with, so that the effect is that of a PATCH with `changes`.

    Members that are absent stay; in `channelSettings` an absent channel stays, a given one is replaced, and null
    removes it.
    """
    given = changes.get("channelSettings")
    if not isinstance(given, Mapping):
        return writable({**fetched, **changes})
    channels = {**mapping(fetched, "channelSettings"), **given}
    kept = {channel: settings for channel, settings in channels.items() if settings is not None}
    return writable({**fetched, **changes, "channelSettings": kept})
