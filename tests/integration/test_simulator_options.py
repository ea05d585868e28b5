"""What the options of `simulate` come to."""

from pathlib import Path
from typing import Any

import pytest
import typer
from msgspec.structs import replace

from service.cli.simulation import ACCOUNT
from service.cli.simulation_plan import Wish, invented, plan
from service.simulator.faults import FAULTS
from service.simulator.scenario import customer, identifier
from service.simulator.scenarios.catalogue import SCENARIOS

WISH = Wish(to="http://127.0.0.1:8000", rate=1.0, speed=60.0, inactive=2, closed=0, visible_after=5.0, retries=5)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ("http://127.0.0.1:8000/twilio/orchestrator", "http://127.0.0.1:8000/twilio/orchestrator")),
        ({"to": "http://127.0.0.1:8000/"}, ("http://127.0.0.1:8000/twilio/orchestrator",) * 2),
        ({"to": "http://127.0.0.1:8000/in"}, ("http://127.0.0.1:8000/in",) * 2),
        (
            {"public_url": "https://hooks.example.com/"},
            ("https://hooks.example.com/twilio/orchestrator", "http://127.0.0.1:8000/twilio/orchestrator"),
        ),
    ],
)
def test_callbacks_are_signed_for_one_url_and_sent_to_another(
    options: dict[str, Any], expected: tuple[str, str]
) -> None:
    """The public URL is what is signed; where the request goes is what `--to` says."""
    made = plan(replace(WISH, **options), invented("token", None))

    assert made.birth.orchestrator is not None
    assert expected == (made.birth.orchestrator, made.sending.target(made.birth.orchestrator))


def test_the_documentation_names_all_that_can_be_asked_for() -> None:
    """docs/simulator.md has each scenario, each fault, and the ids that are always the same."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
    always = [ACCOUNT, *(identifier(prefix, ACCOUNT) for prefix in ("conv_configuration_", "mem_store_")), customer(0)]

    missing = [name for name in (*SCENARIOS, *FAULTS, *always) if f"`{name}`" not in text]

    assert [] == missing


def test_a_seed_is_made_up_where_none_is_given() -> None:
    """Two runs without a seed tell different stories: the ids of one would be repeats to the receiver of the other."""
    account = invented("token", None)

    seeds = [plan(replace(WISH, seed=seed), account).birth.seed for seed in (None, None, "7")]

    assert 3 == len(set(seeds))
    assert "7" == seeds[2]


def test_without_a_url_nothing_is_played() -> None:
    """Where there is nobody to tell, the programme is empty and the default configuration has no callback."""
    made = plan(replace(WISH, to=None), invented("token", None))

    assert (0, None) == (made.programme.stories, made.birth.orchestrator)


def test_zero_minutes_are_never() -> None:
    """A timeout of 0 is left out of the default configuration."""
    made = plan(WISH, invented("token", None))

    assert (2, None) == (made.birth.inactive, made.birth.closed)


def test_callers_prove_themselves_with_the_token_or_the_key() -> None:
    """The REST API takes the account with its token, and the API key that was given."""
    actual = invented("token", "SK0:secret")

    assert {ACCOUNT: "token", "SK0": "secret"} == actual.credentials
    assert "token" not in repr(actual)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"scenarios": ["opera"]}, "sms-support"),
        ({"fault": ["418=0.1"]}, "--fault 429=0.05"),
        ({"to": "localhost:8000"}, "--to http://127.0.0.1:8000"),
        ({"lose": 0.6, "repeat": 0.6}, "more than 1"),
    ],
)
def test_mistakes_are_told_with_what_is_right(options: dict[str, Any], told: str) -> None:
    """An option that cannot be met is refused in a sentence."""
    with pytest.raises(typer.BadParameter) as refused:
        plan(replace(WISH, **options), invented("token", None))

    assert told in refused.value.message


@pytest.mark.parametrize("key", ["SK0", "SK0:", ":secret"])
def test_half_an_api_key_is_refused(key: str) -> None:
    """An API key is a SID and a secret."""
    with pytest.raises(typer.BadParameter, match="SID:SECRET"):
        invented("token", key)
