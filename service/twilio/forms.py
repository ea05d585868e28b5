"""PURE. Forms as Twilio sends them: parsed so that the signature stays true."""

from urllib.parse import unquote_to_bytes


def parse_form(body: bytes) -> tuple[tuple[str, str], ...]:
    """Return the decoded (name, value) pairs of an urlencoded form in their order, blanks and repeats kept.

    Bytes that are not UTF-8 become surrogate escapes, so that no two bodies look alike to the signature; Twilio sends
    none, and who stores such a text has to replace them. Never raises.
    """
    pieces = (piece.partition(b"=") for piece in body.split(b"&") if piece)
    return tuple((_decoded(name), _decoded(value)) for name, _, value in pieces)


def _decoded(piece: bytes) -> str:
    return unquote_to_bytes(piece.replace(b"+", b" ")).decode("utf-8", "surrogateescape")
