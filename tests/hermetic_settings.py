"""Settings for tests: what a test gives and the defaults, nothing of the machine's environment or a `.env`."""

import os
from unittest import mock

from service.settings import Settings
from tests.twilio_callbacks import ACCOUNT, OTHER_ACCOUNT, OTHER_TOKEN, PUBLIC_URL, TOKEN

CENTURY = "36500d"
"""Recorded callbacks grow old; the log of most tests must not."""


def hermetic_settings(redis_url: str, **given: object) -> Settings:
    """Return settings of a receiver or a relay on this Redis, with subscribers on the loopback permitted."""
    values: dict[str, object] = {
        "redis_url": redis_url,
        "public_urls": PUBLIC_URL,
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_tokens": f"{TOKEN},{OTHER_ACCOUNT}:{OTHER_TOKEN}",
        "event_retention": CENTURY,
        "egress_allow": "127.0.0.0/8",
        "allow_http_endpoints": True,
        **given,
    }
    with mock.patch.dict(os.environ, clear=True):
        return Settings(_env_file=None, **values)  # type: ignore[arg-type,call-arg] # checked by pydantic
