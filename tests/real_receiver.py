"""A receiver on a free port of the loopback, in a thread of the test's process."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx

from service.rules.voice_answer import Voice
from service.settings import Settings
from service.store.client import connect
from service.web.receiver import Receiver
from tests.served import served
from tests.twilio_callbacks import Signed, signed


class RealReceiver:
    """Where it is, and a client of it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx.Client(base_url=url, timeout=10)

    def send(self, request: Signed) -> httpx.Response:
        """Send a request and return the answer."""
        return self.client.request(request.method, request.target, content=request.body, headers=request.headers)

    def post(self, body: bytes) -> int:
        """Send a body as Twilio would and return the status."""
        return self.send(signed(body)).status_code

    def socket(self) -> socket.socket:
        """Return a bare connection, for what no client would send."""
        url = self.client.base_url
        return socket.create_connection((url.host, url.port), timeout=5)


@contextmanager
def running_receiver(settings: Settings, voices: Sequence[Voice] = ()) -> Iterator[RealReceiver]:
    """Run one, which answers calls as `voices` say, until the block ends."""
    with served(Receiver(settings, connect(settings.redis_address()), voices)) as url:
        receiver = RealReceiver(url)
        with receiver.client:
            yield receiver
