"""`endpoints apply`: the endpoints become what a file says, after its difference was shown."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from service.endpoints.secret import decode
from service.registry.sealing import header_values
from service.store import endpoints
from service.store.secrets import Sealer
from tests.declared_endpoints import OTHER, SECRET, TWO, there
from tests.history import SECRET_KEY, History

Command = Callable[..., Any]
Answer = Callable[[str], None]
SEALER = Sealer(SECRET_KEY)


def test_what_is_missing_is_made(apply: Command, history: History) -> None:
    """A secret that was brought along is taken and not shown; one that was made is shown this once."""
    applied = apply(TWO, "--yes")
    made = there(history)
    [secret] = [word for word in applied.stdout.split() if word.startswith("whsec_")]

    assert 0 == applied.returncode
    assert {"crm", "archive"} == set(made)
    assert {"X-Api-Key": "0123"} == header_values(SEALER, made["crm"])
    assert [decode(SECRET), decode(secret)] == [SEALER.open(made[name].sealed_secret) for name in ("crm", "archive")]
    assert not [word for word in (SECRET, "0123") if word in applied.stdout + applied.stderr]


def test_a_second_time_there_is_nothing_to_change(apply: Command, history: History) -> None:
    """The file says the same, so nothing is written, and nothing asked."""
    apply(TWO, "--yes")
    before = history.does(lambda redis: endpoints.listing(redis, history.keys))
    again = apply(TWO)

    assert (0, "Nothing to change.\n") == (again.returncode, again.stderr)
    assert before == history.does(lambda redis: endpoints.listing(redis, history.keys))


def test_the_difference_is_shown_first(apply: Command, history: History) -> None:
    """Each member that changes, with both values; of secrets and headers, only that they do."""
    apply(TWO, "--yes")
    ids = {name: endpoint.id for name, endpoint in there(history).items()}
    text = TWO.replace("0123", "4567").replace('"conversation.*"', '"*"') + "rate_limit = 50\n"
    shown = apply(text, "--dry-run", CRM_SECRET=OTHER)
    lines = [
        f"~ crm update {ids['crm']}",
        "    types: conversation.* → *",
        "    headers.X-Api-Key: replaced",
        "    secret: replaced",
        f"~ archive update {ids['archive']}",
        "    rate_limit: none → 50",
    ]

    assert (0, lines, "") == (shown.returncode, shown.stdout.splitlines(), shown.stderr)


def test_a_dry_run_changes_nothing(apply: Command, history: History) -> None:
    """Neither what it would make, nor what it would remove."""
    history.registers()
    before = history.does(lambda redis: endpoints.listing(redis, history.keys))
    shown = apply(TWO, "--dry-run", "--prune", "--json")

    assert (0, [("create", False), ("create", False)]) == (
        shown.returncode, [(step["action"], step["done"]) for step in json.loads(shown.stdout)["steps"]],
    )  # fmt: skip
    assert before == history.does(lambda redis: endpoints.listing(redis, history.keys))


def test_what_differs_is_changed(apply: Command, history: History) -> None:
    """Members become what the file says, a default where it says nothing; the old secret signs on for a day."""
    apply(TWO + "description = 'old'\n", "--yes")
    before = there(history)
    applied = apply(TWO.replace("/crm", "/new"), "--yes", CRM_SECRET=OTHER)
    after = there(history)

    assert 0 == applied.returncode
    assert ("https://8.8.8.8/new", decode(OTHER), "") == (
        after["crm"].url, SEALER.open(after["crm"].sealed_secret), after["archive"].description,
    )  # fmt: skip
    assert [before["crm"].sealed_secret] == [old.sealed_secret for old in after["crm"].retired]
    assert before["archive"].sealed_secret == after["archive"].sealed_secret


def test_another_scheme_is_a_rotation(apply: Command, history: History) -> None:
    """A private key is made, and its public half printed."""
    apply(TWO, "--yes")
    applied = apply(TWO + 'scheme = "v1a"\n', "--yes", "--json")
    crm, archive = json.loads(applied.stdout)["steps"]

    assert ("unchanged", False, "update", True) == (crm["action"], crm["done"], archive["action"], archive["done"])
    assert archive["public_key"].startswith("whpk_")
    assert "secret" not in archive
    assert [("v1", "v1a")] == [
        (old.scheme, each.scheme) for each in [there(history)["archive"]] for old in each.retired
    ]


@pytest.mark.parametrize(
    ("options", "left"), [((), {"", "old", "crm", "archive"}), (("--prune",), {"", "crm", "archive"})]
)
def test_only_prune_removes(
    endpoints_command: Command, apply: Command, history: History, options: tuple[str, ...], left: set[str]
) -> None:
    """And only endpoints that have a name: the others were never a file's business."""
    for name in ((), ("--name", "old")):
        endpoints_command("add", "https://8.8.8.8/", *name)
    applied = apply(TWO, "--yes", *options)

    assert (0, left) == (applied.returncode, set(there(history)))


def test_what_goes_with_a_removed_endpoint_is_said(
    endpoints_command: Command, apply: Command, history: History
) -> None:
    """Before anybody agrees to it."""
    old = json.loads(endpoints_command("add", "https://8.8.8.8/", "--name", "old", "--json").stdout)["id"]
    history.does(lambda redis: redis.hset(history.keys.dead(old), "evt_1", "{}"))
    shown = apply(TWO, "--prune", "--dry-run")
    as_json = json.loads(apply(TWO, "--prune", "--dry-run", "--json").stdout)["steps"]

    assert f"- old remove {old}, with 0 deliveries that wait and 1 that were missed" == shown.stdout.splitlines()[-1]
    assert {"waiting": 0, "missed": 1} == as_json[-1]["dropped"]
