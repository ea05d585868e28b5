"""`endpoints apply` where it asks, refuses, or cannot go on: what was not agreed to is not done."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from service.endpoints.endpoint import Amendment
from service.endpoints.secret import decode
from service.registration import Egress
from service.registry.amendment import amend
from service.registry.application import OvertakenError, carry_out, prepared
from service.registry.registry import Registry
from service.store.secrets import Sealer
from tests.declared_endpoints import ARCHIVE, CRM, SECRET, TWO, there
from tests.history import SECRET_KEY, History

Command = Callable[..., Any]
Answer = Callable[[str], None]
SEALER = Sealer(SECRET_KEY)


@pytest.mark.parametrize(("answer", "status", "names"), [("y", 0, {"crm", "archive"}), ("n", 1, set())])
def test_it_asks_on_a_terminal(
    apply: Command, history: History, answering: Answer, answer: str, status: int, names: set[str]
) -> None:
    """After the difference was shown; nothing is done without a yes."""
    answering(answer)
    applied = apply(TWO)

    assert (status, names) == (applied.returncode, set(there(history)))
    assert applied.stdout.startswith("+ crm create\n")
    assert "Do this? [y/N]" in applied.stderr


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_script_has_to_say_yes(apply: Command, history: History, options: tuple[str, ...]) -> None:
    """Without a terminal nobody can be asked: status 2, and nothing is done."""
    applied = apply(TWO, *options)

    assert (2, set()) == (applied.returncode, set(there(history)))
    assert "--yes does it" in applied.stderr


def test_all_mistakes_are_told_before_anything_is_done(apply: Command, history: History) -> None:
    """Status 2, and each with the line of its entry."""
    applied = apply(TWO.replace("https://8.8.8.8/crm", "http://10.0.0.1/") + "rate_limit = 0\nx = 1\n", "--yes")

    assert (2, "", set()) == (applied.returncode, applied.stdout, set(there(history)))
    assert ["line 2 (crm): url", "line 9 (archive): x", "line 9 (archive): rate_limit"] == [
        ": ".join(line.split(": ")[:2]) for line in applied.stderr.splitlines()
    ]


def test_names_are_looked_up_before_anything_is_done(apply: Command, history: History) -> None:
    """A URL that leads nowhere is a mistake of the file too."""
    applied = apply(TWO.replace("8.8.8.8/archive", "name.invalid/"), "--yes")

    assert (2, set()) == (applied.returncode, set(there(history)))
    assert applied.stderr.startswith("line 9 (archive): url: the name name.invalid")


@pytest.mark.parametrize(("name", "reason"), [("nowhere.toml", "No such file or directory"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_told(endpoints_command: Command, name: str, reason: str) -> None:
    """Status 2 and one sentence."""
    applied = endpoints_command("apply", name)

    assert (2, f"{name} cannot be read: {reason}\n") == (applied.returncode, applied.stderr)


def test_what_was_made_is_printed_although_the_rest_failed(
    endpoints_command: Command, apply: Command, history: History
) -> None:
    """A secret that is shown once must not be lost with an error behind it."""
    crm = json.loads(endpoints_command("add", "https://8.8.8.8/", "--name", "crm", "--json").stdout)["id"]
    for _ in range(5):
        endpoints_command("rotate-secret", crm)
    applied = apply(ARCHIVE + CRM, "--yes", "--json")
    archive, failed = json.loads(applied.stdout)["steps"]

    assert (1, True, False) == (applied.returncode, archive["done"], failed["done"])
    assert decode(archive["secret"]) == SEALER.open(there(history)["archive"].sealed_secret)
    assert "5 old secrets sign already" in applied.stderr


@pytest.mark.parametrize("prune", [False, True])
def test_what_somebody_else_changed_meanwhile_is_left_alone(
    apply: Command,
    history: History,
    prune: bool,  # noqa: FBT001 - parametrised
) -> None:
    """What is done is what was shown, or nothing."""
    apply(TWO, "--yes")
    one = there(history)["crm"]

    async def overtaken(redis: Any) -> None:  # noqa: ANN401 - a client
        registry = Registry(redis, history.keys, SEALER, Egress())
        text = ARCHIVE if prune else TWO.replace("/crm", "/new")
        plan = await prepared(registry, text, {"CRM_SECRET": SECRET}, prune=prune)
        await amend(registry, one.id, Amendment(ordered=True), 0)
        step = next(step for step in plan.steps if step.name == "crm")
        await carry_out(registry, plan, step, 0)

    with pytest.raises(OvertakenError, match="crm: somebody else has changed it"):
        history.does(overtaken)

    assert ("https://8.8.8.8/crm", True) == (there(history)["crm"].url, there(history)["crm"].ordered)
