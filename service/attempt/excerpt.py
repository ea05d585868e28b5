"""PURE. What is shown of a subscriber's answer: the beginning of its body, as text that harms no terminal."""

import re
import zlib

KEPT = 16 * 1024
"""Bytes of it that are kept."""

_PLAIN = frozenset({"", "identity"})
_DEFLATED = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
# Control characters but tab and line feed, and those that turn the direction of what follows.
_HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def excerpt(raw: bytes, encoding: str) -> str | None:
    """Return the beginning of a body as text, None where there is nothing to show.

    `raw` is the body's beginning as it came, `encoding` its `content-encoding` ("" for none). At most KEPT bytes are
    decoded, however much would come of it: a few KiB of gzip can stand for a gigabyte.
    """
    coding = encoding.strip().lower()
    if coding in _PLAIN:
        found = raw[:KEPT]
    elif coding in _DEFLATED:
        found = _inflated(raw)
    else:
        found = b""
    text = _HARMFUL.sub("\ufffd", found.decode(errors="replace").replace("\r\n", "\n"))
    return text.encode()[:KEPT].decode(errors="ignore") or None


def _inflated(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(raw, KEPT)
    except zlib.error:
        return b""
