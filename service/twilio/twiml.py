"""PURE. TwiML as bytes: well-formed XML whatever the texts hold, since Twilio ends a call whose answer it cannot read.

https://www.twilio.com/docs/voice/twiml and https://www.w3.org/TR/xml/#charsets for the characters that XML has.
"""

import re

import msgspec

Attributes = tuple[tuple[str, str], ...]

PROLOG = '<?xml version="1.0" encoding="UTF-8"?>'
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# A parser turns bare line breaks and tabs of an attribute into blanks.
_VALUE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
)


class Element(msgspec.Struct, frozen=True):
    """One element: a verb, or a noun inside of one; its content is text or elements."""

    name: str
    attributes: Attributes = ()
    text: str = ""
    children: "tuple[Element, ...]" = ()


def writable(text: str) -> str:
    """Return a text without the characters that XML 1.0 cannot hold in any spelling: most control characters."""
    return _FORBIDDEN.sub("", text)


def document(*verbs: Element) -> bytes:
    """Return the response that consists of these verbs, in UTF-8.

    Raises ValueError where the name of an element or attribute is none: those are ours, never a sender's.
    """
    return f"{PROLOG}{_written(Element('Response', children=verbs))}".encode()


def _written(element: Element) -> str:
    name = _name(element.name)
    attributes = "".join(f' {_name(key)}="{writable(value).translate(_VALUE)}"' for key, value in element.attributes)
    content = writable(element.text).translate(_TEXT) + "".join(map(_written, element.children))
    return f"<{name}{attributes}>{content}</{name}>" if content else f"<{name}{attributes}/>"


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        message = f"{name!r} is not the name of an element or attribute"
        raise ValueError(message)
    return name


EMPTY = document()
"""Does nothing: a call that is answered with it ends."""
