"""`rules`: what RULES_FILE says, before anything runs by it.

Data goes to standard output, sentences about it to standard error.
"""

import typer

from service.cli.rules import check, show, trying

# Tracebacks stay plain: the pretty ones show local variables, and some of those are secrets.
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The rules: when conversations are closed, what is observed, how calls are answered.",
    epilog="Example: conversation-events rules check rules.toml",
)

app.command(epilog=check.EXAMPLE)(check.check)
app.command("try", epilog=trying.EXAMPLE)(trying.try_rules)
app.command(epilog=show.EXAMPLE)(show.show)
