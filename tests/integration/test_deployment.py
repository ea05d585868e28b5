"""`deploy/` fits the program that it deploys: its settings, commands, addresses and times are the program's own."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from service.cli.app import app
from service.cli.asgi import KEEP_ALIVE, LAST_LOOK, LAST_REQUESTS
from service.rules.parsing import parse
from service.settings import NEEDED, Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: each for name, each in SERVICES.items() if each["image"] == "conversation-events"}
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
OF_THE_IMAGE = {"HEALTH_PORT", "HEALTH_PATH"}
ASKED_FOR = re.compile(r"\$\{(\w+)(:[-?])?[^}]*\}")
SECRETS = ("TWILIO_AUTH_TOKENS", "TWILIO_API_KEY_SECRET", "TWILIO_SHARED_KEYS", "SECRET_KEY", "ADMIN_TOKEN")
TWILIO_WAITS = 15
UNITS = {"s": 1, "m": 60, "h": 3600, "k": 1024}


def directive(name: str) -> list[str]:
    """Return the values of a directive in nginx.conf, in their order."""
    return re.findall(rf"^\s*{name} (.+);$", NGINX, re.MULTILINE)


def seconds(value: str) -> int:
    """Return a time as nginx and Compose write it."""
    return int(value[:-1]) * UNITS[value[-1]]


def parameters(command: str) -> list[Any]:
    """Return the options of one of the program's commands. Raises KeyError where there is no such command."""
    group: Any = typer.main.get_command(app)
    found: list[Any] = group.commands[command].params
    return found


def test_all_processes_are_there() -> None:
    """Compose runs two receivers and one of each other kind, with nginx and Redis."""
    expected = {"nginx", "receiver-1", "receiver-2", "relay", "worker", "admin", "redis"}

    assert expected == set(SERVICES)


@pytest.mark.parametrize("name", OURS)
def test_each_process_knows_what_it_needs(name: str) -> None:
    """Each process is told settings that exist, and all that its kind needs; secrets come from outside the file."""
    told: dict[str, str] = OURS[name]["environment"]
    role = OURS[name]["command"][0]

    unknown = {each for each in told if each.lower() not in Settings.model_fields} - OF_THE_IMAGE
    missing = set(NEEDED[role]) - set(told)
    written = [each for each in SECRETS if each in told and not ASKED_FOR.fullmatch(told[each])]

    assert (set(), set(), []) == (unknown, missing, written)


@pytest.mark.parametrize("name", OURS)
def test_each_command_exists(name: str) -> None:
    """Each process runs a command of the program, with options that it has."""
    command, *words = OURS[name]["command"]

    known = {option for parameter in parameters(command) for option in parameter.opts}

    assert set() == {word for word in words if word.startswith("--")} - known


def test_the_example_names_what_is_asked_for() -> None:
    """Whatever has no default stands in env.example, and whatever stands there is asked for."""
    asked = set(ASKED_FOR.findall((DEPLOY / "compose.yaml").read_text(encoding="utf-8")))
    example = re.findall(r"^(\w+)=", (DEPLOY / "env.example").read_text(encoding="utf-8"), re.MULTILINE)

    needed = {name for name, default in asked if default != ":-"}

    assert (set(), set()) == (needed - set(example), set(example) - {name for name, _ in asked})


def test_the_rules_are_right() -> None:
    """The rules that are deployed can be read."""
    found = parse((DEPLOY / "rules.toml").read_text(encoding="utf-8"))

    assert () == found.close


def test_nobody_but_nginx_is_public() -> None:
    """Only nginx and, on this machine's loopback, the admin API can be reached from outside."""
    published = {name: each["ports"] for name, each in SERVICES.items() if "ports" in each}
    with_redis = {name for name, each in SERVICES.items() if "store" in each["networks"]}

    assert {"nginx": ["8080:8080"], "admin": ["127.0.0.1:8001:8001"]} == published
    assert {*OURS, "redis"} == with_redis


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_may_more_than_is_needed(name: str) -> None:
    """Each runs as somebody who is not root, on a read-only disk, comes back when it dies, and has time to end."""
    each = SERVICES[name]

    assert each["user"] not in {"root", "0"}
    assert (True, ["ALL"], "unless-stopped") == (each["read_only"], each["cap_drop"], each["restart"])


def test_redis_keeps_what_was_acknowledged() -> None:
    """Redis is started as the program asks for it."""
    words = SERVICES["redis"]["command"][1:]

    actual = dict(zip(words[::2], words[1::2], strict=True))

    assert {
        "--appendonly": "yes",
        "--appendfsync": "always",
        "--no-appendfsync-on-rewrite": "no",
        "--save": "",
        "--maxmemory-policy": "noeviction",
        "--maxmemory": "${REDIS_MEMORY:-1gb}",
    } == actual


def test_receivers_have_time_to_drain() -> None:
    """Nobody is killed while it may still be answering."""
    [drain] = (each.default for each in parameters("receiver") if each.name == "drain_seconds")
    longest = drain + LAST_LOOK + LAST_REQUESTS

    shortest = min(seconds(each["stop_grace_period"]) for each in OURS.values())

    assert shortest > 2 * longest


def test_nginx_asks_the_receivers() -> None:
    """The receivers in nginx.conf are those of Compose, at addresses that stay; as many are in reserve as are tried."""
    servers = directive("server")
    named = [f"{name}:8000" for name in SERVICES if name.startswith("receiver-")]
    fixed = {SERVICES[name]["networks"]["edge"]["ipv4_address"] for name in ("receiver-1", "receiver-2")}

    first = [each.split()[0] for each in servers if not each.endswith(" backup")]
    reserve = [each.split()[0] for each in servers if each.endswith(" backup")]

    assert (named, set(named), 2) == (first, set(reserve), len(fixed))
    assert [str(len(reserve))] == directive("proxy_next_upstream_tries")


def test_nginx_gives_up_after_the_receiver_and_before_the_caller() -> None:
    """The numbers of nginx.conf fit ours and Twilio's: idle times, body limit, and the longest time to an answer."""
    callers, receivers = (seconds(value) for value in directive("keepalive_timeout"))
    body = int(directive("client_max_body_size")[0].removesuffix("m")) * 1024 * 1024
    connect, read, last = (
        seconds(directive(name)[0])
        for name in ("proxy_connect_timeout", "proxy_read_timeout", "proxy_next_upstream_timeout")
    )

    assert receivers < KEEP_ALIVE <= callers
    assert body > Settings.model_fields["max_body_bytes"].default
    assert last + connect + read < TWILIO_WAITS
