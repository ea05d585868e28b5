"""Running the simulation: alone, with an invented account and no Redis, or beside `up`, with a sample subscriber."""

import signal

from starlette.types import ASGIApp

from service import logs
from service.cli.asgi import Address, Drain, run
from service.cli.configuration import load_settings
from service.cli.simulation import PATHS
from service.cli.simulation_plan import Account, Wish, configured, plan
from service.endpoints.addresses import networks
from service.processes.listening import url as url_of
from service.registration import Egress
from service.settings import Settings
from service.simulator.app import Plan, Simulation
from service.simulator.endpoint import ensure
from service.simulator.scenario import identifier
from service.simulator.story import Story
from service.simulator.subscriber import PATH, Subscriber
from service.store.checks import check
from service.store.client import connect
from service.store.keys import Keys
from service.store.secrets import Sealer


def alone(wish: Wish, account: Account, story: Story, address: Address, *, end: bool) -> bool:
    """Simulate until interrupted (with `end`: until all is told), and return whether nothing failed.

    Raises typer.BadParameter where the wish cannot be met, and PortTakenError.
    """
    logs.set_up(None, "warning", "simulate")
    made = plan(wish, account)
    opened = address.opened()
    story.say(_introduction(made, account, url_of(opened)))
    simulation = Simulation(made, story, _interrupt if end else _go_on)

    async def make() -> tuple[ASGIApp, Drain]:
        return simulation.app(), Drain(begin=simulation.release)

    run(make, Address(address.host, address.port, opened.detach()))
    if not end:
        simulation.summarize()
    return not end or simulation.all_taken


def beside_up(wish: Wish, url: str, story: Story, address: Address) -> None:
    """Simulate for `up`, whose relay and worker reach this process at `url`; the settings say the rest.

    Raises InvalidSettingsError, RedisError and what `alone` does.
    """
    settings = load_settings(("receiver", "relay"))
    logs.set_up(settings.log_format, settings.log_level, "simulate")
    simulation = Simulation(plan(wish.sent_to(settings.public_urls[0]), configured(settings)), story)

    async def make() -> tuple[ASGIApp, Drain]:
        secret = await _endpoint_secret(settings, f"{url}{PATH}")
        return simulation.app(Subscriber(secret, story).routes()), Drain(begin=simulation.release)

    run(make, address)


def _interrupt() -> None:
    signal.raise_signal(signal.SIGTERM)


def _go_on() -> None:
    pass


async def _endpoint_secret(settings: Settings, url: str) -> bytes:
    redis = connect(settings.redis_address())
    try:
        await check(redis, settings.redis_durability)
        sealer = Sealer(settings.secret_key.get_secret_value() if settings.secret_key else "")
        egress = Egress(allow_http=settings.allow_http_endpoints, allowed=networks(settings.egress_allow))
        return await ensure(redis, Keys(settings.key_prefix), sealer, egress, url)
    finally:
        await redis.aclose(close_connection_pool=True)


def _introduction(made: Plan, account: Account, url: str) -> str:
    """Return what a person needs to use the simulation: settings for a service, and how to have the same again."""
    configuration, store = (identifier(prefix, account.sid) for prefix in ("conv_configuration_", "mem_store_"))
    return "\n".join(
        (
            f"Simulated Twilio at {url}, seed {made.birth.seed}, {made.birth.speed:g} times as fast as life.",
            f"TWILIO_ACCOUNT_SID={account.sid}",
            f"TWILIO_AUTH_TOKENS={account.token if account.invented else '(as given)'}",
            *(f"{name}={url}{path}" for name, path in PATHS.items()),
            f"Configuration {configuration}, store {store}; the truth: {url}/_control/state",
        )
    )
