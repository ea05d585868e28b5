"""`endpoints apply`."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from service.cli.configuration import load_settings
from service.cli.endpoints import options
from service.cli.endpoints.access import now_ms, on_registry
from service.cli.endpoints.differing import lines
from service.cli.endpoints.printing import confirm, fail, print_json, say
from service.cli.failures import FAILED, USAGE
from service.endpoints.difference import Step
from service.endpoints.rotation import RefusedRotationError
from service.registration import InvalidEndpointError
from service.registry.alteration import ContendedError
from service.registry.application import Done, OvertakenError, Plan, carry_out, prepared
from service.registry.registry import Registry
from service.settings import Settings
from service.store.backlog import Backlog, backlog

EXAMPLE = "Example: conversation-events endpoints apply endpoints.toml --dry-run"


def apply(
    file: Annotated[Path, typer.Argument(help="TOML: an array of tables named endpoint, each with a name and a url.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove endpoints whose name is not in the file.")] = False,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
) -> None:
    """Make the endpoints what a file says, known by their names: shows the difference first, and asks.

    Members: those of `add`, headers as a table, and secret_env, the environment variable with the secret. What an entry
    leaves out has its default; a secret that it leaves out stays as it is, or is made and shown once.
    """
    settings = load_settings()
    plan, dropped = _plan(settings, _text(file), prune=prune)
    pending = [step for step in plan.steps if step.action != "unchanged"]
    if not as_json:
        _show(plan.steps, dropped)
    if pending and not dry_run:
        _ask(plan.steps, dropped, yes=yes, as_json=as_json)
    done: list[Done] = []
    try:
        if not dry_run:
            _carry_out(settings, plan, pending, done, as_json=as_json)
    finally:
        # Also when it has failed half way: what was made is shown this once.
        if as_json:
            print_json({"steps": [_told(step, done, dropped) for step in plan.steps]})
    if not pending:
        say("Nothing to change.")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        fail(USAGE, f"{file} cannot be read: {reason}")


def _plan(settings: Settings, text: str, *, prune: bool) -> tuple[Plan, dict[str, Backlog]]:
    """Return what has to be done, and what goes with the endpoints that are to be removed, by name."""

    async def run(registry: Registry) -> tuple[Plan, dict[str, Backlog]]:
        plan = await prepared(registry, text, os.environ, prune=prune)
        removed = [(step.name, step.id) for step in plan.steps if step.action == "remove" and step.id]
        return plan, {name: await backlog(registry.redis, registry.keys, each) for name, each in removed}

    try:
        return on_registry(settings, run)
    except InvalidEndpointError as error:
        fail(USAGE, *error.mistakes)


def _show(steps: Sequence[Step], dropped: dict[str, Backlog], *, err: bool = False) -> None:
    for line in lines(steps, dropped):
        typer.echo(line, err=err)


def _ask(steps: Sequence[Step], dropped: dict[str, Backlog], *, yes: bool, as_json: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        fail(USAGE, "Without a terminal nobody can be asked: --yes does it, --dry-run only shows it.")
    if as_json:
        _show(steps, dropped, err=True)
    confirm("Do this?")


def _carry_out(settings: Settings, plan: Plan, steps: Sequence[Step], done: list[Done], *, as_json: bool) -> None:
    async def run(registry: Registry) -> None:
        for step in steps:
            done.append(await carry_out(registry, plan, step, now_ms()))
            if not as_json:
                _tell(step, done[-1])

    try:
        on_registry(settings, run)
    except InvalidEndpointError as error:
        fail(FAILED, *error.mistakes)
    except (ContendedError, OvertakenError, RefusedRotationError) as error:
        fail(FAILED, str(error))


def _tell(step: Step, done: Done) -> None:
    made = done.secret or done.public_key
    say(f"{step.action} {done.name} ({done.id}): done")
    if made:
        typer.echo(f"{done.name:<16} {made}")
    if done.secret:
        say("The secret is not shown again: give it to whoever verifies the deliveries.")


def _told(step: Step, done: Sequence[Done], dropped: dict[str, Backlog]) -> dict[str, object]:
    """Return a step as it is printed: what it is, whether it was done, and what was made."""
    fields = msgspec.structs.asdict(step)
    if step.name in dropped:
        fields["dropped"] = dropped[step.name]
    came = next((each for each in done if each.name == step.name), None)
    made = {"secret": came.secret, "public_key": came.public_key} if came else {}
    return {
        **fields,
        "id": came.id if came else step.id,
        "done": came is not None,
        **{name: value for name, value in made.items() if value is not None},
    }
