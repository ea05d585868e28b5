"""Reading the parameters of a list, strictly. Pure: each function adds a sentence to the mistakes it is given."""

import re
from collections.abc import Mapping
from datetime import datetime

from service.endpoints.filters import valid
from service.events.times import fixed_width
from service.store.position import Position, position_of
from service.web.api.resource import is_id

USUAL, MOST = 50, 200
"""Things on a page."""
LATER_PAGE = "after: must be what an earlier page had as next"

_ENTRY = re.compile(r"[0-9]{1,19}-[0-9]{1,19}")

Query = Mapping[str, str]


def limit_of(query: Query, mistakes: list[str]) -> int:
    """Return how many things a page shall have."""
    limit = query.get("limit", str(USUAL))
    if limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= MOST:  # noqa: PLR2004
        return int(limit)
    mistakes.append(f"limit: must be between 1 and {MOST}; for example limit={USUAL}")
    return USUAL


def entry_of(query: Query, mistakes: list[str]) -> str | None:
    """Return the entry of the log behind which the page begins."""
    after = query.get("after")
    if after is not None and not _ENTRY.fullmatch(after):
        mistakes.append(LATER_PAGE)
    return after


def position_in(query: Query, mistakes: list[str]) -> Position | None:
    """Return the position behind which the page begins."""
    after = query.get("after")
    position = None if after is None else position_of(after)
    if after is not None and position is None:
        mistakes.append(LATER_PAGE)
    return position


def type_of(query: Query, mistakes: list[str]) -> str | None:
    """Return the type, or the pattern, that is asked for."""
    name = query.get("type")
    if name is not None and not valid(name):
        mistakes.append("type: is no type and no pattern; for example conversation.* or message.received")
    return name


def id_of(query: Query, name: str, example: str, mistakes: list[str]) -> str | None:
    """Return the id that the parameter `name` holds."""
    value = query.get(name)
    if value is not None and not is_id(value):
        mistakes.append(f"{name}: is no id; for example {name}={example}")
    return value


def milliseconds(value: object, mistakes: list[str]) -> int | None:
    """Return the time that `since` holds, in milliseconds since 1970."""
    text = fixed_width(value)
    if value is not None and text is None:
        mistakes.append("since: must be a time, ISO 8601; for example 2026-11-20T14:00:00Z")
    return None if text is None else max(0, int(datetime.fromisoformat(text).timestamp() * 1000))
