"""The commands `conversations`: real commands, a real Redis, and a Twilio over a real socket."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from typer.testing import CliRunner, Result

from service.cli.app import app
from service.store.keys import Keys
from tests.fake_twilio import FakeTwilio, running_fake_twilio
from tests.scripted_twilio import Reply, ScriptedTwilio
from tests.twilio_access import ACCOUNT
from tests.worker_process import running_worker

Command = Callable[..., Result]
CONVERSATION = "conv_conversation_01ka2cpvty9m7am85dxw0gvqhf"
CONFIGURATION = "conv_configuration_01ka8d8whphhjvepq5nse1m5s1"
WHOLE = {
    "id": CONVERSATION, "status": "ACTIVE", "name": "Order [7]", "configurationId": CONFIGURATION,
    "createdAt": "2026-11-20T14:03:10.114Z", "updatedAt": "2026-11-20T14:22:41.498Z",
}  # fmt: skip
SAID = [
    {"id": "c2", "createdAt": "2026-11-20T14:05:00Z", "author": {"channel": "SMS", "participantId": "p1"}},
    {
        "id": "c1", "createdAt": "2026-11-20T14:04:00Z", "occurredAt": "2026-11-20T14:03:59Z",
        "author": {"channel": "SMS", "participantId": "p1", "address": "+12025550111"}, "content": {"text": "Hello"},
    },
]  # fmt: skip


@pytest.fixture
def command(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return the commands, in a folder of their own, with the Twilio at a URL."""
    monkeypatch.chdir(tmp_path)
    usual = {
        "REDIS_URL": redis_url, "DATA_DIR": str(tmp_path), "TWILIO_ACCOUNT_SID": ACCOUNT, "COLUMNS": "200",
        "TWILIO_API_KEY_SID": "SK1", "TWILIO_API_KEY_SECRET": "secret",
    }  # fmt: skip

    def run(twilio: str, *arguments: str, **environment: str | None) -> Result:
        env = {**usual, "TWILIO_CONVERSATIONS_URL": twilio, **environment}
        return CliRunner().invoke(app, ["conversations", *arguments], env=env)

    return run


@pytest.fixture
def asked(command: Command, scripted: ScriptedTwilio) -> Command:
    """Return the commands before a Twilio that answers as it is told."""

    def run(*arguments: str, **environment: str | None) -> Result:
        return command(f"{scripted.url}/v2", *arguments, **environment)

    return run


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ((), "pageSize=50"),
        (("--status", "active", "--status", "INACTIVE"), "status=ACTIVE&status=INACTIVE&pageSize=50"),
        (("--channel-id", "CA1", "-n", "5"), "channelId=CA1&pageSize=5"),
    ],
)
def test_list_asks_twilio(asked: Command, scripted: ScriptedTwilio, options: tuple[str, ...], query: str) -> None:
    """With the filters that were given, and shows a line each."""
    scripted.answers({"conversations": [WHOLE], "meta": {"nextToken": None}})
    result = asked("list", *options)

    assert (0, [("GET", f"/v2/Conversations?{query}")]) == (result.exit_code, scripted.calls)
    assert all(text in result.stdout for text in (CONVERSATION, "ACTIVE", "Order [7]", "2026-11-20 14:22:41.498"))


def test_list_ends_where_it_is_told_to(asked: Command, scripted: ScriptedTwilio) -> None:
    """No page is asked for that is not shown."""
    scripted.answers({"conversations": [WHOLE, WHOLE], "meta": {"nextToken": "more"}})
    result = asked("list", "-n", "2", "--json")

    assert ([WHOLE, WHOLE], 1) == (json.loads(result.stdout), len(scripted.calls))


def test_show_names_who_takes_part(asked: Command, scripted: ScriptedTwilio) -> None:
    """With their types, profiles and addresses."""
    person = {"id": "p1", "type": "CUSTOMER", "addresses": [{"channel": "SMS", "address": "+12025550111"}]}
    scripted.answers(WHOLE, {"participants": [person], "meta": {}})
    result = asked("show", CONVERSATION)

    assert 0 == result.exit_code
    assert ["id", "status", "name", "configuration", "created", "updated", "participant"] == [
        line.split()[0] for line in result.stdout.splitlines()
    ]
    assert "p1  CUSTOMER  no profile  SMS +12025550111" in result.stdout


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("text", [True, False])
def test_words_are_shown_only_when_asked_for(
    asked: Command,
    scripted: ScriptedTwilio,
    text: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """The oldest first; what the list leaves out is asked for by itself."""
    items = [{**SAID[0], "content": {"text": "Bye"}}, SAID[1]]
    scripted.answers({"communications": items, "meta": {}})
    result = asked("communications", CONVERSATION, *(["--text"] if text else []), *(["--json"] if as_json else []))

    assert (text, True) == ("Hello" in result.stdout, result.stdout.index("c1") < result.stdout.index("c2"))
    assert "+12025550111" not in result.stdout


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(404, {"code": 20404, "message": "not found", "status": 404}), "Twilio knows nothing of this id"),
        (Reply(401, {"code": 20003, "message": "Authenticate", "status": 401}), "Twilio refuses: 401 code 20003"),
    ],
)
def test_a_refusal_is_told_in_a_sentence(asked: Command, scripted: ScriptedTwilio, reply: Reply, sentence: str) -> None:
    """With status 1."""
    scripted.says(reply)
    result = asked("show", CONVERSATION)

    assert (1, True) == (result.exit_code, result.stderr.startswith(sentence))


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--status", "OPEN"), ("show", "a:b"), ("close", "a:b"), ("close", CONVERSATION, "--reason", "a\nb"),
        ("close-all", "--configuration", "a:b"), ("close-all", "--configuration", CONFIGURATION, "--status", "CLOSED"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_status_2(asked: Command, scripted: ScriptedTwilio, arguments: tuple[str, ...]) -> None:
    """Before anything is asked of Twilio."""
    assert (2, []) == (asked(*arguments).exit_code, scripted.calls)


def test_without_credentials_nothing_is_asked(asked: Command, scripted: ScriptedTwilio) -> None:
    """And it is said which ones are needed."""
    result = asked("list", TWILIO_API_KEY_SID="", TWILIO_API_KEY_SECRET="")

    assert (1, True, []) == (result.exit_code, "TWILIO_API_KEY_SID" in result.stderr, scripted.calls)


def test_close_asks_for_a_job(asked: Command, sync_redis: Redis, keys: Keys) -> None:
    """The same one while it is under way."""
    first, second = (json.loads(asked("close", CONVERSATION, "--reason", "by phone", "--json").stdout) for _ in "ab")

    assert first == second
    assert b"by phone" == sync_redis.hget(keys.job(first["job_id"]), "reason")


def pages(*conversations: dict[str, Any]) -> dict[str, Any]:
    """Return the one page of a list."""
    return {"conversations": list(conversations), "meta": {"nextToken": None}}


def made(number: int, status: str = "ACTIVE", of: str = CONFIGURATION, version: int | None = None) -> dict[str, Any]:
    """Return a conversation of a list; without a version it lacks the snapshot."""
    snapshot = {} if version is None else {"configuration": {"version": version}}
    return {"id": f"conv_{number}", "status": status, "configurationId": of, **snapshot}


def test_a_dry_run_counts_and_does_nothing(asked: Command, scripted: ScriptedTwilio, sync_redis: Redis) -> None:
    """By status, with examples, and of how many no version is told."""
    scripted.answers(
        pages(
            made(1, version=3),
            made(2, "INACTIVE", version=4),
            made(3),
            made(4, of="conv_configuration_other"),
        ),
        made(3),
    )
    result = asked("close-all", "--configuration", CONFIGURATION, "--version-before", "4", "--dry-run", "--json")
    told = json.loads(result.stdout)

    assert (0, []) == (result.exit_code, sync_redis.keys())
    assert {
        "count": 1, "by_status": {"ACTIVE": 1}, "examples": ["conv_1"], "without_version": 1, "job_id": None,
    } == told  # fmt: skip
    query = "status=ACTIVE&status=INACTIVE&pageSize=1000"
    assert [("GET", f"/v2/Conversations?{query}"), ("GET", "/v2/Conversations/conv_3")] == scripted.calls


def test_close_all_for_people(asked: Command, scripted: ScriptedTwilio) -> None:
    """Counts on standard output, sentences beside it; --no-wait leaves the job to the workers."""
    scripted.answers(pages(made(1), made(2, "INACTIVE")))
    result = asked("close-all", "--configuration", CONFIGURATION, "--no-wait", "--yes")

    lines = [line.split() for line in result.stdout.splitlines()]
    assert [["1", "ACTIVE"], ["1", "INACTIVE"], ["2", "to", "close"]] == lines[:3]
    assert (0, True) == (result.exit_code, result.stderr.startswith("The job is close_all-"))


def test_nothing_to_close_makes_no_job(asked: Command, scripted: ScriptedTwilio, sync_redis: Redis) -> None:
    """With status 0."""
    scripted.answers(pages())
    result = asked("close-all", "--configuration", CONFIGURATION, "--yes")

    assert (0, []) == (result.exit_code, sync_redis.keys())


def test_close_all_closes_what_it_counted_and_waits_for_it(command: Command, redis_url: str, tmp_path: Path) -> None:
    """Through a worker to the last conversation; another configuration's, and what was closed before, is left alone."""
    with running_fake_twilio() as twilio, running_worker(redis_url, twilio.url, tmp_path / "log", processes=2):
        mine = [twilio.converse(f"conv_{number}", "ACTIVE", configurationId=CONFIGURATION) for number in range(6)]
        twilio.converse("conv_other", "ACTIVE", configurationId="conv_configuration_other")
        twilio.converse("conv_closed", "CLOSED", configurationId=CONFIGURATION)
        result = command(twilio.url, "close-all", "--configuration", CONFIGURATION, "--yes", "--rate", "50", "--json")
        patched = dict(twilio.patches)

    told = json.loads(result.stdout)
    assert (0, dict.fromkeys(mine, 1)) == (result.exit_code, patched)
    assert (6, 6, 0, 0) == (told["count"], told["closed"], told["cancelled"], told["dead"])


@pytest.mark.parametrize(("exists", "status", "outcome"), [(True, 0, "done: closed within"), (False, 1, "dead: 404")])
def test_close_waits_for_the_end(
    command: Command,
    redis_url: str,
    tmp_path: Path,
    exists: bool,  # noqa: FBT001
    status: int,
    outcome: str,
) -> None:
    """The status says whether the conversation is closed, and a sentence what became of it."""
    with running_fake_twilio() as twilio, running_worker(redis_url, twilio.url, tmp_path / "log"):
        found: FakeTwilio = twilio
        if exists:
            found.converse(CONVERSATION, "ACTIVE")
        result = command(found.url, "close", CONVERSATION, "--wait")

    assert (status, True) == (result.exit_code, result.stderr.startswith(outcome))
