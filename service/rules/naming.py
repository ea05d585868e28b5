"""PURE. Names as people mistype them, and as a message repeats them."""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 64


def meant(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a mistyped one is nearest to, None where none is near."""
    by_folded = {each.casefold(): each for each in known}
    found = get_close_matches(name[:_LONGEST].casefold(), by_folded, n=1)
    return by_folded[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return what to say of a name that there is not: the one that may be meant, else all that there are."""
    every = tuple(known)
    found = meant(name, every)
    return f"did you mean {quoted(found)}?" if found else f"there are {', '.join(every)}"


def quoted(value: object) -> str:
    """Return a value of the file as a message repeats it: short, in quotes where it is text, without control signs."""
    text = value if isinstance(value, str) else _plain(value)
    text = "".join(sign if sign.isprintable() else "?" for sign in text)
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return f'"{text}"' if isinstance(value, str) else text


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    try:
        return str(value)
    except ValueError:  # Python refuses to write integers of thousands of digits
        return "a number"
