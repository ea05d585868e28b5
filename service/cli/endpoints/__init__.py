"""`endpoints`: the subscribers, changed in Redis itself, so that no admin process has to run.

Data goes to standard output, sentences about it to standard error.
"""

import typer

from service.cli.endpoints import adding, applying, changing, removing, showing, switching

# Tracebacks stay plain: the pretty ones show local variables, and some of those are secrets.
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The subscribers: URLs that events are delivered to.",
    epilog="Example: conversation-events endpoints add https://example.com/hooks",
)

app.command(epilog=adding.EXAMPLE)(adding.add)
app.command("list", epilog=showing.LIST_EXAMPLE)(showing.show_all)
app.command(epilog=showing.SHOW_EXAMPLE)(showing.show)
app.command(epilog=changing.UPDATE_EXAMPLE)(changing.update)
app.command(epilog=changing.ROTATE_EXAMPLE)(changing.rotate_secret)
app.command("test", epilog=switching.TEST_EXAMPLE)(switching.send_test)
app.command(epilog=switching.DISABLE_EXAMPLE)(switching.disable)
app.command(epilog=switching.ENABLE_EXAMPLE)(switching.enable)
app.command(epilog=removing.EXAMPLE)(removing.remove)
app.command(epilog=applying.EXAMPLE)(applying.apply)
