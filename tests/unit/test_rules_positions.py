"""Where things stand in a TOML file."""

import string
import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rules.positions import Path, positions

QUOTES = '''
[a]
x = """
# no comment
[no.header]
y = 1
""" # a comment
y = \'\'\'one\'\'\'
z = "a # \\" [b]"
[b] # [c]
'''


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1", ("a",), 1),
        ("\n\na = 1", ("a",), 3),
        ("a = 1\n[t]\nb = 2", ("t",), 2),
        ("a = 1\n[t]\nb = 2", ("t", "b"), 3),
        ("[[t]]\na = 1\n[[t]]\na = 2", ("t", 0), 1),
        ("[[t]]\na = 1\n[[t]]\na = 2", ("t", 1), 3),
        ("[[t]]\na = 1\n[[t]]\na = 2", ("t", 1, "a"), 4),
        ("[[t]]\n[t.u]\na = 1\n[[t]]\n\n[t.u]\na = 1", ("t", 0, "u", "a"), 3),
        ("[[t]]\n[t.u]\na = 1\n[[t]]\n\n[t.u]\na = 1", ("t", 1, "u", "a"), 7),
        ("[[t]]\n[[t.u]]\n[[t.u]]\na = 1", ("t", 0, "u", 1, "a"), 4),
        ("[t.u]\na = 1\n[t]\nb = 1", ("t",), 3),
        ("[ 't' . \"u\" ]\na = 1", ("t", "u", "a"), 2),
        ('"\\u0061" = 1', ("a",), 1),
        ("a . b = 1\na.c = 2", ("a", "c"), 2),
        ("a = [\n  1,\n\n  2, # two\n]\nb = 1", ("a", 1), 4),
        ("a = [\n  1,\n\n  2, # two\n]\nb = 1", ("b",), 6),
        ("a = [[1], [\n2, 3]]", ("a", 1, 0), 2),
        ("a = { b = 1, c.d = [\n1] }\ne = 1", ("a", "c", "d", 0), 2),
        ("a = [{ b = 1 },\n{ b = 2 }]", ("a", 1, "b"), 2),
        ("a = 1979-05-27 07:32:00Z\nb = 1", ("b",), 2),
        ('a = """b"""""\nc = 1', ("c",), 2),
        ("a = '''\n''''\nc = 1", ("c",), 3),
        ('a = """\\\n   x"""\nc = 1', ("c",), 3),
        ("a = '\\'\nc = 1", ("c",), 2),
        (QUOTES, ("a", "y"), 8),
        (QUOTES, ("a", "z"), 9),
        (QUOTES, ("b",), 10),
    ],
)
def test_each_thing_has_its_line(text: str, path: Path, line: int) -> None:
    """Whatever strings, comments, arrays and dotted keys stand before it."""
    tomllib.loads(text)

    assert line == positions(text)[path]


def test_what_looks_like_toml_inside_of_a_text_is_none() -> None:
    """Neither a comment nor a header is found in a string."""
    assert [("a",), ("a", "x"), ("a", "y"), ("a", "z"), ("b",)] == sorted(positions(QUOTES))


TRICKY = st.text(alphabet=string.ascii_letters + " \t#[]{}=,.'\"\\\u2028é", max_size=12)
KEYS = st.text(alphabet=string.ascii_letters + "-_ .#[]='é", max_size=6)


def _basic(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _key(text: str) -> str:
    return text if text and all(sign in string.ascii_letters + "-_" for sign in text) else _basic(text)


def _long(lines: list[str]) -> str:
    escaped = "\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return f'"""\n{escaped}"""'


LITERALS = TRICKY.filter(lambda text: "'" not in text).map(lambda text: f"'{text}'")
SCALARS = st.one_of(
    st.integers().map(str), st.booleans().map(lambda flag: str(flag).lower()), TRICKY.map(_basic), LITERALS,
    st.lists(TRICKY, max_size=3).map(_long), st.sampled_from(["1979-05-27 07:32:00", "-1.5e3", "inf"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3).map(lambda each: "[ # [x\n" + ",\n# ]\n".join(each) + "\n]"),
    max_leaves=5,
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[Path, int]]:
    """Return a TOML text of arrays of tables, and where its headers and members were written."""
    lines: list[str] = []
    wanted: dict[Path, int] = {}
    counts: dict[str, int] = {}

    def write(piece: str) -> int:
        start = sum(each.count("\n") + 1 for each in lines) + 1
        lines.append(piece)
        return start

    for name in draw(st.lists(st.sampled_from(["close", "a b", "x.y"]), max_size=4)):
        write(draw(st.sampled_from(["", "# [[close]]", "  "])))
        number = counts[name] = counts.get(name, -1) + 1
        wanted[name, number] = write(f" [[ {_key(name)} ]] # = [")
        for key in draw(st.lists(KEYS, unique=True, max_size=3)):
            wanted[name, number, key] = write(f"\t{_key(key)} = {draw(VALUES)}")
    return "\n".join(lines), wanted


@given(documents())
def test_what_was_written_is_found_where_it_was_written(written: tuple[str, dict[Path, int]]) -> None:
    """For any names and values, however they are quoted."""
    text, wanted = written
    tomllib.loads(text)
    found = positions(text)

    assert wanted == {path: found[path] for path in wanted}


def _paths(value: object, path: Path = ()) -> Iterator[Path]:
    inside: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(value, dict):
        inside = iter(value.items())
    elif isinstance(value, list):
        inside = iter(enumerate(value))
    for name, each in inside:
        yield (*path, name)
        yield from _paths(each, (*path, name))


@given(documents())
def test_nothing_else_is_found(written: tuple[str, dict[Path, int]]) -> None:
    """Tables, members and elements are those that tomllib finds."""
    text, _ = written

    assert set(_paths(tomllib.loads(text))) == set(positions(text))
