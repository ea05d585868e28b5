"""All lanes, one for each endpoint. An endpoint that is slow fills its own lane and no other."""

from collections.abc import Iterable, Mapping

from service.events.delivery import Claim
from service.store.endpoints import Listing
from service.store.secrets import Sealer
from workers.delivery.lane import SLOTS, Lane

ALL_SLOTS = 256
"""Deliveries in flight of one relay."""
RESERVED = 64
"""Of these, slots that endpoints whose last attempt failed may not have: retries, above all, wait behind first ones."""
LOOK_EVERY = 1.0
"""Seconds between looks for whom something waits that they may not have yet."""


class Lanes:
    """All lanes, how many deliveries are in flight in them, and which streams may hold something for us."""

    def __init__(self, sealer: Sealer) -> None:
        """There is no lane before the first `show`."""
        self._sealer = sealer
        self._lanes: dict[str, Lane] = {}
        # In the order in which they became ready: who was served goes to the end, so that all have their turn.
        self._ready: dict[str, None] = {}
        self._suspects: dict[str, Lane] = {}
        self.in_flight = 0

    def show(self, listing: Listing) -> None:
        """Take up the endpoints of a listing; what is under way goes on."""
        known, self._lanes = self._lanes, {}
        changed: list[str] = []
        for endpoint in listing.endpoints.values():
            lane = known.get(endpoint.id)
            if lane is None:
                lane = Lane(endpoint, self._sealer)
            elif lane.endpoint != endpoint:
                lane.show(endpoint, self._sealer)
                changed.append(endpoint.id)
            self._lanes[endpoint.id] = lane
        self._ready = {name: None for name in self._ready if name in self._lanes}
        self._suspects = {name: lane for name, lane in self._suspects.items() if name in self._lanes}
        # The changed, too: when one was enabled, something may be left in its stream that nobody announces again.
        self.mark([*changed, *(name for name in self._lanes if name not in known)])

    def show_paused(self, pauses: Mapping[str, float], now: float) -> None:
        """Take up who is paused, and for how many seconds yet."""
        for name, lane in self._lanes.items():
            left = pauses.get(name)
            if left is None and lane.probe_at is not None and not lane.probing:
                lane.probe_at = None
                lane.results.forget()
            elif left is not None:
                lane.probe_at = now + left

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

    def unmark(self, endpoint_id: str) -> None:
        """Note that a stream holds nothing more."""
        self._ready.pop(endpoint_id, None)

    def wanted(self, now: float) -> dict[str, int]:
        """Return how many deliveries to take for each ready endpoint with free slots, and call those not ready.

        Not ready before the read and not after: what is announced while the read is under way must not be forgotten.
        """
        room = self.room
        for_suspects = min(room, ALL_SLOTS - RESERVED - sum(lane.busy for lane in self._suspects.values()))
        chosen: dict[str, int] = {}
        for endpoint_id in self._ready:
            if room <= 0:
                break
            lane = self._lanes[endpoint_id]
            count = min(lane.free(now), for_suspects if lane.suspect else room)
            if count > 0:
                chosen[endpoint_id] = count
                room -= count
                for_suspects = min(room, for_suspects - count if lane.suspect else for_suspects)
        for endpoint_id in chosen:
            del self._ready[endpoint_id]
        return chosen

    def crowded(self) -> bool:
        """Return whether most slots of all lanes that are ready are taken."""
        return all(self._lanes[name].busy > SLOTS // 2 for name in self._ready)

    def probes(self, now: float) -> list[str]:
        """Return the paused endpoints that may be tried: the pause is over, and something may wait."""
        ready = ((name, self._lanes[name]) for name in self._ready)
        return [name for name, lane in ready if _may_be_tried(lane, now)][: self.room]

    def rest(self, now: float) -> float | None:
        """Return the seconds until the next look, since nobody announces that a pause is over or a bucket filled.

        None where all that is ready waits for slots of its own: those are heard of.
        """
        held_back = [lane for name in self._ready if (lane := self._lanes[name]).busy < SLOTS]
        if not held_back:
            return None
        return min([LOOK_EVERY, *(lane.dry_until - now for lane in held_back if lane.dry_until > now)])

    def disabled(self) -> list[str]:
        """Return the disabled endpoints for which something may wait."""
        return [name for name in self._ready if self._lanes[name].endpoint.disabled is not None]

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

    def suspect(self, lane: Lane, *, failed: bool) -> None:
        """Note whether an endpoint's last attempt failed."""
        lane.answered = True
        if failed != lane.suspect:
            lane.suspect = failed
            if failed:
                self._suspects[lane.endpoint.id] = lane
            else:
                self._suspects.pop(lane.endpoint.id, None)

    def free_slot(self, endpoint_id: str) -> bool:
        """Note that an attempt is over; return whether somebody waits for the slot."""
        was_full = self.in_flight >= ALL_SLOTS - RESERVED
        self.in_flight -= 1
        lane = self._lanes.get(endpoint_id)
        if lane is not None:
            lane.busy -= 1
            if lane.busy == 0:
                # A probe that ended without a word of the endpoint's: its event was gone, or the fault was ours.
                lane.probing = False
        return (was_full and bool(self._ready)) or endpoint_id in self._ready

    def forget(self, claim: Claim) -> None:
        """Note that a claim's outcome is recorded."""
        lane = self._lanes.get(claim.endpoint_id)
        if lane is not None:
            lane.held.discard(claim.token)


def _may_be_tried(lane: Lane, now: float) -> bool:
    over = lane.probe_at is not None and lane.probe_at <= now
    return over and not lane.probing and lane.busy == 0 and lane.endpoint.disabled is None
