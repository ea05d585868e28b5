"""`simulate`: the simulated Twilio, on its own with `--to`, or as one of `up`'s programs."""

from typing import Annotated

import typer
from rich.console import Console

from service.cli.asgi import Address
from service.cli.simulating import alone, beside_up
from service.cli.simulation_plan import Wish, invented
from service.simulator.scenarios.catalogue import described
from service.simulator.story import Story

EXAMPLE = """Example: conversation-events simulate --to http://127.0.0.1:8000 --auth-token T --scenario voice-relay

With faults: conversation-events simulate --to http://127.0.0.1:8000 --seed 7 --lose 0.1 --fault 429=0.05

REST only: conversation-events simulate --port 8002"""


def simulate(  # noqa: PLR0913 - each is an option of the command
    *,
    to: Annotated[str | None, typer.Option(help="Where callbacks go; without a path /twilio/orchestrator.")] = None,
    auth_token: Annotated[str | None, typer.Option(help="Signs callbacks, opens REST. Without: invented.")] = None,
    api_key: Annotated[str | None, typer.Option(help="SID:SECRET that may call REST too.")] = None,
    public_url: Annotated[str | None, typer.Option(help="Base URL to sign for, if it is not that of --to.")] = None,
    scenario: Annotated[list[str] | None, typer.Option(help="May be repeated; they take turns.")] = None,
    show: Annotated[bool, typer.Option("--list", help="Show the scenarios and end.")] = False,
    rate: Annotated[float, typer.Option(min=0.001, help="Stories that begin in a second.")] = 0.2,
    conversations: Annotated[int | None, typer.Option(min=0, help="Stories in all.", show_default="no end")] = None,
    seed: Annotated[str | None, typer.Option(help="The same seed tells the same stories.")] = None,
    speed: Annotated[float, typer.Option(min=0.1, help="How many times as fast as life.")] = 60.0,
    inactive: Annotated[int, typer.Option(min=0, help="Simulated minutes until INACTIVE; 0: never.")] = 2,
    closed: Annotated[int, typer.Option(min=0, help="Simulated minutes until CLOSED; 0: never.")] = 1440,
    visible_after: Annotated[float, typer.Option(min=0, help="Simulated seconds until observations show.")] = 5.0,
    lose: Annotated[float, typer.Option(min=0, max=1, help="Share of callbacks that are never sent.")] = 0.0,
    repeat: Annotated[float, typer.Option(min=0, max=1, help="Share of callbacks that are sent twice.")] = 0.0,
    reorder: Annotated[float, typer.Option(min=0, max=1, help="Share of callbacks that are overtaken.")] = 0.0,
    unlinked: Annotated[float, typer.Option(min=0, max=1, help="Share of customers without a profile.")] = 0.0,
    fault: Annotated[list[str] | None, typer.Option(help="NAME=SHARE of REST calls, e.g. 429=0.05.")] = None,
    retry_after: Annotated[float | None, typer.Option(min=0, help="Seconds in Retry-After on 429 and 503.")] = None,
    hold: Annotated[float, typer.Option(min=0, help="Real seconds that a timeout lasts.")] = 30.0,
    latency: Annotated[float, typer.Option(min=0, help="Real seconds before each REST answer.")] = 0.0,
    retries: Annotated[int, typer.Option(min=0, max=5, help="Retries of a callback, within 15 s.")] = 5,
    host: Annotated[str, typer.Option(help="Address to listen on; keep it private.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free one.")] = 8002,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object for each line.")] = False,
    end: Annotated[bool, typer.Option("--exit", help="End when all is told; status 1 if a callback failed.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Tell no story.")] = False,
    url: Annotated[str | None, typer.Option(hidden=True)] = None,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Play Twilio: signed callbacks from scenarios, the REST APIs that services call, and faults on demand.

    docs/simulator.md has the scenarios, the faults, and what the REST APIs cover.
    """
    if show:
        _show()
        return
    wish = Wish(
        to=to, public_url=public_url, scenarios=scenario or (), rate=rate, conversations=conversations, seed=seed,
        speed=speed, inactive=inactive, closed=closed, visible_after=visible_after, retries=retries, lose=lose,
        repeat=repeat, reorder=reorder, unlinked=unlinked, fault=fault or (), retry_after=retry_after, hold=hold,
        latency=latency,
    )  # fmt: skip
    story, address = Story(Console(highlight=False, quiet=quiet), as_json=as_json), Address(host, port, fd)
    if url is not None:
        beside_up(wish, url, story, address)
    elif not alone(wish, invented(auth_token, api_key), story, address, end=end):
        raise typer.Exit(1)


def _show() -> None:
    width = max(len(name) for name, _ in described())
    for name, what in described():
        typer.echo(f"{name:<{width}}  {what}")
