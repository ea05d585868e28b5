"""The commands `rules check`, `rules try` and `rules show`, and what a start says of wrong rules."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli.app import app
from service.rules_file import LARGEST
from service.settings import InvalidSettingsError, Role, load
from tests.running_program import finished
from tests.twilio_callbacks import fixture_body

RIGHT = """
[[close]]
name = "quiet"
when = "conversation.inactivated"
after = "10m"
channels = ["SMS"]
"""
WRONG = '[[close]]\nwhen = "conversation.inactive"\n\n[[observe]]\nwhen = "conversation.closed"\ntemplate = "{text}"\n'


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Return a file of rules that are right."""
    file = tmp_path / "rules.toml"
    file.write_text(RIGHT)
    return file


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """Return a file with a mistake at line 2 and one at line 6."""
    file = tmp_path / "wrong.toml"
    file.write_text(WRONG)
    return file


@pytest.fixture
def event(tmp_path: Path) -> Path:
    """Return a callback in a file."""
    file = tmp_path / "event.json"
    file.write_bytes(fixture_body("co-conversation-updated-inactive"))
    return file


def test_check_says_what_a_file_does(rules: Path, tmp_path: Path) -> None:
    """Sentences on standard output, status 0."""
    program = finished("rules", "check", str(rules), folder=tmp_path)

    assert (0, True) == (program.process.returncode, program.printed[0].startswith('Close "quiet": on conversation.'))


def test_check_names_every_mistake_with_its_line(wrong: Path, tmp_path: Path) -> None:
    """On standard error, with status 1, and nothing on standard output."""
    program = finished("rules", "check", str(wrong), folder=tmp_path)
    found = [line.partition(": ")[0] for line in program.said.splitlines()]

    assert (1, [], [f"{wrong}, line 2", f"{wrong}, line 6"]) == (program.process.returncode, program.printed, found)


def test_a_long_mistake_is_said_to_its_end(tmp_path: Path) -> None:
    """Wherever the file lies: at its end it says what would be right."""
    file = tmp_path / ("x" * 200 + ".toml")
    lines = ("[[voice]]", 'number = "*"', 'answer = "conversation_relay"', "[voice.ConversationRelay]")
    wrong = ('url = "wss://a.example/"', 'conversationConfigurationId = "conv_configuration_1"')
    file.write_text("\n".join((*lines, *wrong)))
    ended = CliRunner().invoke(app, ["rules", "check", str(file)])

    assert (1, True) == (ended.exit_code, "did you mean conversationConfiguration = " in ended.stderr)
    assert ended.stderr.rstrip().endswith('"?')


def test_check_prints_json(rules: Path, wrong: Path) -> None:
    """The rules in the words of their file, or the mistakes by line."""
    told = json.loads(CliRunner().invoke(app, ["rules", "check", str(rules), "--json"]).stdout)
    refused = json.loads(CliRunner().invoke(app, ["rules", "check", str(wrong), "--json"]).stdout)

    assert (True, "quiet", 600) == (told["ok"], told["rules"]["close"][0]["name"], told["rules"]["close"][0]["after"])
    assert (False, [2, 6]) == (refused["ok"], [mistake["line"] for mistake in refused["mistakes"]])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "line 1: the file cannot be read"),
        (b"\n\n\xff", "line 3: this is not UTF-8"),
        (b"#" * (LARGEST + 1), "line 1: the file is larger than 1 MiB"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(content: bytes | None, said: str, tmp_path: Path) -> None:
    """In a sentence like any other mistake."""
    file = tmp_path / "rules.toml"
    if content is not None:
        file.write_bytes(content)
    result = CliRunner().invoke(app, ["rules", "check", str(file)])

    assert 1 == result.exit_code
    assert said in result.stderr


def test_try_says_which_rule_would_act(rules: Path, event: Path) -> None:
    """What is looked at later is told too."""
    result = CliRunner().invoke(app, ["rules", "try", str(rules), "--event", str(event)])

    assert 0 == result.exit_code
    assert (
        'yes  close "quiet": closes the conversation 10 minutes later, unless there is new traffic; provided that one'
        " of its channels is SMS\n" == result.stdout
    )


def test_try_says_why_a_rule_would_not_act(rules: Path) -> None:
    """From standard input, with the reason."""
    body = fixture_body("co-communication-created-sms-inbound").decode()
    result = CliRunner().invoke(app, ["rules", "try", str(rules), "--event", "-"], input=body)

    assert (
        'no   close "quiet": it waits for conversation.inactivated, and this is communication.created\n'
        "Nothing would happen but the event's delivery.\n" == result.stdout
    )


def test_try_prints_json(rules: Path, event: Path) -> None:
    """With what a job would get."""
    told = json.loads(CliRunner().invoke(app, ["rules", "try", str(rules), "--event", str(event), "--json"]).stdout)
    (answer,) = told["rules"]

    assert "conversation.inactivated" == told["type"]
    assert (True, "close", 600, ["SMS"]) == (
        answer["matches"], answer["asks"]["kind"], answer["asks"]["delay"], answer["asks"]["arguments"]["channels"],
    )  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"{}", b'{"type":"x"}', None])
def test_what_is_no_event_is_refused(content: bytes | None, rules: Path, tmp_path: Path) -> None:
    """With status 1 and a sentence."""
    file = tmp_path / "no-event.json"
    if content is not None:
        file.write_bytes(content)
    result = CliRunner().invoke(app, ["rules", "try", str(rules), "--event", str(file)])

    assert (1, "") == (result.exit_code, result.stdout)
    assert str(file) in result.stderr


def test_show_prints_the_rules_in_force(rules: Path, tmp_path: Path) -> None:
    """Those of RULES_FILE; without one the built-in ones."""
    ours = finished("rules", "show", folder=tmp_path, RULES_FILE=str(rules)).printed
    built_in = finished("rules", "show", folder=tmp_path).printed

    assert 'Close "quiet"' in ours[0]
    assert ["Nothing is closed by a rule.", "Nothing is observed."] == built_in[:2]


@pytest.mark.parametrize("role", ["receiver", "relay", "worker"])
def test_who_acts_by_rules_starts_with_right_ones_only(
    role: Role, wrong: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every mistake is named with its line, together with those of the settings."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidSettingsError) as caught:
        load((role,), rules_file=wrong, event_retention="soon")

    told = [mistake for mistake in caught.value.mistakes if mistake.startswith("RULES_FILE: ")]

    assert [f"RULES_FILE: {wrong}, line {line}" for line in (2, 6)] == [": ".join(m.split(": ")[:2]) for m in told]
    assert any(mistake.startswith("EVENT_RETENTION: ") for mistake in caught.value.mistakes)


def test_other_commands_work_beside_wrong_rules(wrong: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not act by them is not held up by them."""
    monkeypatch.chdir(tmp_path)

    assert wrong == load((), rules_file=wrong).rules_file


def test_a_relay_with_wrong_rules_does_not_start(wrong: Path, tmp_path: Path) -> None:
    """The program itself ends with status 2 and the lines, before it needs a Redis."""
    result = subprocess.run(
        [sys.executable, "-m", "workers", "relay"], cwd=Path(__file__).parents[2], capture_output=True, check=False,
        env={"RULES_FILE": str(wrong), "SECRET_KEY": "s" * 43, "DATA_DIR": str(tmp_path), "PATH": ""}, timeout=30,
    )  # fmt: skip

    assert (2, [f"RULES_FILE: {wrong}, line {line}" for line in (2, 6)]) == (
        result.returncode, [": ".join(line.split(": ")[:2]) for line in result.stderr.decode().splitlines()],
    )  # fmt: skip
