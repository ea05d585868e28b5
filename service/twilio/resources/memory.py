"""PURE. Conversation Memory: stores, profiles and observations."""

import re
from collections.abc import Sequence
from typing import Any

from service.twilio.resources.reading import Json, Resource, created_at, id_of, listed, mapping, moment, text, texts

MOST_AT_ONCE = 10
"""Observations in one call."""
MOST_CONVERSATIONS = 10
"""Conversations that one observation may name."""

_CONVERSATION_ID = re.compile(r"conv_conversation_[0-7][0-9a-z]{25}")


class NewObservation(Resource, frozen=True):
    """Something to remember: `content` of 1 to 4,096 characters, `occurred_at` in ISO 8601.

    `source` has 1 to 100 letters, digits, blanks, `_`, `.` and `-`.
    """

    content: str
    source: str
    occurred_at: str
    conversation_ids: tuple[str, ...] = ()

    def as_json(self) -> Json:
        """Return it as Twilio takes it. Twilio refuses ids of an odd form, so those are left out."""
        ids = [each for each in self.conversation_ids if _CONVERSATION_ID.fullmatch(each)][:MOST_CONVERSATIONS]
        more = {"conversationIds": ids} if ids else {}
        return {"content": self.content, "source": self.source, "occurredAt": self.occurred_at, **more}


class Observation(Resource, frozen=True):
    """Something remembered; times in the fixed width."""

    id: str
    content: str
    source: str | None
    occurred_at: str | None
    created_at: str | None
    conversation_ids: tuple[str, ...]


class Observations(Resource, frozen=True):
    """What is remembered of a profile, under the id that it has now."""

    profile_id: str
    found: tuple[Observation, ...]


class Lookup(Resource, frozen=True):
    """The profiles that have an identifier; `normalized_value` is how Twilio writes it."""

    normalized_value: str | None
    profile_ids: tuple[str, ...]


class Profile(Resource, frozen=True):
    """A profile under the id that it has now, which differs from the one asked for where it was merged."""

    id: str
    traits: Json


class Store(Resource, frozen=True):
    """A memory store; `status` is QUEUED, PROVISIONING, ACTIVE or FAILED."""

    id: str
    status: str
    display_name: str | None


def observations_json(observations: Sequence[NewObservation]) -> Json:
    """Return the body that creates observations. Raises ValueError where there are none or more than MOST_AT_ONCE."""
    if not 1 <= len(observations) <= MOST_AT_ONCE:
        raise ValueError(f"{len(observations)} observations; a call takes 1 to {MOST_AT_ONCE}")
    return {"observations": [each.as_json() for each in observations]}


def observation_of(body: Any) -> Observation:  # noqa: ANN401 - any JSON
    """Return the observation that a list's item tells of."""
    return Observation(
        text(body, "id") or "",
        text(body, "content") or "",
        text(body, "source"),
        moment(body, "occurredAt"),
        created_at(body),
        texts(body, "conversationIds"),
    )


def lookup_of(body: Any) -> Lookup:  # noqa: ANN401 - any JSON
    """Return what a lookup found; profiles are plain ids, or objects that have one."""
    ids = (id_of(entry) for entry in listed(body, "profiles"))
    return Lookup(text(body, "normalizedValue"), tuple(dict.fromkeys(each for each in ids if each)))


def profile_of(body: Any, asked_for: str) -> Profile:  # noqa: ANN401 - any JSON
    """Return the profile that an answer tells of; `asked_for` is its id where the answer leaves that out."""
    return Profile(text(body, "id") or asked_for, mapping(body, "traits"))


def store_of(body: Any, asked_for: str) -> Store:  # noqa: ANN401 - any JSON
    """Return the store that an answer tells of."""
    return Store(text(body, "id") or asked_for, text(body, "status") or "", text(body, "displayName"))
