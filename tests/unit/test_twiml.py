"""TwiML that any XML parser can read, whatever the texts hold."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.twilio.twiml import EMPTY, PROLOG, Element, document, writable

# Surrogates too: what arrives in a form is decoded with surrogateescape.
TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
NAME = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,12}", fullmatch=True)


def parsed(found: bytes) -> ET.Element:
    """Return the document's root as a parser sees it."""
    return ET.fromstring(found)  # noqa: S314 - what we wrote ourselves


@given(text=TEXT, value=TEXT)
def test_any_text_comes_back_from_a_parser_as_it_was_put_in(text: str, value: str) -> None:
    """Text and attribute values survive writing and parsing, but for characters that XML cannot hold."""
    verb = parsed(document(Element("Say", (("voice", value),), text)))[0]

    assert (writable(text), {"voice": writable(value)}) == (verb.text or "", verb.attrib)


@given(names=st.lists(NAME, min_size=1, max_size=5, unique=True), value=TEXT)
def test_attributes_and_children_keep_their_order(names: list[str], value: str) -> None:
    """Elements and attributes stand in the document as they were given."""
    children = tuple(Element(name, ((name, value),)) for name in names)

    noun = parsed(document(Element("Connect", tuple((name, value) for name in names), children=children)))[0]

    assert (names, names) == ([child.tag for child in noun], list(noun.attrib))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a & b", b"a &amp; b"),
        ("</Response>", b"&lt;/Response&gt;"),
        ("]]>", b"]]&gt;"),
        ("bell\x07 and \x00 nothing", b"bell and  nothing"),
        ("half a \ud83d pair", b"half a  pair"),
        ("\ufffe\uffff", b""),
        ("день 🌞", "день 🌞".encode()),
    ],
)
def test_a_text_is_escaped(text: str, expected: bytes) -> None:
    """Markup in a text stays text, and what XML cannot hold is left out."""
    found = document(Element("Say", text=f"[{text}]"))

    assert b"<Response><Say>[" + expected + b"]</Say></Response>" == found.removeprefix(PROLOG.encode())


def test_an_empty_response_is_a_document() -> None:
    """The answer that does nothing has its prolog and its root."""
    assert b'<?xml version="1.0" encoding="UTF-8"?><Response/>' == EMPTY


@pytest.mark.parametrize("name", ["", "a b", "1st", 'x="1" y', "<Say", "é"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    """Names come from our own tables; one that would break the document is a fault of ours."""
    with pytest.raises(ValueError, match="is not the name"):
        document(Element("Say", ((name, "1"),)))
