"""`endpoints apply`: the endpoints become what a file says, after its difference was shown and agreed to."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.endpoints.endpoint import Amendment, Endpoint
from service.endpoints.secret import decode
from service.registration import Egress
from service.registry.amendment import amend
from service.registry.application import OvertakenError, carry_out, prepared
from service.registry.registry import Registry
from service.registry.sealing import header_values
from service.store import endpoints
from service.store.secrets import Sealer
from tests.history import SECRET_KEY, History

Command = Callable[..., Any]
Answer = Callable[[str], None]
SEALER = Sealer(SECRET_KEY)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()
TWO = """
[[endpoint]]
name = "crm"
url = "https://8.8.8.8/crm"
types = ["conversation.*"]
headers = { X-Api-Key = "0123" }
secret_env = "CRM_SECRET"

[[endpoint]]
name = "archive"
url = "https://8.8.8.8/archive"
"""
ARCHIVE = TWO[TWO.index('[[endpoint]]\nname = "archive"') :]
CRM = TWO.removesuffix(ARCHIVE)


@pytest.fixture
def apply(endpoints_command: Command, tmp_path: Path) -> Command:
    """Return a function that applies a file with this text."""

    def run(text: str, *options: str, **environment: str) -> Any:  # noqa: ANN401 - how it ended
        (tmp_path / "endpoints.toml").write_text(text)
        return endpoints_command("apply", "endpoints.toml", *options, **{"CRM_SECRET": SECRET, **environment})

    return run


def there(history: History) -> dict[str, Endpoint]:
    """Return the endpoints by name."""
    known = history.does(lambda redis: endpoints.listing(redis, history.keys))
    return {endpoint.name: endpoint for endpoint in known.endpoints.values()}


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


def test_a_file_that_is_not_there_is_told(endpoints_command: Command) -> None:
    """Status 2 and one sentence."""
    applied = endpoints_command("apply", "nowhere.toml")

    assert (2, "nowhere.toml cannot be read: No such file or directory\n") == (applied.returncode, applied.stderr)


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
