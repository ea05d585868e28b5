"""The command line: every command with its help and an example."""

from typing import Annotated

import typer

from service import __version__
from service.cli import (
    admin,
    bench,
    conversations,
    deliveries,
    delivering,
    demo,
    endpoints,
    events,
    receiver,
    reconciling,
    rules,
    signing,
    simulate,
    up,
    verifying,
)

# Tracebacks stay plain: the pretty ones show local variables, and some of those are secrets.
app = typer.Typer(name="conversation-events", no_args_is_help=True, pretty_exceptions_enable=False)


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback(epilog="Example: conversation-events up")
def main(
    *, version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False
) -> None:
    """Receive Twilio Conversation Orchestrator callbacks, keep each one, and deliver them as signed webhooks."""


app.command(epilog=up.EXAMPLE)(up.up)
app.command(epilog=demo.EXAMPLE)(demo.demo)
app.command(epilog=receiver.EXAMPLE)(receiver.receiver)
app.command(epilog=delivering.RELAY_EXAMPLE)(delivering.relay)
app.command(epilog=delivering.WORKER_EXAMPLE)(delivering.worker)
app.command(epilog=admin.EXAMPLE)(admin.admin)
app.add_typer(endpoints.app, name="endpoints")
app.add_typer(events.app, name="events")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(conversations.app, name="conversations")
app.command(epilog=reconciling.EXAMPLE)(reconciling.reconcile)
app.add_typer(rules.app, name="rules")
app.command("sign", epilog=signing.EXAMPLE)(signing.sign_request)
app.command("verify", epilog=verifying.EXAMPLE)(verifying.verify_request)
app.add_typer(bench.app, name="bench")
app.command(epilog=simulate.EXAMPLE)(simulate.simulate)
