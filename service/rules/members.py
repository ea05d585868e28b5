"""PURE. The members of one table, read one by one; what is wrong with them is gathered, and reading goes on."""

from collections.abc import Callable, Mapping

from service.rules import durations
from service.rules.naming import did_you_mean, quoted
from service.rules.reading import Mistake, Table

LONGEST_NAME = 64
LONGEST_TEXT = 128


class Members:
    """Reads a table. A member that is wrong is named in `mistakes`, and read as if it were not there."""

    def __init__(self, table: Table, examples: Mapping[str, str]) -> None:
        """`examples` has a right line for each member that there may be."""
        self.table, self._examples = table, examples
        self.mistakes: list[Mistake] = []
        for name in table.values:
            if name not in examples:
                text = f"there is no member {quoted(name)} here: {did_you_mean(name, examples)}"
                near = next(iter(examples.values()))
                self.mistakes.append(Mistake(table.at(name), f"{text}; for example {near}"))

    def __contains__(self, name: str) -> bool:
        """Return whether the member is there, be it right or wrong."""
        return name in self.table.values

    def wrong(self, name: str, text: str, *inside: int, example: str | None = None) -> None:
        """Note what is wrong with a member, at its line, with the usual example or a better one."""
        shown = example or self._examples[name]
        self.mistakes.append(Mistake(self.table.at(name, *inside), f"{name}: {text}; for example {shown}"))

    def text(self, name: str, longest: int = LONGEST_TEXT) -> str | None:
        """Return a text that is not blank, None where there is none."""
        if name not in self:
            return None
        value = self.table.values[name]
        return value if self._is_text(name, value, longest) else None

    def texts(self, name: str, longest: int = LONGEST_TEXT) -> tuple[str, ...]:
        """Return texts, each once; a single one may stand without brackets. Empty where there are none."""
        return self.chosen(name, lambda _: None, longest)

    def chosen(self, name: str, refusal: Callable[[str], str | None], longest: int = LONGEST_TEXT) -> tuple[str, ...]:
        """Return texts that `refusal` has nothing to say against, each once."""
        if name not in self:
            return ()
        value = self.table.values[name]
        if isinstance(value, list) and not value:
            self.wrong(name, "is empty; leave it out, or name at least one")
        several = value if isinstance(value, list) else [value]
        found = []
        for number, each in enumerate(several):
            if not self._is_text(name, each, longest, number):
                continue
            refused = refusal(each)
            if refused is not None:
                self.wrong(name, refused, number)
            else:
                found.append(each)
        return tuple(dict.fromkeys(found))

    def flag(self, name: str) -> bool | None:
        """Return true or false, None where it is not said."""
        value = self.table.values.get(name)
        if value is None or isinstance(value, bool):
            return value
        self.wrong(name, f"must be true or false, without quotes, and not {quoted(value)}")
        return None

    def seconds(self, name: str) -> int:
        """Return the seconds of a duration, 0 where there is none."""
        if name not in self:
            return 0
        value = self.table.values[name]
        length = durations.seconds(value) if isinstance(value, str) else None
        if length is None:
            self.wrong(name, f"must be a duration of at most 30 days (30s, 10m, 2h, 1d), and not {quoted(value)}")
        return length or 0

    def _is_text(self, name: str, value: object, longest: int, *inside: int) -> bool:
        if not isinstance(value, str):
            self.wrong(name, f"must be text in quotes, and not {quoted(value)}", *inside)
        elif not value.strip():
            self.wrong(name, "is blank", *inside)
        elif len(value) > longest:
            self.wrong(name, f"is longer than {longest} characters", *inside)
        else:
            return True
        return False


def unique_names(named: list[tuple[str, Table]]) -> list[Mistake]:
    """Return a mistake for each rule whose name an earlier one of its kind has: logs and jobs know rules by name."""
    first: dict[str, int] = {}
    mistakes = []
    for name, table in named:
        if name in first:
            text = f"the rule of line {first[name]} is called {quoted(name)} too; give each its own name"
            mistakes.append(Mistake(table.at("name"), f"{text}; for example name = {quoted(f'{name} 2')}"))
        first.setdefault(name, table.line)
    return mistakes
