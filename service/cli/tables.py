"""Lists of events and deliveries, and what they are made of, as people read them."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from service.cli.moments import told
from service.cli.timeline import printable
from service.events.event import StoredEvent
from service.events.times import from_milliseconds
from service.events.types import event_type
from service.store.delivery_rows import Row
from service.store.lag import stored_ms


def event_line(event: StoredEvent) -> str:
    """Return an event as one line, without what it holds."""
    place = f"  {event.conversation_id}#{event.sequence}" if event.conversation_id else ""
    found = "  (found by reconciliation)" if event.source == "reconciliation" else ""
    at = told(from_milliseconds(stored_ms(event.entry_id)))
    return printable(f"{at}  {event.id}  {event_type(event)}{place}{found}")


def delivery_table(rows: Sequence[Row]) -> Table:
    """Return deliveries as a table."""
    grid = Table()
    for name in ("event", "endpoint", "type"):
        grid.add_column(name, no_wrap=True)
    grid.add_column("state", overflow="fold")
    grid.add_column("attempts", justify="right")
    grid.add_column("at", no_wrap=True)
    for row in rows:
        state = f"{row.state}: {row.reason}" if row.reason else row.state
        if row.next_attempt_at is not None:
            state += f", next {told(row.next_attempt_at)}"
        cells = (row.event_id, row.endpoint_id, row.type or "-", printable(state), str(row.attempts), told(row.at))
        # As Text: a bracket in what a subscriber said is no markup.
        grid.add_row(*map(Text, cells))
    return grid
