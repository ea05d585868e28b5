"""`rules show`."""

from service.cli.configuration import load_settings
from service.cli.endpoints.options import AsJson
from service.cli.endpoints.printing import print_json, say
from service.cli.rules.reading import as_json_object, print_rules, rules_or_fail
from service.rules.rules import Rules

EXAMPLE = "Example: conversation-events rules show"


def show(*, as_json: AsJson = False) -> None:
    """Show the rules in force: those of RULES_FILE, or without one the built-in ones."""
    file = load_settings().rules_file
    rules = Rules() if file is None else rules_or_fail(file, as_json=as_json)
    if as_json:
        print_json({"file": None if file is None else str(file), "rules": as_json_object(rules)})
        return
    print_rules(rules)
    say("RULES_FILE is not set: these are the built-in rules." if file is None else f"From {file}.")
