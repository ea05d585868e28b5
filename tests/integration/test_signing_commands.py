"""The commands `sign` and `verify`: what they print, and how they end."""

import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner, Result

from service.cli.app import app
from service.twilio.signature import sign, sign_json_url
from tests.hermetic_settings import hermetic_settings
from tests.real_receiver import running_receiver
from tests.real_redis import RealRedis
from tests.signature_vectors import SETTINGS, cases, header
from tests.twilio_callbacks import ACCOUNT, OTHER_ACCOUNT, OTHER_TOKEN, PATH, TOKEN, communication

FORM = "application/x-www-form-urlencoded"
HOOK = "https://hooks.example.com/twilio/message"
BODY = communication(1)
SHARED = "webhooks_sharedkey_1:HMAC_SHA256:whk-secret"
KEYS = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKENS", "TWILIO_SHARED_KEYS")


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, without keys in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def body_file(nowhere: Path) -> str:
    """Return a file with a callback's body."""
    (nowhere / "body.json").write_bytes(BODY)
    return "body.json"


def run(*arguments: str, given: bytes | None = None) -> Result:
    """Run the program with these arguments."""
    return CliRunner().invoke(app, arguments, input=given)


def options_of(vector: dict[str, Any]) -> list[str]:
    """Return the options that hand a vector's request and keys to `verify`."""
    found = ["--url", vector["url"], "--method", vector["method"], "--body-file", "-"]
    found += ["--signature", header(vector, "X-Twilio-Signature") or ""]
    found += ["--content-type", header(vector, "Content-Type") or ""]
    if (named := header(vector, SETTINGS)) is not None:
        found += ["--signature-settings", named]
    for option, name in (("--auth-token", "auth_tokens"), ("--shared-key", "shared_keys")):
        found += [each for key in vector[name] for each in (option, key)]
    return found


@pytest.mark.parametrize("vector", cases())
def test_every_vector_is_verified(vector: dict[str, Any]) -> None:
    """Status 0 for what has to be accepted, 1 for the rest, and no secret in the output."""
    told = run("verify", *options_of(vector), given=vector["body"].encode())
    secrets = [key.rpartition(":")[2] for key in (*vector["auth_tokens"], *vector["shared_keys"])]

    assert ("accept" == vector["service_must"], "") == ({0: True, 1: False}[told.exit_code], told.stderr)
    assert not [secret for secret in secrets if secret in told.stdout]


def test_a_match_is_explained() -> None:
    """The key and the spelling that matched are named, and those that did not."""
    signature = sign(TOKEN, HOOK, [("A", "1")])
    told = run(
        "verify", "--url", f"{HOOK}", "--signature", signature, "--data", "A=1",
        "--auth-token", "old", "--auth-token", f"{ACCOUNT}:{TOKEN}", "--shared-key", SHARED,
    )  # fmt: skip
    port = HOOK.replace(".com/", ".com:443/")

    assert 0 == told.exit_code
    assert [
        f"matches: auth token 2 of {ACCOUNT}",
        "body: a form, whose 1 parameters are signed one by one",
        f"no: auth token 1 (HMAC_SHA1), as it is: {HOOK}",
        f"yes: auth token 2 of {ACCOUNT} (HMAC_SHA1), as it is: {HOOK}",
        f"no: SharedKey webhooks_sharedkey_1 (HMAC_SHA256), as it is: {HOOK}",
        f"no: auth token 1 (HMAC_SHA1), with port 443: {port}",
        f"no: auth token 2 of {ACCOUNT} (HMAC_SHA1), with port 443: {port}",
        f"no: SharedKey webhooks_sharedkey_1 (HMAC_SHA256), with port 443: {port}",
    ] == told.stdout.splitlines()


def test_a_refusal_is_explained(body_file: str) -> None:
    """The reason, the body's verdict and a hint, as text and as JSON."""
    url, signature = sign_json_url(TOKEN, HOOK, json.dumps(json.loads(BODY)).encode())
    asked = ["verify", "--url", url, "--signature", signature, "--body-file", body_file, "--auth-token", TOKEN]
    told, data = run(*asked), json.loads(run(*asked, "--json").stdout)

    assert ["does not match: wrong_body_hash", "body: not the one that was signed: bodySHA256 is another one's"] == (
        told.stdout.splitlines()[:2]
    )
    assert "hint: the body was re-serialised" in told.stdout
    assert (1, False, "wrong_body_hash", "wrong_body_hash", 1) == (
        told.exit_code, data["matches"], data["reason"], data["body"], len(data["hints"]),
    )  # fmt: skip
    assert {"url", "spelling", "key", "algorithm", "usable", "matches"} == data["trials"][0].keys()


def test_a_url_is_told_without_what_a_terminal_obeys() -> None:
    """Characters that a terminal would take for a command are shown as what they are."""
    told = run("verify", "--url", f"{HOOK}?a=\x1b[2J", "--signature", "x", "--auth-token", "t")

    assert "\x1b" not in told.stdout
    assert "?a=\N{REPLACEMENT CHARACTER}[2J" in told.stdout


def test_keys_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key among the options those of the settings are used, each for its account alone."""
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT)
    monkeypatch.setenv("TWILIO_AUTH_TOKENS", f"{TOKEN},{OTHER_ACCOUNT}:{OTHER_TOKEN}")
    data = f"AccountSid={OTHER_ACCOUNT}"
    lines = run("sign", HOOK, "--data", data).stdout.splitlines()
    own, foreign = (
        sign(OTHER_TOKEN, HOOK, [("AccountSid", OTHER_ACCOUNT)]),
        sign(TOKEN, HOOK, [("AccountSid", OTHER_ACCOUNT)]),
    )
    told = [run("verify", "--url", HOOK, "--signature", each, "--data", data) for each in (own, foreign)]

    assert [HOOK, "Content-Type: application/x-www-form-urlencoded", f"X-Twilio-Signature: {own}"] == lines
    assert [0, 1] == [each.exit_code for each in told]
    assert "does not match: other_account" in told[1].stdout


def signings() -> dict[str, list[str]]:
    """Return ways to ask `sign`."""
    return {
        "form": [HOOK, "--data", "A=1&A=2&B=+&C=%F0%9F%9A%9A"],
        "form with query": [f"{HOOK}?a=it's", "--data", "A=1"],
        "empty form": [HOOK],
        "get": [HOOK, "--method", "get", "--data", "A=it's&B=%20"],
        "get with query": [f"{HOOK}?x=1", "--method", "GET", "--data", "A=1"],
        "head": [f"{HOOK}?x=1", "--method", "HEAD"],
        "json": [f"{HOOK}#rc=5", "--body-file", "body.json"],
        "json with query": [f"{HOOK}?x=1", "--body-file", "body.json"],
        "other type": [HOOK, "--body-file", "body.json", "--content-type", "text/plain"],
        "file that is a form": [
            HOOK,
            "--body-file",
            "body.json",
            "--content-type",
            "application/x-www-form-urlencoded",
        ],
        "empty json": [HOOK, "--content-type", "application/json"],
        "user-info": ["https://user:pass@hooks.example.com/x", "--data", "A=1"],
    }


@pytest.mark.parametrize("asked", signings().values(), ids=signings())
@pytest.mark.parametrize("key", [("--auth-token", TOKEN), ("--shared-key", SHARED)], ids=["token", "shared"])
@pytest.mark.usefixtures("body_file")
def test_what_is_signed_is_verified(asked: list[str], key: tuple[str, str]) -> None:
    """Whatever `sign` makes, `verify` accepts, with the URL and the headers that it printed."""
    made = json.loads(run("sign", *asked, *key, "--json").stdout)
    named = made["headers"]
    given = ["--data", asked[asked.index("--data") + 1]] if "--data" in asked and made["method"] == "POST" else []
    given = ["--body-file", "body.json"] if "--body-file" in asked else given
    told = run(
        "verify", "--url", made["url"], "--signature", named["X-Twilio-Signature"], "--method", made["method"],
        "--content-type", named.get("Content-Type", ""), "--signature-settings", named.get(SETTINGS, ""), *given, *key,
    )  # fmt: skip

    assert 0 == told.exit_code


@pytest.mark.parametrize(
    "asked",
    [["--body-file", "body.json"], ["--body-file", "-"]],
    ids=["file", "standard input"],
)
def test_the_curl_command_reaches_a_receiver(redis_server: RealRedis, body_file: str, asked: list[str]) -> None:
    """What `--curl` prints is answered 204 by a receiver of that public URL."""
    if not shutil.which("curl"):
        pytest.skip("there is no curl on PATH")
    body = Path(body_file).read_bytes()
    url = f"http://hooks.example.com{PATH}"
    printed = run("sign", url, *asked, "--auth-token", TOKEN, "--curl", given=body).stdout
    with running_receiver(hermetic_settings(redis_server.url, public_urls="http://hooks.example.com")) as receiver:
        there = ["--connect-to", f"::127.0.0.1:{urlsplit(receiver.url).port}", "--noproxy", "*"]
        wanted = ["--silent", "--write-out", "%{http_code}"]
        sent = subprocess.run([*shlex.split(printed), *there, *wanted], input=body, capture_output=True, check=True)

    assert b"204" == sent.stdout


def test_the_curl_command_keeps_what_was_typed() -> None:
    """Each word is quoted for the shell, and the body is not taken for a file's name."""
    printed = run("sign", HOOK, "--data", "@it's=1 2", "--auth-token", "t", "--curl").stdout
    words = shlex.split(printed)

    assert ["--data-raw", "@it's=1 2", HOOK] == words[-3:]
    assert "X-Twilio-Signature: " + sign("t", HOOK, [("@it's", "1 2")]) in words


WRONG = {
    "no key": (["--data", "A=1"], "There is no key"),
    "both bodies": (["--data", "A=1", "--body-file", "x"], "give one of them"),
    "no such file": (["--body-file", "x", "--auth-token", "t"], "x cannot be read"),
    "empty token": (["--auth-token", ""], "holds an empty token"),
    "token of no account": (["--auth-token", "AC1:hidden"], "is not an account SID"),
    "no algorithm": (["--shared-key", "k:hidden"], "key-id:algorithm:secret"),
    "other algorithm": (["--shared-key", "k:MD5:hidden"], "HMAC_SHA1, HMAC_SHA256"),
}


@pytest.mark.parametrize(("asked", "said"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize(
    "command", [["sign", HOOK], ["verify", "--url", HOOK, "--signature", "x"]], ids=["sign", "verify"]
)
def test_a_wrong_question_is_status_2(command: list[str], asked: list[str], said: str) -> None:
    """What cannot be answered ends with status 2 and a sentence on standard error that repeats no secret."""
    told = run(*command, *asked)

    assert (2, "") == (told.exit_code, told.stdout)
    assert said in told.stderr
    assert "hidden" not in told.stderr


@pytest.mark.parametrize("url", ["", "hooks.example.com", "ftp://h/", "https://h:99999/"])
@pytest.mark.parametrize("command", [["sign"], ["verify", "--signature", "x", "--url"]], ids=["sign", "verify"])
def test_a_wrong_url_is_status_2(command: list[str], url: str) -> None:
    """What is no URL is a wrong question, not a wrong signature."""
    told = run(*command, url, "--auth-token", "t")

    assert (2, "") == (told.exit_code, told.stdout)
    assert "for example https://hooks.example.com" in told.stderr


def test_one_key_signs() -> None:
    """Two keys among the options of `sign` are a wrong question."""
    told = run("sign", HOOK, "--auth-token", "t", "--shared-key", SHARED)

    assert (2, "A request is signed with one key: give one --auth-token or one --shared-key.\n") == (
        told.exit_code, told.stderr,
    )  # fmt: skip
