"""`endpoints update, rotate-secret, test, disable, enable`: what is printed where, and exit statuses."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.history import History
from tests.relay_case import RelayCase
from tests.signatures import signing

Command = Callable[..., Any]


@pytest.fixture
def made(endpoints_command: Command, case: RelayCase) -> dict[str, Any]:
    """Return an endpoint that leads to the subscriber, as `add` printed it."""
    options = ("--types", "message.*", "--rate-limit", "5", "--header", "X-One: 1", "--header", "X-Two: 2", "--json")
    found: dict[str, Any] = json.loads(endpoints_command("add", case.subscriber.url, *options).stdout)
    return found


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--types", "conversation.*,message.sent"), {"types": ["conversation.*", "message.sent"]}),
        (("--description", "our CRM", "--name", "crm"), {"description": "our CRM", "name": "crm"}),
        (("--ordered",), {"ordered": True}),
        (("--no-ordered",), {"ordered": False}),
        (("--rate-limit", "none"), {"rate_limit": None}),
        (("--rate-limit", "0.5"), {"rate_limit": 0.5}),
        (("--header", "X-Three: 3", "--remove-header", "x-one"), {"headers": {"X-Two": "•••", "X-Three": "•••"}}),
        (("--url", "https://8.8.8.8/"), {"url": "https://8.8.8.8/"}),
    ],
)
def test_what_is_named_changes_alone(
    endpoints_command: Command, made: dict[str, Any], options: tuple[str, ...], expected: dict[str, Any]
) -> None:
    """And the endpoint is printed as it is from then on."""
    before = {name: value for name, value in made.items() if name != "secret"}
    updated = endpoints_command("update", made["id"], *options, "--json")
    shown = endpoints_command("show", made["id"], "--json")

    assert (0, "") == (updated.returncode, updated.stderr)
    assert {**before, **expected} == json.loads(updated.stdout) == json.loads(shown.stdout)


@pytest.mark.parametrize(
    ("options", "begun"),
    [
        ((), "Nothing is to be changed"),
        (("--rate-limit", "0"), "rate_limit: must be more than 0"),
        (("--rate-limit", "many"), "rate_limit: must be a number"),
        (("--header", "X-Three"), "header: must be a name, a colon and a value"),
        (("--header", "webhook-id: x"), "headers: 'webhook-id' is not free"),
        (("--name", "our CRM"), "name: must be"),
        (("--url", "http://10.0.0.1/"), "url: "),
    ],
)
def test_a_wrong_update_is_2(
    endpoints_command: Command, made: dict[str, Any], options: tuple[str, ...], begun: str
) -> None:
    """With a sentence; nothing changes."""
    updated = endpoints_command("update", made["id"], *options)

    assert (2, "", True) == (updated.returncode, updated.stdout, updated.stderr.startswith(begun))


def test_a_secret_is_rotated(endpoints_command: Command, made: dict[str, Any], case: RelayCase) -> None:
    """The new one is shown this once; the old one signs for as long as it was told to."""
    rotated = endpoints_command("rotate-secret", made["id"], "--expire-old-in", "3600")
    facts = dict(line.split(maxsplit=1) for line in rotated.stdout.splitlines())
    tested = endpoints_command("test", made["id"])
    shown = endpoints_command("show", made["id"])

    assert [["new", "old"]] == [
        signing(arrival, {"old": made["secret"], "new": facts["secret"]}) for arrival in case.subscriber.arrivals
    ]
    assert f"The old one signs until {facts['old_secret_until']}." in rotated.stderr
    assert "whsec_" not in tested.stdout + shown.stdout


def test_a_secret_can_end_at_once(endpoints_command: Command, made: dict[str, Any]) -> None:
    """And the scheme can change with it: then there is a public key and no secret."""
    rotated = endpoints_command("rotate-secret", made["id"], "--scheme", "v1a", "--expire-old-in", "0", "--json")
    printed = json.loads(rotated.stdout)

    assert ("v1a", None, None) == (printed["scheme"], printed["secret"], printed["old_secret_until"])
    assert printed["public_key"].startswith("whpk_")


@pytest.mark.parametrize(
    ("options", "status"),
    [(("--expire-old-in", "-1"), 2), (("--secret", "x"), 2), (("--scheme", "v2"), 2), (("--expire-old-in", "x"), 2)],
)
def test_a_wrong_rotation_is_2(
    endpoints_command: Command, made: dict[str, Any], options: tuple[str, ...], status: int
) -> None:
    """And nothing is printed as data."""
    rotated = endpoints_command("rotate-secret", made["id"], *options)

    assert (status, "") == (rotated.returncode, rotated.stdout)


def test_too_many_secrets_fail(endpoints_command: Command, made: dict[str, Any]) -> None:
    """Status 1 and a sentence that says what to do."""
    for _ in range(5):
        endpoints_command("rotate-secret", made["id"])
    refused = endpoints_command("rotate-secret", made["id"])

    assert (1, "") == (refused.returncode, refused.stdout)
    assert "let the present one end at once" in refused.stderr


@pytest.mark.parametrize(("answer", "status"), [(204, 0), (500, 1)])
def test_a_test_tells_what_came(
    endpoints_command: Command, made: dict[str, Any], case: RelayCase, answer: int, status: int
) -> None:
    """Status 1 where it was not taken; standard output is JSON and nothing else."""
    case.subscriber.answers = [answer]
    tested = endpoints_command("test", made["id"], "--json")
    printed = json.loads(tested.stdout)

    assert (status, "", answer, not status) == (
        tested.returncode, tested.stderr, printed["status"], printed["delivered"],
    )  # fmt: skip
    assert ["endpoint.test"] == [arrival.event["type"] for arrival in case.subscriber.arrivals]


def test_off_and_on_again(endpoints_command: Command, made: dict[str, Any], case: RelayCase) -> None:
    """A refused test leaves it off, and one that is taken turns it on."""
    disabled = endpoints_command("disable", made["id"])
    listed = endpoints_command("list")
    case.subscriber.answers = [500]
    refused = endpoints_command("enable", made["id"])
    still = endpoints_command("show", made["id"], "--json")
    enabled = endpoints_command("enable", made["id"], "--json")

    assert "disabled (by_hand)" in listed.stdout
    assert "answered 500 when it was tested, and stays disabled" in refused.stderr
    assert [(0, ""), (1, ""), (0, "")] == [
        (disabled.returncode, disabled.stderr), (refused.returncode, refused.stdout),
        (enabled.returncode, enabled.stderr),
    ]  # fmt: skip
    assert ["disabled", "active"] == [json.loads(each.stdout)["state"] for each in (still, enabled)]


def test_what_was_missed_is_offered(endpoints_command: Command, history: History, made: dict[str, Any]) -> None:
    """With the command that sends it."""
    history.does(lambda redis: redis.hset(history.keys.dead(made["id"]), mapping={"evt_1": "{}", "evt_2": "{}"}))
    endpoints_command("disable", made["id"])
    enabled = endpoints_command("enable", made["id"], "--force")

    assert 0 == enabled.returncode
    assert (
        f"It has missed 2 deliveries. To send them: conversation-events events replay --endpoint {made['id']}\n"
        == enabled.stderr
    )


def test_force_asks_nobody(endpoints_command: Command, made: dict[str, Any], case: RelayCase) -> None:
    """It is on although it would refuse."""
    case.subscriber.answers = [500]
    endpoints_command("disable", made["id"])
    enabled = endpoints_command("enable", made["id"], "--force", "--json")

    assert ("active", []) == (json.loads(enabled.stdout)["state"], case.subscriber.arrivals)


def test_a_refusal_is_json_where_that_is_asked_for(
    endpoints_command: Command, made: dict[str, Any], case: RelayCase
) -> None:
    """With what came of the test."""
    endpoints_command("disable", made["id"])
    case.subscriber.answers = [410]
    refused = endpoints_command("enable", made["id"], "--json")
    printed = json.loads(refused.stdout)

    assert (1, False, 410) == (refused.returncode, printed["enabled"], printed["test"]["status"])
