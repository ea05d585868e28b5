"""`rules try`."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from service.cli.endpoints.options import AsJson
from service.cli.endpoints.printing import fail, print_json, say
from service.cli.failures import FAILED
from service.cli.rules.reading import RulesFile, rules_or_fail
from service.cli.timeline import printable
from service.rules.durations import spoken
from service.rules.trial import NoEventError, Said, Sample, said, sample

EXAMPLE = "Example: conversation-events events show ID --json | conversation-events rules try rules.toml --event -"
_STDIN = "-"
_DOES = {"close": "closes the conversation", "observe": "writes an observation", "gather": "observes what was said"}

EventFile = Annotated[
    str, typer.Option("--event", metavar="FILE|-", help="A callback of the Orchestrator, or an event as delivered.")
]


def try_rules(file: RulesFile, *, event: EventFile, as_json: AsJson = False) -> None:
    """Say what rules would do after an event, and of the others why they would not. Nothing is done."""
    rules = rules_or_fail(file, as_json=as_json)
    now_ms = int(time.time() * 1000)
    try:
        tried = sample(_read(event), now_ms)
    except NoEventError as error:
        fail(FAILED, printable(f"{event} is no event: {error}"))
    answers = said(rules, tried, now_ms)
    if as_json:
        print_json({"type": tried.name, "assumed": tried.assumed, "rules": [_object(answer) for answer in answers]})
        return
    _print(tried, answers)


def _read(name: str) -> bytes:
    if name == _STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        fail(FAILED, printable(f"{name} cannot be read ({error.strerror})"))


def _object(answer: Said) -> dict[str, Any]:
    return {
        "section": answer.section,
        "rule": answer.rule,
        "matches": answer.asks is not None,
        "asks": None if answer.asks is None else msgspec.to_builtins(answer.asks),
        "why_not": answer.why_not,
    }


def _print(tried: Sample, answers: list[Said]) -> None:
    say(printable(f"{tried.name}{f', {tried.assumed}' if tried.assumed else ''}"))
    for answer in answers:
        typer.echo(printable(_line(answer)))
    if not any(answer.asks for answer in answers):
        typer.echo("Nothing would happen but the event's delivery.")


def _line(answer: Said) -> str:
    name = f'{answer.section} "{answer.rule}"'
    if answer.asks is None:
        return f"no   {name}: {answer.why_not}"
    delay = f" {spoken(answer.asks.delay)} later, unless there is new traffic" if answer.asks.delay else " at once"
    return f"yes  {name}: {_DOES[answer.asks.kind]}{delay}{_provided(answer.asks.arguments)}"


def _provided(arguments: dict[str, Any]) -> str:
    """Return what is looked at when the job runs."""
    author = arguments.get("author")
    found = [
        f"{word} is {' or '.join(arguments[name])}"
        for name, word in (("channels", "one of its channels"), ("configurations", "its configuration"))
        if arguments.get(name)
    ]
    if author is not None:
        found.append(f"its author is a participant of the type {' or '.join(author['types'])}")
    if arguments.get("unless_other_channels_active"):
        found.append("no other channel is active then")
    return f"; provided that {', and '.join(found)}" if found else ""
