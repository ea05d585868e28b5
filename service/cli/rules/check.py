"""`rules check`."""

from typing import Annotated

import typer

from service.cli.endpoints.options import AsJson
from service.cli.endpoints.printing import print_json, say
from service.cli.failures import FAILED
from service.cli.rules import online
from service.cli.rules.reading import RulesFile, as_json_object, print_rules, rules_or_fail

EXAMPLE = "Example: conversation-events rules check rules.toml"
Online = Annotated[
    bool, typer.Option("--online", help="Ask Twilio, too, whether a call that is answered here is transcribed twice.")
]


def check(file: RulesFile, *, online_too: Online = False, as_json: AsJson = False) -> None:
    """Check a file of rules: says what it does, or every mistake with its line."""
    rules = rules_or_fail(file, as_json=as_json)
    found = online.compare(rules.voice) if online_too else ()
    if as_json:
        billed = {"double_billing": online.as_json_objects(found)} if online_too else {}
        fits = all(each.voice.accept_double_billing for each in found)
        print_json({"ok": fits, "mistakes": [], "rules": as_json_object(rules), **billed})
    else:
        print_rules(rules)
        say(f"{file} is right.")
    if online_too and not online.tell(found):
        raise typer.Exit(FAILED)
