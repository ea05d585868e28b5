"""`conversations`: what Twilio has of them, and closing them.

Data goes to standard output, sentences about it to standard error. Twilio itself is asked; what this service has stored
of a conversation is shown by `events tail --conversation ID` and by the admin API.
"""

import typer

from service.cli.conversations import closing, closing_all, showing

# Tracebacks stay plain: the pretty ones show local variables, and some of those are secrets.
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Twilio's conversations: look at them, and close them.",
    epilog="Example: conversation-events conversations list --status ACTIVE",
)
app.command("list", epilog=showing.LIST_EXAMPLE)(showing.list_all)
app.command("show", epilog=showing.SHOW_EXAMPLE)(showing.show)
app.command("communications", epilog=showing.COMMUNICATIONS_EXAMPLE)(showing.communications)
app.command("close", epilog=closing.EXAMPLE)(closing.close)
app.command("close-all", epilog=closing_all.EXAMPLE)(closing_all.close_all)
