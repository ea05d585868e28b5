"""`conversations list`, `show` and `communications`."""

from itertools import islice
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.cli.configuration import load_settings
from service.cli.conversations.access import (
    Identifier,
    Statuses,
    conversation_or_fail,
    on_twilio,
    statuses_or_fail,
)
from service.cli.endpoints.options import AsJson
from service.cli.endpoints.printing import print_json, say
from service.cli.moments import told
from service.cli.timeline import printable
from service.twilio.api import Communication, Conversation, Participant, TwilioApis

LIST_EXAMPLE = "Example: conversation-events conversations list --status ACTIVE --limit 20"
SHOW_EXAMPLE = "Example: conversation-events conversations show conv_conversation_01ka2cpvty9m7am85dxw0gvqhf"
COMMUNICATIONS_EXAMPLE = f"{SHOW_EXAMPLE.replace(' show ', ' communications ')} --text"
_WHOLE = ("createdAt", "author")


def list_all(
    *,
    status: Statuses = None,
    channel_id: Annotated[
        str | None, typer.Option("--channel-id", metavar="SID", help="Those of this call (CA…) or message (SM…).")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="Most conversations.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List conversations as Twilio has them; with --json as Twilio tells them."""
    statuses = statuses_or_fail(status)

    def ask(twilio: TwilioApis) -> list[Conversation]:
        pages = twilio.conversations.list(statuses=statuses, channel_id=channel_id, page_size=min(limit, 1000))
        return list(islice(pages, limit))

    found = on_twilio(load_settings(), ask)
    if as_json:
        print_json([one.raw for one in found])
    elif found:
        Console().print(_table(found))
    else:
        say("There is no such conversation.")


def show(conversation_id: Identifier, *, as_json: AsJson = False) -> None:
    """Show a conversation and who takes part in it; with --json as Twilio tells them."""
    asked = conversation_or_fail(conversation_id)

    def ask(twilio: TwilioApis) -> tuple[Conversation, list[Participant]]:
        return twilio.conversations.fetch(asked), list(twilio.conversations.participants(asked))

    found, people = on_twilio(load_settings(), ask)
    if as_json:
        print_json({"conversation": found.raw, "participants": [one.raw for one in people]})
        return
    for line in _lines(found, people):
        typer.echo(printable(line))


def communications(
    conversation_id: Identifier,
    *,
    text: Annotated[bool, typer.Option("--text", help="With what was said and written.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what was said and written in a conversation, the oldest first; the words only with --text."""
    asked = conversation_or_fail(conversation_id)

    def ask(twilio: TwilioApis) -> list[Communication]:
        needed = (*_WHOLE, "content") if text else _WHOLE
        return list(twilio.conversations.communications(asked, needed=needed, whole=text))

    found = sorted(on_twilio(load_settings(), ask), key=lambda one: one.occurred_at or one.created_at or "")
    if as_json:
        print_json([_shown(one, text=text) for one in found])
        return
    for one in found:
        typer.echo(printable(_line(one, text=text)))
    if not found:
        say("Nothing was said in it.")


def _table(found: list[Conversation]) -> Table:
    grid = Table()
    for name in ("id", "status", "created", "updated"):
        grid.add_column(name, no_wrap=True)
    grid.add_column("name", overflow="fold")
    for one in found:
        cells = (one.id, one.status, told(one.created_at), told(one.updated_at), one.name or "")
        # As Text: a bracket in what people wrote is no markup.
        grid.add_row(*(Text(printable(cell)) for cell in cells))
    return grid


def _lines(found: Conversation, people: list[Participant]) -> list[str]:
    head = {
        "id": found.id,
        "status": found.status,
        "name": found.name,
        "configuration": found.configuration_id,
        "created": told(found.created_at),
        "updated": told(found.updated_at),
    }
    lines = [f"{name:<16} {value}" for name, value in head.items() if value]
    for one in people:
        where = ", ".join(f"{each.channel} {each.address}" for each in one.addresses)
        profile = one.profile_id or "no profile"
        lines.append(f"{'participant':<16} {one.id}  {one.type or '-'}  {profile}  {where}")
    return lines


def _line(one: Communication, *, text: bool) -> str:
    author = one.author
    place = f"{told(one.occurred_at or one.created_at)}  {one.id}  {(author and author.channel) or '-'}"
    who = (author and author.participant_id) or "-"
    return f"{place}  {who}  {one.text or '-'}" if text else f"{place}  {who}"


def _shown(one: Communication, *, text: bool) -> dict[str, Any]:
    author = one.author
    shown = {
        "id": one.id,
        "created_at": one.created_at,
        "occurred_at": one.occurred_at,
        "channel": author and author.channel,
        "channel_id": one.channel_id,
        "participant_id": author and author.participant_id,
    }
    return {**shown, "text": one.text} if text else shown
