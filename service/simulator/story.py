"""What a person sees of the simulation: one line for each thing that happens, on standard output.

Kinds and ids only: what people write, their numbers and names stay out, as they do of every log.
"""

from datetime import datetime

import msgspec
from rich.console import Console
from rich.text import Text

_SHOWN = 6
"""Characters of a conversation's id that tell it from the others."""


class Story:
    """Tells what happens; `as_json`: each line is an object, for programs."""

    def __init__(self, console: Console, *, as_json: bool = False) -> None:
        self._console, self._as_json = console, as_json
        self._silent = False

    def tell(self, who: str, what: str, about: str | None, result: str, *, good: bool = True) -> None:
        """Print a line: who did what about which conversation (or other resource), and how it went."""
        if self._as_json:
            self._object({"who": who, "what": what, "about": about, "result": result, "good": good})
            return
        line = Text()
        line.append(f"{datetime.now():%H:%M:%S}  ", style="dim")  # noqa: DTZ005 - the clock on the reader's wall
        line.append(f"{who:<24}", style="cyan" if who.startswith("Twilio") else "magenta")
        line.append(f"{what:<26}")
        line.append(f"…{about[-_SHOWN:] if about else '':<{_SHOWN + 2}}", style="dim")
        line.append(result, style="green" if good else "red")
        self._print(line)

    def summary(self, counts: dict[str, object]) -> None:
        """Print what all of it came to: names and numbers, those that are nested on a line of their own."""
        if self._as_json:
            self._object({"summary": counts})
            return
        self._print(Text("What happened", style="bold"))
        for name, value in counts.items():
            inner = ", ".join(f"{key} {number}" for key, number in value.items()) if isinstance(value, dict) else value
            self._print(Text(f"  {name:<22}{'none' if inner == '' else inner}"))

    def say(self, text: str) -> None:
        """Print a line for the person who started it; programs do not get it."""
        if not self._as_json:
            self._print(Text(text))

    def _object(self, what: dict[str, object]) -> None:
        self._print(Text(msgspec.json.encode(what).decode()))

    def _print(self, line: Text) -> None:
        if self._silent:
            return
        try:
            self._console.print(line, soft_wrap=True)
        except OSError:
            # Nobody reads any more; the simulation goes on.
            self._silent = True
