"""PURE. Forms as Twilio sends them: parsed so that the signature stays true."""

from urllib.parse import unquote_to_bytes


def parse_form(body: bytes) -> tuple[tuple[str, str], ...]:
    """Return the decoded (name, value) pairs of an urlencoded form in their order, blanks and repeats kept.

    Bytes that are not UTF-8 become surrogate escapes, so that no two bodies look alike to the signature; Twilio sends
    none, and who stores such a text has to replace them. Never raises.
    """
    # Decoded as a whole first: most names and values have nothing to unquote, and one by one they cost twice as much.
    text = body.replace(b"+", b" ").decode("utf-8", "surrogateescape")
    pieces = [piece.partition("=") for piece in text.split("&") if piece]
    return tuple(
        [(_unquoted(name) if "%" in name else name, _unquoted(value) if "%" in value else value)
         for name, _, value in pieces]
    )  # fmt: skip


def _unquoted(piece: str) -> str:
    # By way of the bytes: a character may be written half as it is and half with %.
    return unquote_to_bytes(piece.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
