"""What a person sees of the simulation: one line for each thing that happens, on standard output.

Kinds and ids only: what people write, their numbers and names stay out, as they do of every log.
"""

from datetime import datetime

from rich.console import Console
from rich.text import Text

_SHOWN = 6
"""Characters of a conversation's id that tell it from the others."""


class Story:
    """Tells what happens."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._silent = False

    def tell(self, who: str, what: str, conversation_id: str | None, result: str, *, good: bool = True) -> None:
        """Print a line: who did what about which conversation, and how it went."""
        line = Text()
        line.append(f"{datetime.now():%H:%M:%S}  ", style="dim")  # noqa: DTZ005 - the clock on the reader's wall
        line.append(f"{who:<24}", style="cyan" if who.startswith("Twilio") else "magenta")
        line.append(f"{what:<26}")
        line.append(f"…{conversation_id[-_SHOWN:] if conversation_id else '':<{_SHOWN + 2}}", style="dim")
        line.append(result, style="green" if good else "red")
        self._print(line)

    def _print(self, line: Text) -> None:
        if self._silent:
            return
        try:
            self._console.print(line, soft_wrap=True)
        except OSError:
            # Nobody reads any more; the simulation goes on.
            self._silent = True
