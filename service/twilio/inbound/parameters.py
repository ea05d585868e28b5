"""PURE. The parameters of a request, as classic products send them: texts, in order, blanks and repeats kept."""

import hashlib
import re
from collections.abc import Sequence

import msgspec

from service.twilio.callbacks import LONGEST_ID, MalformedCallbackError

Pairs = Sequence[tuple[str, str]]

DECODED = "decoded"
"""Member of an event's data that says what its JSON texts hold, beside the texts themselves."""
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_OPENING = frozenset("{[")

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Parameters:
    """The decoded parameters of one request."""

    def __init__(self, pairs: Pairs) -> None:
        """`pairs` are names and values as they were decoded for the signature."""
        self._pairs = pairs
        self._first = dict(pairs)
        self._repeats = len(self._first) != len(pairs)
        if self._repeats:
            # Of a name that comes twice, the first value counts.
            self._first = dict(reversed(pairs))

    def get(self, *names: str) -> str | None:
        """Return the value of the first of these names that has one; None where none is there, or all are blank."""
        first = self._first
        for name in names:
            if value := first.get(name):
                return _text(value)
        return None

    def optional(self, *names: str) -> str | None:
        """Return an identifier that may be missing. Raises MalformedCallbackError where it is too long for a key."""
        found = self.get(*names)
        if found is not None and len(found) > LONGEST_ID:
            message = f"{names[0]} is longer than {LONGEST_ID} characters"
            raise MalformedCallbackError(message)
        return found

    def identifier(self, *names: str) -> str:
        """Return the same, where an event cannot be without it. Raises MalformedCallbackError."""
        found = self.optional(*names)
        if found is None:
            message = f"{names[0]} is missing"
            raise MalformedCallbackError(message)
        return found

    def word(self, *names: str) -> str:
        """Return a state or a name that becomes part of an event's type, `_` for what no type holds.

        Raises MalformedCallbackError.
        """
        found = self.identifier(*names)
        return found if found.isascii() and found.isalnum() else _NO_NAME.sub("_", found)

    def digest(self, *without: str) -> str:
        """Return what stands for all parameters but these: as for the signature, order and repeats do not count."""
        told = sorted({(name, value) for name, value in self._pairs if name not in without})
        text = "\x1f".join(f"{name}\x1e{value}" for name, value in told)
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    def data(self) -> bytes:
        """Return all parameters as a JSON object, UTF-8: texts as they came, and a list for a repeated name.

        A value that is a JSON object or array stands beside it, decoded, in the member `decoded`. What is no UTF-8 is
        replaced by U+FFFD; Twilio sends none.
        """
        known: dict[str, object] = _gathered(self._pairs) if self._repeats else {**self._first}
        try:
            return _object(known, self._pairs)
        except UnicodeError:
            clean = [(_text(name), _text(value)) for name, value in self._pairs]
            return _object(_gathered(clean), clean)


def _object(known: dict[str, object], pairs: Pairs) -> bytes:
    decoded = {name: found for name, value in pairs if value[:1] in _OPENING and (found := _json(value)) is not None}
    # A parameter of that name would be Twilio's own, and stays.
    if decoded and DECODED not in known:
        known[DECODED] = decoded
    return _encode(known)


def _gathered(pairs: Pairs) -> dict[str, object]:
    """Return the values by name, of a repeated name as a list."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: held if len(held) > 1 else held[0] for name, held in values.items()}


def _json(value: str) -> msgspec.Raw | None:
    try:
        # Written anew here: what can be read at this depth need not be writable at a deeper one.
        return msgspec.Raw(_encode(_decode(value)))
    except (msgspec.MsgspecError, RecursionError, OverflowError):
        return None


def _text(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
