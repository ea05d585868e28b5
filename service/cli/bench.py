"""`bench`: what is asked of this service, measured on this machine beside bare libraries and a hand-written peer."""

from typing import Annotated

import typer

from service.bench.figures.everything import NAMES, PARTS, Only
from service.bench.figures.fairness import FAN_OUTS, HEALTHY
from service.bench.measurements import deliveries as of_deliveries
from service.bench.measurements import endpoints as of_endpoints
from service.bench.measurements import everything
from service.bench.measurements import fairness as of_fairness
from service.bench.measurements import jobs as of_jobs
from service.bench.measurements.plan import Size
from service.bench.process import Interruption
from service.bench.run import Report, Tell, run
from service.cli.measuring import measure

EXAMPLE = "Example: conversation-events bench --events 2000 --rounds 1 --only receiving"

# Tracebacks stay plain: the pretty ones show local variables, and some of those are secrets.
app = typer.Typer(pretty_exceptions_enable=False, epilog=EXAMPLE)

Events = Annotated[int, typer.Option(min=1, help="Events of a measurement.")]
Rounds = Annotated[int, typer.Option(min=1, help="Rounds; the median is told.")]
Connections = Annotated[int, typer.Option(min=1, help="Connections that callbacks come over.")]
WithPeer = Annotated[
    bool, typer.Option("--peer/--no-peer", help="Measure Express + BullMQ too: needs Node, and npm once.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the figures of every round as JSON.")]

CONVERSATIONS = 500
"""That the events belong to, where nothing else is said."""
SUBSCRIBERS = 3
CONNECTIONS = 32


@app.callback(invoke_without_command=True)
def bench(  # noqa: PLR0913 - each is an option of the command
    context: typer.Context,
    *,
    events: Events = 20_000,
    rounds: Rounds = 3,
    conversations: Annotated[int, typer.Option(min=1, help="Conversations that the events belong to.")] = CONVERSATIONS,
    subscribers: Annotated[int, typer.Option(min=1, help="Endpoints that get every event.")] = SUBSCRIBERS,
    connections: Connections = CONNECTIONS,
    peer: WithPeer = True,
    only: Annotated[Only | None, typer.Option(help="Measure this part alone.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure this machine: what is received, delivered and lost, beside bare Starlette and a hand-written peer.

    Takes minutes. The data lie in TMPDIR, so that names the disk. Exits with 1 when something that is asked is not met.
    The commands beneath it measure the delivering side more closely.
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    kinds = [kind for kind in (PARTS[only] if only else NAMES) if peer or kind != "peer"]
    made = everything.bench(Size(events, conversations, subscribers, connections), kinds)
    measure(lambda interruption, tell: run(made, rounds, interruption, tell), as_json=as_json)


def _refuse_options(context: typer.Context) -> None:
    sources = (context.get_parameter_source(name) for name in context.params)
    if any(source is not None and source.name == "COMMANDLINE" for source in sources):
        context.fail(f"The options of {context.invoked_subcommand} stand behind its name.")


@app.command(epilog="Example: conversation-events bench deliveries --events 2000 --rounds 1 --no-peer")
def deliveries(
    *,
    events: Events = 20_000,
    rounds: Rounds = 3,
    connections: Connections = CONNECTIONS,
    peer: WithPeer = True,
    as_json: AsJson = False,
) -> None:
    """Measure what one relay delivers of stored events, beside a bare loop of its HTTP client, and the peer.

    All send to the same subscribers, which count and time what arrives; their own ceiling is told too. Redis writes
    to disk before it answers, and the relay logs. Exits with 1 when something that is asked is not met.
    """
    made = of_deliveries.bench(Size(events, CONVERSATIONS, SUBSCRIBERS, connections), peer=peer)
    measure(lambda interruption, tell: run(made, rounds, interruption, tell), as_json=as_json)


@app.command(epilog="Example: conversation-events bench endpoints --events 2000 --rounds 1")
def endpoints(
    *, events: Events = 10_000, rounds: Rounds = 3, connections: Connections = CONNECTIONS, as_json: AsJson = False
) -> None:
    """Measure what 1,000 endpoints of which 5 are busy cost, beside 5 endpoints alone.

    Receiver and relay run at full load. Exits with 1 when something that is asked is not met.
    """
    made = of_endpoints.bench(events, CONVERSATIONS, connections)
    measure(lambda interruption, tell: run(made, rounds, interruption, tell), as_json=as_json)


@app.command(epilog="Example: conversation-events bench fairness --seconds 20 --rate 200")
def fairness(
    *,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds of each run.")] = 20.0,
    rate: Annotated[float, typer.Option(min=1, help="Events a second.")] = 200.0,
    rounds: Rounds = 3,
    fan_out: Annotated[
        int | None,
        typer.Option(help=f"Healthy endpoints that each event goes to, one of {FAN_OUTS}. Default: the most carried."),
    ] = None,
    connections: Connections = CONNECTIONS,
    as_json: AsJson = False,
) -> None:
    """Measure how soon 20 healthy endpoints get their events, alone, and beside four that misbehave.

    These are dead (connections are refused), slow (answers after 14 s), dripping (a byte a second), and rate-limited
    (5 a second); each wants every event. Where this machine cannot carry `--rate` events to all 20 even without them,
    fewer get each event, and both are told. Exits with 1 when something that is asked is not met.
    """
    if fan_out is not None and fan_out not in FAN_OUTS:
        raise typer.BadParameter(f"is one of {', '.join(map(str, FAN_OUTS))}", param_hint="--fan-out")
    wish = of_fairness.Pace(rate, seconds, fan_out or HEALTHY, CONVERSATIONS, connections)

    def measured(interruption: Interruption, tell: Tell) -> Report:
        pace = wish if fan_out else of_fairness.choose(wish, interruption, tell)
        return run(of_fairness.bench(pace, full=fan_out is None), rounds, interruption, tell)

    measure(measured, as_json=as_json)


@app.command(epilog="Example: conversation-events bench jobs --closes 100 --rounds 1")
def jobs(
    *,
    closes: Annotated[int, typer.Option(min=1, help="Conversations that fall quiet in each run.")] = 400,
    rounds: Rounds = 3,
    connections: Connections = CONNECTIONS,
    as_json: AsJson = False,
) -> None:
    """Measure how soon conversations that fall quiet are closed, how many a second, and what a close costs.

    Callbacks in, PATCHes out, to a Twilio of the bench's own that answers at once. Exits with 1 when something that is
    asked is not met.
    """
    made = of_jobs.bench(closes, connections)
    measure(lambda interruption, tell: run(made, rounds, interruption, tell), as_json=as_json)
