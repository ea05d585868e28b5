"""One admin process for the session; each test begins with an empty Redis."""

from collections.abc import Iterator

import pytest

from tests.admin_house import AdminHouse, running_admin
from tests.history import History
from tests.real_redis import RealRedis


@pytest.fixture(scope="session")
def admin_process(redis_server: RealRedis) -> Iterator[AdminHouse]:
    """Run the application over the session's Redis."""
    with running_admin(redis_server.url) as house:
        yield house


@pytest.fixture
def house(admin_process: AdminHouse, redis_url: str) -> AdminHouse:
    """Return the application over an empty Redis."""
    assert redis_url == admin_process.history.url
    return admin_process


@pytest.fixture
def history(house: AdminHouse) -> History:
    """Return what makes things happen in the application's Redis."""
    return house.history
