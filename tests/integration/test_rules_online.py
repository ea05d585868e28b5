"""`rules check --online`: a real command, a real Redis, and a Twilio over a real socket."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from redis import Redis
from typer.testing import CliRunner, Result

from service.cli.app import app
from service.rules.voice_check import Place, VoiceCheck
from service.store.keys import Keys
from tests.scripted_twilio import Reply, ScriptedTwilio
from tests.twilio_access import ACCOUNT
from tests.voice_tables import OURS, relay, table

QUIET = '[[close]]\nwhen = "conversation.inactivated"\n'
Check = Callable[..., Result]


def configurations(*rules: tuple[str, str], token: str | None = None, first: int = 1) -> dict[str, object]:
    """Return a page of configurations with a capture rule each, numbered from `first`."""
    items = [
        {
            "id": f"conv_configuration_{number}", "displayName": f"No {number}",
            "channelSettings": {"VOICE": {"captureRules": [{"from": caller, "to": called, "metadata": {}}]}},
        }
        for number, (caller, called) in enumerate(rules, first)
    ]  # fmt: skip
    return {"configurations": items, "meta": {"nextToken": token}}


@pytest.fixture
def check(redis_url: str, scripted: ScriptedTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Return the command, for a file of these rules, with the stand-in for Twilio."""
    monkeypatch.chdir(tmp_path)
    usual = {
        "REDIS_URL": redis_url, "DATA_DIR": str(tmp_path), "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_API_KEY_SID": "SK1", "TWILIO_API_KEY_SECRET": "secret",
        "TWILIO_CONVERSATIONS_URL": f"{scripted.url}/v2",
    }  # fmt: skip

    def run(rules: str, *options: str, **environment: str | None) -> Result:
        (tmp_path / "rules.toml").write_text(rules, encoding="utf-8")
        command = ["rules", "check", "rules.toml", "--online", *options]
        return CliRunner().invoke(app, command, env={**usual, **environment})

    return run


def kept(redis: Redis, keys: Keys) -> VoiceCheck | None:
    """Return what the receivers would warn of."""
    found = redis.get(keys.voice_check)
    return msgspec.json.decode(found, type=VoiceCheck) if isinstance(found, bytes) else None


def test_a_call_that_is_transcribed_twice_fails_the_check(check: Check, scripted: ScriptedTwilio) -> None:
    """With status 1 and both places: line of the file; configuration, its name and the rule's number."""
    scripted.answers(configurations(("*", "+12025550777"), token="two"), configurations(("*", OURS), first=2))

    result = check(QUIET + relay())

    assert 1 == result.exit_code
    assert (
        f'transcribed and billed twice: line 3: number = "{OURS}" is answered with conversation_relay <-> '
        f'configuration conv_configuration_2 "No 2", VOICE capture rule 1 (from * to {OURS}, PSTN): calls to {OURS}'
    ) == next(line for line in result.stderr.splitlines() if line.startswith("transcribed"))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (relay(number="+12025550999"), "No call that is answered here is transcribed twice."),
        (table("say", 'say = "Hi"'), "No call that is answered here is transcribed twice."),
        (relay("accept_double_billing = true"), "accepted: line 1"),
    ],
)
def test_a_right_file_passes(check: Check, scripted: ScriptedTwilio, rules: str, expected: str) -> None:
    """With status 0, also where a table accepts both."""
    scripted.answers(configurations(("*", OURS)))

    result = check(rules)

    assert (0, True) == (result.exit_code, expected in result.stderr)


def test_a_conflict_is_kept_for_the_receivers(
    check: Check, scripted: ScriptedTwilio, sync_redis: Redis, keys: Keys
) -> None:
    """Places without numbers of anybody; the next right check takes its place."""
    scripted.answers(configurations(("*", OURS)), configurations())

    check(relay())
    first = kept(sync_redis, keys)
    check(relay())
    second = kept(sync_redis, keys)

    assert first is not None
    assert second is not None
    assert ((Place(1, "conv_configuration_1", 1),), ()) == (first.conflicts, second.conflicts)


def test_the_result_is_printed_as_json(check: Check, scripted: ScriptedTwilio) -> None:
    """`ok` says what the exit status says."""
    scripted.answers(configurations(("*", OURS)))

    result = check(relay(), "--json")
    told = json.loads(result.stdout)

    (conflict,) = told["double_billing"]
    assert (1, False) == (result.exit_code, told["ok"])
    assert (1, "conv_configuration_1", 1, False) == tuple(
        conflict[name] for name in ("line", "configuration_id", "capture_rule", "accepted")
    )


@pytest.mark.parametrize(
    ("reply", "environment", "expected"),
    [
        (Reply(500, {"message": "sorry"}), {}, "Twilio's configurations cannot be read: 500"),
        (Reply(200, {"items": []}), {}, "Twilio's configurations cannot be read"),
        (Reply(), {"TWILIO_API_KEY_SID": "", "TWILIO_API_KEY_SECRET": ""}, "There are no credentials"),
    ],
)
def test_a_check_that_cannot_be_made_fails(
    check: Check, scripted: ScriptedTwilio, reply: Reply, environment: dict[str, str], expected: str
) -> None:
    """What is not known is not right."""
    scripted.says(reply)

    result = check(relay(), **environment)

    assert (1, True) == (result.exit_code, expected in result.stderr)


def test_a_check_that_cannot_be_made_leaves_the_last_result(
    check: Check, scripted: ScriptedTwilio, sync_redis: Redis, keys: Keys
) -> None:
    """The receivers go on warning of what was found before."""
    scripted.answers(configurations(("*", OURS))).says(Reply(500))

    check(relay())
    first = kept(sync_redis, keys)
    check(relay())

    assert first is not None
    assert first == kept(sync_redis, keys)


def test_a_check_without_redis_says_that_nothing_is_kept(check: Check, scripted: ScriptedTwilio) -> None:
    """The comparison itself counts."""
    scripted.answers(configurations())

    result = check(relay(), REDIS_URL="unix:///nowhere/redis.sock")

    assert (0, True) == (result.exit_code, "could not be kept" in result.stderr)


def test_wrong_rules_are_told_before_twilio_is_asked(check: Check, scripted: ScriptedTwilio) -> None:
    """The classic mistake needs no network."""
    result = check(relay().replace("conversationConfiguration", "conversationConfigurationId"))

    assert (1, []) == (result.exit_code, scripted.calls)
    assert "did you mean conversationConfiguration =" in result.stderr
