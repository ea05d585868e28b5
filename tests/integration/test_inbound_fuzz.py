"""Requests changed at random, to every route: no fault of ours, no text to a customer, nothing stored unsigned.

`FUZZ_EXAMPLES` sets how many; `make test` tries few.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from redis import Redis

from service.store.keys import Keys
from service.web.answers import TWIML
from service.web.inbound import TABLE
from tests.direct_receiver import DirectReceiver, Said, direct_receiver
from tests.fuzzed_requests import Fuzzed, fuzzed_requests, parsed_error
from tests.hermetic_settings import hermetic_settings
from tests.inbound_requests import is_twiml
from tests.real_receiver import running_receiver
from tests.real_redis import RealRedis
from tests.stored_events import counted

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "1500"))
OVER_SOCKETS = max(EXAMPLES // 10, 50)
ROWS = {row.path: row for row in TABLE}
ERRORS = {400, 403, 405, 408, 413, 415}
many = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def direct(redis_server: RealRedis) -> Iterator[DirectReceiver]:
    """One receiver for all examples."""
    with direct_receiver(hermetic_settings(redis_server.url)) as running:
        yield running


def suits(path: str, said: Said) -> bool:
    """Return whether an answer is one that this route may give."""
    row = ROWS.get(path)
    if row is None:
        return said.status == 404
    if row.patience is not None:
        return (200, b"{}") == (said.status, said.body)
    if row.stored == TWIML:
        return said.status in ERRORS | {200} and is_twiml(said.headers.get("content-type"), said.body)
    taken = said.status == row.stored.status and said.body == b""
    return taken or (said.status in ERRORS and parsed_error(said.body))


def kept(redis: Redis, keys: Keys) -> int:
    """Return how often something was stored, or recognised, or kept as malformed."""
    told = sum(counted(redis, keys, name) for name in ("received", "duplicates"))
    return told + int(redis.xinfo_stream(keys.malformed)["entries-added"] if redis.exists(keys.malformed) else 0)


def test_changed_requests_do_no_harm(direct: DirectReceiver, sync_redis: Redis, keys: Keys) -> None:
    """Each is answered as the route may, and leaves nothing behind unless Twilio's own library finds it signed."""
    tasks, stored = direct.tasks(), [0, 0]

    @many
    @given(fuzzed_requests())
    def try_one(fuzzed: Fuzzed) -> None:
        before = kept(sync_redis, keys)
        said = direct.send(fuzzed.request, fuzzed.parts, whole=fuzzed.whole)
        changed = kept(sync_redis, keys) != before
        stored[changed] += 1

        assert suits(fuzzed.path, said)
        assert not changed or fuzzed.is_signed()

    try_one()
    assert all(number > EXAMPLES // 20 for number in stored)
    assert (tasks, 0) == (direct.tasks(), counted(sync_redis, keys, "refused:fault"))


def test_changed_requests_over_real_sockets(sync_redis: Redis, keys: Keys, redis_url: str) -> None:
    """The same through the server, whose own refusals end the connection, and which serves the next request."""
    with running_receiver(hermetic_settings(redis_url)) as receiver:

        @settings(many, max_examples=OVER_SOCKETS)
        @given(fuzzed_requests())
        def try_one(fuzzed: Fuzzed) -> None:
            with receiver.socket() as connection:
                connection.sendall(on_the_wire(fuzzed))
                status = int(connection.recv(100)[9:12])

            assert status in ERRORS | {200, 204, 404}

        try_one()
    assert 0 == counted(sync_redis, keys, "refused:fault")


def on_the_wire(fuzzed: Fuzzed) -> bytes:
    """Return the bytes of a request, with whatever its headers hold, that ends its connection."""
    request = fuzzed.request
    said = {"host": "x", "content-length": str(len(request.body)), "connection": "close", **request.headers}
    head = [f"{request.method or 'X'} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
    return "\r\n".join(head).encode("latin-1", "replace") + b"\r\n\r\n" + request.body
