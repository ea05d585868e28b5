"""`simulate` as a person or a program of another team sees it: by command line, output and URLs alone."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from tests.eventually import eventually
from tests.running_program import SECONDS, finished, running
from tests.served import served

TOKEN = "the auth token of the tests"
QUICK = ("--port", "0", "--speed", "600", "--rate", "50")


@contextmanager
def validating(status: int = 204) -> Iterator[tuple[str, list[bool]]]:
    """Serve a receiver that proves what it gets with Twilio's own library; yield its URL and the verdicts."""
    verdicts: list[bool] = []
    validator: Any = RequestValidator(TOKEN)  # type: ignore[no-untyped-call]

    async def take(request: Request) -> Response:
        raw = (await request.body()).decode()
        form = "form" in request.headers["content-type"]
        body = dict(httpx.QueryParams(raw)) if form else raw
        signature = request.headers["x-twilio-signature"]
        verdicts.append(validator.validate(str(request.url), body, signature))
        return Response(status_code=status)

    with served(Starlette(routes=[Route("/{path:path}", take, methods=["POST"])])) as url:
        yield url, verdicts


def test_scenarios_are_listed(tmp_path: Path) -> None:
    """`--list` shows each scenario with a sentence, and ends."""
    program = finished("simulate", "--list", folder=tmp_path)

    assert 0 == program.process.returncode
    assert ["sms-support", "voice-relay"] == [
        line.split()[0] for line in program.printed if line.startswith(("sms-", "voice-"))
    ]


def test_stories_are_told_to_their_end(tmp_path: Path) -> None:
    """With `--conversations` and `--exit` it ends with 0 and a summary, and each callback has Twilio's signature."""
    with validating() as (url, verdicts):
        arguments = ("--to", url, "--auth-token", TOKEN, *QUICK, "--conversations", "8", "--exit", "--json")
        program = finished("simulate", *arguments, folder=tmp_path)

    lines = [json.loads(line) for line in program.printed]
    summary = next(line["summary"] for line in lines if "summary" in line)
    assert 0 == program.process.returncode
    assert ({True}, summary["attempts"]) == (set(verdicts), len(verdicts))
    assert {"taken": len(verdicts)} == summary["callbacks"]
    assert TOKEN not in program.said + "".join(program.printed)


def test_a_callback_that_nobody_takes_is_told_by_the_status(tmp_path: Path) -> None:
    """`--exit` ends with 1 if a callback was refused for good."""
    with validating(403) as (url, _):
        one = ("--scenario", "undelivered", "--conversations", "1", "--retries", "0", "--exit")
        program = finished("simulate", "--to", url, *QUICK, *one, folder=tmp_path)

    assert 1 == program.process.returncode
    assert any(line.split() == ["callbacks", "refused", "10"] for line in program.printed), program.printed


def test_rest_alone_needs_nobody_to_tell(tmp_path: Path) -> None:
    """Without `--to` the REST APIs are served, at the URLs and with the token that it shows, until it is stopped."""
    with running("simulate", "--port", "0", folder=tmp_path) as program:
        program.until_printed("the truth")
        shown = dict(line.split("=", 1) for line in program.printed if line.startswith("TWILIO_"))
        auth = (shown["TWILIO_ACCOUNT_SID"], shown["TWILIO_AUTH_TOKENS"])
        base = shown["TWILIO_CONVERSATIONS_URL"]
        eventually(lambda: _answers(f"{base}/Conversations", auth), SECONDS)
        status = program.end(signal.SIGINT)

    assert 0 == status
    assert "What happened" in "\n".join(program.printed)


def _answers(url: str, auth: tuple[str, str]) -> bool:
    try:
        return httpx.get(url, auth=auth, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def test_a_mistake_is_told_with_an_example(tmp_path: Path) -> None:
    """A wrong option ends with status 2 and a sentence that shows a right one."""
    program = finished("simulate", "--port", "0", "--fault", "418=0.1", folder=tmp_path, COLUMNS="200")

    assert 2 == program.process.returncode
    assert "--fault 429=0.05" in program.said
