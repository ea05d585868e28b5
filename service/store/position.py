"""Where a list or a walk stands, so that the next page, or the next worker, goes on from there."""

import base64
import binascii

import msgspec

LONGEST = 1200
"""Characters of a position as text; none that we give is longer."""


class Position(msgspec.Struct, frozen=True, array_like=True, order=True):
    """The place of one delivery in its order: a number (mostly a time in ms), its endpoint, and what tells it apart."""

    number: int
    endpoint_id: str
    member: str


_decode = msgspec.json.Decoder(Position).decode


def as_text(position: Position) -> str:
    """Return a position as a text that a URL can hold."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def position_of(text: str) -> Position | None:
    """Return the position that a text stands for, None for a text that is none."""
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        return _decode(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, msgspec.MsgspecError, UnicodeError):
        return None
