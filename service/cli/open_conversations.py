"""PURE. Which conversations a bulk close is for."""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from service.twilio.resources.conversation import Conversation
from service.twilio.resources.reading import mapping

MOST_EXAMPLES = 5


class Choice(msgspec.Struct, frozen=True):
    """The conversations to close, how many there are of each status, and of how many Twilio tells no version."""

    ids: tuple[str, ...]
    by_status: dict[str, int]
    without_version: int = 0

    @property
    def examples(self) -> tuple[str, ...]:
        """Some of them."""
        return self.ids[:MOST_EXAMPLES]


def of_configuration(found: Iterable[Conversation], configuration_id: str) -> Iterator[Conversation]:
    """Yield the conversations that were made with a configuration."""
    return (one for one in found if one.configuration_id == configuration_id)


def tells_version(one: Conversation) -> bool:
    """Return whether a conversation says what its snapshot of the configuration is."""
    return bool(mapping(one.raw, "configuration"))


def choice(found: Iterable[Conversation], version_before: int | None) -> Choice:
    """Return those whose snapshot is older than a version, or all; what tells no version is left open, and counted."""
    ids: dict[str, str] = {}
    without = 0
    for one in found:
        version = _version(one)
        if version_before is None or (version is not None and version < version_before):
            ids[one.id] = one.status
        else:
            without += version is None
    return Choice(tuple(ids), dict(sorted(Counter(ids.values()).items())), without)


def _version(one: Conversation) -> int | None:
    version = mapping(one.raw, "configuration").get("version")
    return version if isinstance(version, int) and not isinstance(version, bool) else None
