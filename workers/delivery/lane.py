"""One endpoint as the relay sees it: where and how to send, its slots, and how it fares."""

import json

from yarl import URL

from service.attempt.signing import Signer, signer
from service.endpoints.endpoint import Endpoint
from service.store.secrets import Sealer
from workers.delivery.breaker import Results

SLOTS = 8
"""Deliveries in flight to one endpoint, of one relay."""
SUCCESS_NOTED = 60_000
"""Milliseconds after which a success is noted in Redis again: nothing that counts in hours needs each of them."""


class Lane:
    """`busy` slots have an attempt under way; `held` are the tokens that are ours in Redis until they are settled.

    `suspect`: the last attempt failed. `answered`: one has had its outcome; before that a single delivery is in flight,
    lest a crowd that hangs takes all slots before anybody knows it. `probe_at` is when the pause is over (None: there
    is none), and `probing` says that the probe is under way. Before `dry_until` the rate limit has nothing left. Both
    on the monotonic clock.
    """

    __slots__ = (
        "_retired", "_signers", "_success_noted", "answered", "busy", "custom", "dry_until", "endpoint", "held",
        "probe_at", "probing", "results", "suspect", "url",
    )  # fmt: skip

    def __init__(self, endpoint: Endpoint, sealer: Sealer) -> None:
        """Raises service.store.secrets.WrongSecretKeyError where a secret cannot be opened."""
        self.held: set[str] = set()
        self.busy = 0
        self.results = Results()
        self.suspect = self.answered = self.probing = False
        self.probe_at: float | None = None
        self.dry_until = 0.0
        self._success_noted = 0
        self.show(endpoint, sealer)

    def show(self, endpoint: Endpoint, sealer: Sealer) -> None:
        """Take up the endpoint as it has become; what is under way goes on."""
        self.endpoint = endpoint
        self.url = URL(endpoint.url)
        self.custom: dict[str, str] = (
            json.loads(sealer.open(endpoint.sealed_headers)) if endpoint.sealed_headers else {}
        )
        self._signers: tuple[Signer, ...] = (signer(endpoint.scheme, sealer.open(endpoint.sealed_secret)),)
        self._retired = tuple(
            (one.until, signer(one.scheme, sealer.open(one.sealed_secret))) for one in endpoint.retired
        )
        self.dry_until = 0.0

    def signers(self, now_ms: int) -> tuple[Signer, ...]:
        """Return what signs now: the secret, and those that it has replaced not long ago."""
        if not self._retired:
            return self._signers
        return (*self._signers, *(one for until, one in self._retired if now_ms < until))

    def free(self, now: float) -> int:
        """Return how many deliveries may be taken, probes apart."""
        if self.endpoint.disabled is not None or self.probe_at is not None or now < self.dry_until:
            return 0
        return max(0, (SLOTS if self.answered else 1) - self.busy)

    def noted_success(self, now_ms: int) -> int | None:
        """Return the time where this success is one to be noted in Redis, else None."""
        if now_ms - self._success_noted < SUCCESS_NOTED:
            return None
        self._success_noted = now_ms
        return now_ms
