"""An admin process's application on a real socket, over one Redis, and a client that has its token."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from pydantic import SecretStr

from service.settings import Settings
from service.store.client import connect
from service.store.keys import Keys
from service.web.admin import create
from tests.history import SECRET_KEY, History
from tests.served import served

TOKEN = "the-token-of-the-tests"


class AdminHouse:
    """The URL of the application, a client with the token, one without, and what happens in its Redis."""

    def __init__(self, url: str, history: History) -> None:
        self.url, self.history = url, history
        # Proxies from the environment are for the world outside.
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False)
        self.stranger = httpx.Client(base_url=url, trust_env=False)


def settings(redis_url: str) -> Settings:
    """Return the settings of an admin process, whatever the environment says."""
    return Settings(
        redis_url=redis_url,
        admin_token=SecretStr(TOKEN),
        secret_key=SecretStr(SECRET_KEY),
        egress_allow=("127.0.0.0/8",),
        allow_http_endpoints=False,
    )


@contextmanager
def running_admin(redis_url: str) -> Iterator[AdminHouse]:
    """Run one until the block ends."""
    with served(create(settings(redis_url), connect(redis_url))) as url:
        house = AdminHouse(url, History(redis_url, Keys()))
        with house.http, house.stranger:
            yield house
