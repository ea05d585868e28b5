"""`endpoints add, list, show, remove` as a person or a script types them: what is printed where, and exit statuses."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.registry.sealing import header_values
from service.store import endpoints
from service.store.secrets import Sealer
from tests.history import SECRET_KEY, History

URL = "https://8.8.8.8/hooks"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
Command = Callable[..., Any]


def test_an_endpoint_goes_from_add_to_remove(endpoints_command: Command, history: History) -> None:
    """With --json, each command prints what a script needs, and nothing on standard error."""
    types = ("--types", "conversation.*,message.received", "--types", "message.sent")
    more = ("--name", "crm", "--ordered", "--rate-limit", "0.5", "--header", "X-Api-Key: a:b")
    added = endpoints_command("add", URL, *types, *more, "--secret", SECRET, "--json")
    made = json.loads(added.stdout)
    public = {name: value for name, value in made.items() if name != "secret"}
    stored = history.does(lambda redis: endpoints.get(redis, history.keys, made["id"]))
    shown = endpoints_command("show", made["id"], "--json")
    listed = endpoints_command("list", "--json")
    removed = endpoints_command("remove", made["id"], "--json")
    after = endpoints_command("list", "--json")

    assert stored is not None
    sealer = Sealer(SECRET_KEY)
    assert (URL, ("conversation.*", "message.received", "message.sent"), bytes(range(32)), {"X-Api-Key": "a:b"}) == (
        stored.url, stored.types, sealer.open(stored.sealed_secret), header_values(sealer, stored),
    )  # fmt: skip
    assert ("crm", True, 0.5) == (stored.name, stored.ordered, stored.rate_limit)
    assert (SECRET, public, {"endpoints": [public]}, {"endpoints": []}) == (
        made["secret"], json.loads(shown.stdout), json.loads(listed.stdout), json.loads(after.stdout),
    )  # fmt: skip
    assert [(0, "")] * 5 == [(c.returncode, c.stderr) for c in (added, shown, listed, removed, after)]


def test_people_get_lines_and_sentences(endpoints_command: Command) -> None:
    """The secret is shown by add and never again; what is printed as data is not broken into two lines."""
    added = endpoints_command("add", URL, "--description", "our [bold]CRM")
    facts = dict(line.split(maxsplit=1) for line in added.stdout.splitlines())
    listed = endpoints_command("list")
    shown = endpoints_command("show", facts["id"])
    removed = endpoints_command("remove", facts["id"])

    assert (URL, "*", "active") == (facts["url"], facts["types"], facts["state"])
    assert facts["secret"].startswith("whsec_")
    assert "The secret is not shown again" in added.stderr
    assert facts["id"] in listed.stdout
    assert "our [bold]CRM" in listed.stdout
    assert "whsec_" not in listed.stdout + shown.stdout
    assert f"Removed {facts['id']}.\n" == removed.stderr


def test_an_empty_list_says_what_to_do(endpoints_command: Command) -> None:
    """The sentence has an example, and the exit status is 0."""
    listed = endpoints_command("list")

    assert (0, "") == (listed.returncode, listed.stdout)
    assert "conversation-events endpoints add https://example.com/hooks" in listed.stderr


@pytest.mark.parametrize(
    "command",
    [("show",), ("remove",), ("update", "--ordered"), ("rotate-secret",), ("test",), ("disable",), ("enable",)],
    ids=" ".join,
)
def test_an_unknown_endpoint_fails(endpoints_command: Command, command: tuple[str, ...]) -> None:
    """Exit status 1 and a sentence."""
    answered = endpoints_command(*command, "ep_unknown")

    assert (1, "") == (answered.returncode, answered.stdout)
    assert "There is no endpoint ep_unknown" in answered.stderr


def test_mistakes_are_named_together(endpoints_command: Command) -> None:
    """Exit status 2 and a sentence for each."""
    answered = endpoints_command("add", "http://10.0.0.1/", "--types", "X Y", "--secret", "my-own-secret")
    misread = endpoints_command("add", "http://10.0.0.1/", "--header", "x", "--rate-limit", "many", "--scheme", "v3")

    assert [(2, ""), (2, "")] == [(each.returncode, each.stdout) for each in (answered, misread)]
    assert ["url", "types", "secret"] == [line.partition(":")[0] for line in answered.stderr.splitlines()]
    assert ["header", "scheme", "rate_limit", "url"] == [line.partition(":")[0] for line in misread.stderr.splitlines()]
    assert "my-own-secret" not in answered.stderr


@pytest.mark.parametrize("arguments", [(), ("add",), ("show",), ("nothing",), ("add", URL, "--colour", "red")])
def test_wrong_usage_is_2(endpoints_command: Command, arguments: tuple[str, ...]) -> None:
    """As with every command."""
    assert 2 == endpoints_command(*arguments).returncode


@pytest.mark.parametrize(
    "command",
    ["add", "list", "show", "update", "rotate-secret", "test", "disable", "enable", "remove", "apply"],
)
def test_every_command_has_help_with_an_example(endpoints_command: Command, command: str) -> None:
    """The example can be copied."""
    answered = endpoints_command(command, "--help")

    assert 0 == answered.returncode
    assert f"Example: conversation-events endpoints {command}" in answered.stdout


def test_another_secret_key_is_refused(endpoints_command: Command) -> None:
    """A secret that the relay could not open is not stored."""
    endpoints_command("add", URL)
    answered = endpoints_command("add", URL, SECRET_KEY="another key")

    assert (1, "") == (answered.returncode, answered.stdout)
    assert "SECRET_KEY is not the one" in answered.stderr
    assert 1 == len(json.loads(endpoints_command("list", "--json").stdout)["endpoints"])


def test_the_secret_key_that_up_left_is_found(endpoints_command: Command, tmp_path: Path) -> None:
    """Without the setting, the file in DATA_DIR; without either, a sentence that says so."""
    without = endpoints_command("add", URL, SECRET_KEY="")
    (tmp_path / "secret-key").write_text(f"{SECRET_KEY}\n")
    found = endpoints_command("add", URL, SECRET_KEY="")

    assert (2, 0) == (without.returncode, found.returncode)
    assert "SECRET_KEY: is not set" in without.stderr


@pytest.mark.parametrize(
    ("command", "status"), [(("list",), 0), (("list", "--json"), 2), (("disable", "ID"), 0), (("remove", "ID"), 0)]
)
def test_the_secret_key_is_asked_for_where_something_is_opened(
    endpoints_command: Command, command: tuple[str, ...], status: int
) -> None:
    """Names of headers and public keys are sealed; a table without them, switching off, and removing do without."""
    made = json.loads(endpoints_command("add", URL, "--scheme", "v1a", "--header", "X-One: 1", "--json").stdout)
    answered = endpoints_command(*(made["id"] if each == "ID" else each for each in command), SECRET_KEY="")

    assert status == answered.returncode


def test_a_redis_that_is_away_is_told_in_a_sentence(endpoints_command: Command, tmp_path: Path) -> None:
    """Exit status 1, and no traceback."""
    answered = endpoints_command("list", REDIS_URL=f"unix://{tmp_path}/none.sock")

    assert 1 == answered.returncode
    assert answered.stderr.startswith("Redis cannot be reached")
    assert 1 == len(answered.stderr.splitlines())
