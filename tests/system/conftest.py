"""What the tests of processes share: receivers behind the real nginx, and nginx before a server that writes down."""

from collections.abc import Iterator

import pytest

from tests.nginx_front import Front, running_front
from tests.raw_http import Recorder, recording
from tests.real_redis import RealRedis
from tests.receivers_behind import Behind, receivers_behind


@pytest.fixture(scope="module")
def behind(redis_server: RealRedis) -> Iterator[Behind]:
    """Run two receivers behind nginx, for all tests that leave them running."""
    with receivers_behind(redis_server.url) as running:
        yield running


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    """Run a server that writes down what it gets."""
    with recording() as running:
        yield running


@pytest.fixture(scope="module")
def before_recorder(recorder: Recorder) -> Iterator[Front]:
    """Run nginx before nothing but that server."""
    with running_front([recorder.port, recorder.port]) as front:
        yield front
