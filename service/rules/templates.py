"""PURE. Texts with named fields in braces: "{channel}: {text}". A brace of its own is written twice."""

from collections.abc import Mapping, Sequence
from string import Formatter

from service.rules.naming import did_you_mean, quoted

_parts = Formatter().parse


def refused(template: str, known: Sequence[str]) -> list[str]:
    """Return what is wrong with a template: braces that do not close, and fields that there are not."""
    try:
        parts = list(_parts(template))
    except ValueError:
        return ["has a brace that stands alone; write {{ or }} for a brace of its own"]
    found = []
    for _, field, form, conversion in parts:
        if field is None:
            continue
        if field not in known:
            found.append(f"there is no field {quoted('{' + field + '}')}: {did_you_mean(field, known)}")
        elif form or conversion:
            found.append(f"the field {quoted('{' + field + '}')} takes nothing but its name")
    return found


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a template with its fields replaced, each by its value; what has none stays blank.

    Values are put in as they are: braces in what a customer wrote are no fields.
    """
    pieces = []
    for literal, field, _, _ in _parts(template):
        pieces.append(literal)
        if field is not None:
            pieces.append(values.get(field, ""))
    return "".join(pieces)
