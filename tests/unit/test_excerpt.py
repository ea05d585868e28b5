"""What is shown of a subscriber's answer."""

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.attempt.excerpt import KEPT, excerpt

GZIP = gzip.compress("why nöt".encode(), mtime=0)


@pytest.mark.parametrize(
    ("raw", "encoding", "shown"),
    [
        (b"", "", None),
        (b"why not", "", "why not"),
        ("why nöt".encode(), " Identity ", "why nöt"),
        (GZIP, "gzip", "why nöt"),
        (GZIP, "X-GZIP", "why nöt"),
        (zlib.compress(b"why not"), "deflate", "why not"),
        (gzip.compress(b"x" * 100_000, mtime=0)[:60], "gzip", "x" * KEPT),
        (GZIP[:-8], "gzip", "why nöt"),
        (b"why not", "gzip", None),
        (b"why not", "br", None),
        (GZIP, "gzip, gzip", None),
        (b"x" * (KEPT + 1), "", "x" * KEPT),
        (b"a\r\nb\tc\n", "", "a\nb\tc\n"),
        (b"a\x1b[2Jb\x00\x07\x9b", "", "a\ufffd[2Jb\ufffd\ufffd\ufffd"),
        ("a\u202eb\u2066".encode(), "", "a\ufffdb\ufffd"),
        ("a\x85\x9b".encode(), "", "a\ufffd\ufffd"),
    ],
)
def test_shown(raw: bytes, encoding: str, shown: str | None) -> None:
    """The beginning, decoded where that can be done within bounds, and without what moves a terminal's cursor."""
    assert shown == excerpt(raw, encoding)


@settings(deadline=None, max_examples=100)
@given(st.binary() | st.binary().map(gzip.compress), st.sampled_from(["", "gzip", "deflate", "zstd"]))
def test_any_bytes_are_shown(raw: bytes, encoding: str) -> None:
    """Nothing raises, and nothing is longer than what is kept, or harmful."""
    shown = excerpt(raw * 50, encoding) or ""

    assert len(shown.encode()) <= KEPT
    assert all(character.isprintable() or character in "\t\n" or character > "\xff" for character in shown)


def test_a_bomb_takes_no_memory() -> None:
    """64 KiB that stand for 64 MiB are decoded as far as they are shown."""
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    tracemalloc.start()
    shown = excerpt(bomb, "gzip")
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert shown is not None
    assert memory < 30 * KEPT
