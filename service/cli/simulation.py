"""What `up --simulate` tells its processes: an invented account, and that this machine may be reached."""

import secrets
from importlib.resources import files

from service.settings import InvalidSettingsError, Settings, missing

ACCOUNT = f"AC{0:032}"
"""No real account has this SID."""
PATHS = {
    "TWILIO_CONVERSATIONS_URL": "/conversations/v2",
    "TWILIO_MEMORY_URL": "/memory/v1",
    "TWILIO_INTELLIGENCE_URL": "/intelligence/v3",
    "TWILIO_API_URL": "/api/2010-04-01",
}
"""The settings that lead a service to the simulation, and where each API is beneath its URL."""
_CREDENTIALS = ("PUBLIC_URLS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKENS")


def is_called_for(settings: Settings, *, asked: bool) -> bool:
    """Return whether to simulate: because it was asked for, or because nothing of a Twilio account is set.

    Raises InvalidSettingsError where something of one is set and something is missing: that is a mistake, no wish.
    """
    unset = [name for name in _CREDENTIALS if not getattr(settings, name.lower())]
    if asked or len(unset) == len(_CREDENTIALS):
        return True
    mistakes = missing(settings, ("receiver", "worker"))
    if mistakes:
        raise InvalidSettingsError(mistakes)
    return False


def environment(settings: Settings, receiver_url: str, simulator_url: str) -> dict[str, str]:
    """Return the environment of a simulation.

    It has keys of its own in Redis, so that invented events never reach subscribers who are real.
    """
    return {
        "KEY_PREFIX": f"{settings.key_prefix}simulation:",
        "PUBLIC_URLS": receiver_url,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKENS": secrets.token_hex(16),
        "TWILIO_API_KEY_SID": "SK" + ACCOUNT[2:],
        "TWILIO_API_KEY_SECRET": secrets.token_hex(16),
        **{name: simulator_url + path for name, path in PATHS.items()},
        "SIGNATURE_MODE": "enforce",
        "EGRESS_ALLOW": "127.0.0.0/8",
        "ALLOW_HTTP_ENDPOINTS": "1",
        "RULES_FILE": str(files("service.simulator").joinpath("rules.toml")),
        # A proxy from the environment is for the world outside, not for this machine.
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
