"""What the command line of `simulate` asks for, turned into a plan."""

import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
import typer
from msgspec.structs import replace

from service.cli.simulation import ACCOUNT
from service.settings import Settings
from service.simulator.app import Plan
from service.simulator.faults import Faults, InvalidFaultError, parse
from service.simulator.outbox import Sending
from service.simulator.player import Programme
from service.simulator.scenarios.catalogue import SCENARIOS
from service.simulator.world.birth import Birth

ROUTE = "/twilio/orchestrator"
"""Where the Orchestrator's callbacks go, if the URL that is given has no path."""


class Account(msgspec.Struct, frozen=True):
    """Who the simulated customer of Twilio is, and what users of the REST API prove themselves with."""

    sid: str
    token: str
    credentials: dict[str, str]
    invented: bool = False

    def __repr__(self) -> str:
        """Return what is no secret."""
        return f"Account(sid={self.sid!r})"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """The options of the command, as they are given."""

    to: str | None = None
    public_url: str | None = None
    scenarios: Sequence[str] = ()
    rate: float
    conversations: int | None = None
    seed: str | None = None
    speed: float
    inactive: int
    closed: int
    visible_after: float
    retries: int
    lose: float = 0.0
    repeat: float = 0.0
    reorder: float = 0.0
    unlinked: float = 0.0
    fault: Sequence[str] = ()
    retry_after: float | None = None
    hold: float = 30.0
    latency: float = 0.0

    def sent_to(self, url: str) -> "Wish":
        """Return the same wish with callbacks sent to another URL."""
        return replace(self, to=url)


def invented(token: str | None, api_key: str | None) -> Account:
    """Return the invented account; a token that is not given is made up. Raises typer.BadParameter."""
    user, colon, password = (api_key or "").partition(":")
    if api_key and not (user and colon and password):
        raise typer.BadParameter("--api-key must be SID:SECRET, for example SK0123:secret")
    secret = token or secrets.token_hex(16)
    return Account(ACCOUNT, secret, {ACCOUNT: secret, **({user: password} if user else {})}, invented=token is None)


def configured(settings: Settings) -> Account:
    """Return the account of the settings, with which `up` has started the others."""
    _, token = settings.twilio_auth_tokens[0]
    found, secret = settings.twilio_account_sid or ACCOUNT, token.get_secret_value()
    key, password = settings.twilio_api_key_sid, settings.twilio_api_key_secret
    return Account(found, secret, {found: secret, **({key: password.get_secret_value()} if key and password else {})})


def plan(wish: Wish, account: Account) -> Plan:
    """Return what a simulation is made from. Raises typer.BadParameter with what is wrong, and an example."""
    public, actual, path = _addresses(wish)
    birth = Birth(
        account.sid,
        seed=wish.seed or secrets.token_hex(4),
        speed=wish.speed,
        orchestrator=public + path if public else None,
        hooks=public or None,
        inactive=wish.inactive or None,
        closed=wish.closed or None,
        visible_after=wish.visible_after,
    )
    programme = Programme(_names(wish.scenarios), wish.rate, 0 if not public else wish.conversations)
    sending = Sending(account.token, public, actual, wish.retries)
    return Plan(birth, sending, account.credentials, programme, _faults(wish))


def _addresses(wish: Wish) -> tuple[str, str, str]:
    """Return the base URL that Twilio was given, the one that requests go to, and the callbacks' path."""
    if wish.to is None:
        # Nobody to tell: only the REST API is simulated.
        return "", "", ROUTE
    url = urlsplit(wish.to)
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise typer.BadParameter(f"--to {wish.to!r} is not a URL; for example --to http://127.0.0.1:8000")
    actual = f"{url.scheme}://{url.netloc}"
    path = url.path if url.path.strip("/") else ROUTE
    return (wish.public_url or actual).rstrip("/"), actual, path


def _names(wanted: Sequence[str]) -> Sequence[str]:
    unknown = [name for name in wanted if name not in SCENARIOS]
    if unknown:
        raise typer.BadParameter(f"--scenario {unknown[0]!r} is none of {', '.join(SCENARIOS)}")
    return tuple(wanted) or tuple(SCENARIOS)


def _faults(wish: Wish) -> Faults:
    try:
        shares = parse(wish.fault)
    except InvalidFaultError as error:
        raise typer.BadParameter(str(error)) from None
    if wish.lose + wish.repeat + wish.reorder > 1:
        raise typer.BadParameter("--lose, --repeat and --reorder add up to more than 1")
    return Faults(
        faults=shares,
        retry_after=wish.retry_after,
        hold=wish.hold,
        latency=wish.latency,
        lose=wish.lose,
        repeat=wish.repeat,
        reorder=wish.reorder,
        unlinked=wish.unlinked,
    )
