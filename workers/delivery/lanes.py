"""The lanes: one for each endpoint, with its slots. An endpoint that is slow fills its own lane and no other."""

from collections.abc import Iterable, Mapping

from yarl import URL

from service.endpoints.endpoint import Endpoint
from service.events.delivery import Claim
from service.store.endpoints import Listing
from service.store.secrets import Sealer

SLOTS = 8
"""Deliveries in flight to one endpoint, of one relay."""
ALL_SLOTS = 256
"""Deliveries in flight of one relay."""


class Lane:
    """One endpoint as the relay sees it.

    `busy` slots have an attempt under way; `held` are the tokens that are ours in Redis, until their outcome is
    recorded there.
    """

    __slots__ = ("busy", "endpoint", "held", "secrets", "url")

    def __init__(self, endpoint: Endpoint, sealer: Sealer) -> None:
        """Raises service.store.secrets.WrongSecretKeyError where the secret cannot be opened."""
        self.endpoint = endpoint
        self.url = URL(endpoint.url)
        self.secrets = (sealer.open(endpoint.sealed_secret),)
        self.held: set[str] = set()
        self.busy = 0

    @property
    def free(self) -> int:
        """Slots that are free."""
        return max(0, SLOTS - self.busy)


class Lanes:
    """All lanes, how many deliveries are in flight in them, and which streams may hold something for us."""

    def __init__(self, sealer: Sealer) -> None:
        """There is no lane before the first `show`."""
        self._sealer = sealer
        self._lanes: dict[str, Lane] = {}
        # In the order in which they became ready: who was served goes to the end, so that all have their turn.
        self._ready: dict[str, None] = {}
        self.in_flight = 0

    def show(self, listing: Listing) -> None:
        """Take up the endpoints of a listing; a lane whose endpoint is unchanged stays as it is."""
        known = self._lanes
        self._lanes = {endpoint.id: self._shown(endpoint, known) for endpoint in listing.endpoints.values()}
        self._ready = {name: None for name in self._ready if name in self._lanes}
        self.mark(name for name in self._lanes if name not in known)

    def _shown(self, endpoint: Endpoint, known: Mapping[str, Lane]) -> Lane:
        before = known.get(endpoint.id)
        if before is not None and before.endpoint == endpoint:
            return before
        lane = Lane(endpoint, self._sealer)
        if before is not None:
            lane.held, lane.busy = before.held, before.busy
        return lane

    def get(self, endpoint_id: str) -> Lane | None:
        """Return an endpoint's lane, None where the endpoint is gone."""
        return self._lanes.get(endpoint_id)

    def ids(self) -> list[str]:
        """Return the ids of all endpoints."""
        return list(self._lanes)

    def mark(self, endpoint_ids: Iterable[str]) -> bool:
        """Note that these endpoints' streams have grown; return whether all of them are known."""
        known = True
        for endpoint_id in endpoint_ids:
            if endpoint_id in self._lanes:
                self._ready[endpoint_id] = None
            else:
                known = False
        return known

    def mark_all(self) -> None:
        """Note that any stream may have grown."""
        self._ready.update(dict.fromkeys(self._lanes))

    def wanted(self) -> dict[str, int]:
        """Return how many deliveries to take for each ready endpoint with free slots, and call those not ready.

        Not ready before the read and not after: what is announced while the read is under way must not be forgotten.
        """
        room = self.room
        chosen: dict[str, int] = {}
        for endpoint_id in self._ready:
            if room <= 0:
                break
            if free := self._lanes[endpoint_id].free:
                chosen[endpoint_id] = min(free, room)
                room -= chosen[endpoint_id]
        for endpoint_id in chosen:
            del self._ready[endpoint_id]
        return chosen

    @property
    def room(self) -> int:
        """Slots of the whole relay that are free."""
        return max(0, ALL_SLOTS - self.in_flight)

    def hold(self, claim: Claim) -> Lane | None:
        """Put a claim into a slot of its lane and return that; None where it is held already or the endpoint gone."""
        lane = self._lanes.get(claim.endpoint_id)
        if lane is None or claim.token in lane.held:
            return None
        lane.held.add(claim.token)
        lane.busy += 1
        self.in_flight += 1
        return lane

    def held(self) -> set[str]:
        """Return the tokens of all claims whose outcome is not recorded yet."""
        return {f"{lane.endpoint.id} {token}" for lane in self._lanes.values() for token in lane.held}

    def free_slot(self, endpoint_id: str) -> bool:
        """Note that an attempt is over; return whether somebody waits for the slot."""
        was_full = self.in_flight >= ALL_SLOTS
        self.in_flight -= 1
        lane = self._lanes.get(endpoint_id)
        if lane is not None:
            lane.busy -= 1
        return (was_full and bool(self._ready)) or endpoint_id in self._ready

    def forget(self, claim: Claim) -> None:
        """Note that a claim's outcome is recorded."""
        lane = self._lanes.get(claim.endpoint_id)
        if lane is not None:
            lane.held.discard(claim.token)
