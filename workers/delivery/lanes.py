"""The lanes: one for each endpoint, with its slots. An endpoint that is slow fills its own lane and no other."""

from collections.abc import Iterable

from yarl import URL

from service.endpoints.endpoint import Endpoint
from service.store.deliveries import Claim
from service.store.endpoints import Listing
from service.store.secrets import Sealer

SLOTS = 8
"""Deliveries in flight to one endpoint, of one relay."""
ALL_SLOTS = 256
"""Deliveries in flight of one relay."""


class Lane:
    """One endpoint as the relay sees it.

    `busy` slots have an attempt under way; `held` are the tokens that are ours in Redis, until their outcome is
    recorded there. `ready` says that the stream may hold something for us.
    """

    __slots__ = ("busy", "endpoint", "held", "ready", "secrets", "url")

    def __init__(self, endpoint: Endpoint, sealer: Sealer) -> None:
        """Raises service.store.secrets.WrongSecretKeyError where the secret cannot be opened."""
        self.endpoint = endpoint
        self.url = URL(endpoint.url)
        self.secrets = (sealer.open(endpoint.sealed_secret),)
        self.held: set[str] = set()
        self.busy = 0
        self.ready = True

    @property
    def free(self) -> int:
        """Slots that are free."""
        return max(0, SLOTS - self.busy)


class Lanes:
    """All lanes, and how many deliveries are in flight in them."""

    def __init__(self, sealer: Sealer) -> None:
        """There is no lane before the first `show`."""
        self._sealer = sealer
        self._lanes: dict[str, Lane] = {}
        self.in_flight = 0

    def show(self, listing: Listing) -> None:
        """Take up the endpoints of a listing; a lane whose endpoint is unchanged stays as it is."""
        known = self._lanes
        self._lanes = {
            endpoint.id: known[endpoint.id]
            if endpoint.id in known and known[endpoint.id].endpoint == endpoint
            else self._lane(endpoint, known.get(endpoint.id))
            for endpoint in listing.endpoints.values()
        }

    def _lane(self, endpoint: Endpoint, before: Lane | None) -> Lane:
        lane = Lane(endpoint, self._sealer)
        if before:
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
            lane = self._lanes.get(endpoint_id)
            if lane is None:
                known = False
            else:
                lane.ready = True
        return known

    def mark_all(self) -> None:
        """Note that any stream may have grown."""
        for lane in self._lanes.values():
            lane.ready = True

    def wanted(self) -> dict[str, int]:
        """Return how many deliveries to take for each ready endpoint with free slots, and call those not ready.

        Not ready before the read and not after: what is announced while the read is under way must not be forgotten.
        """
        room = ALL_SLOTS - self.in_flight
        chosen: dict[str, int] = {}
        for endpoint_id, lane in self._lanes.items():
            if lane.ready and lane.free and room > 0:
                chosen[endpoint_id] = min(lane.free, room)
                room -= chosen[endpoint_id]
                lane.ready = False
        return chosen

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
        """Note that an attempt is over; return whether its lane waits for the slot."""
        self.in_flight -= 1
        lane = self._lanes.get(endpoint_id)
        if lane is None:
            return False
        lane.busy -= 1
        return lane.ready

    def forget(self, claim: Claim) -> None:
        """Note that a claim's outcome is recorded."""
        lane = self._lanes.get(claim.endpoint_id)
        if lane is not None:
            lane.held.discard(claim.token)
