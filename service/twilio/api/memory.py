"""Conversation Memory v1: who somebody is, and what is remembered of them.

Writing is asynchronous: what is accepted can be read only later. Profiles may have been merged: Twilio then redirects,
and the call is made again under the id that the profile has now, by the same method and with the same body.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import unquote

import httpx

from service.twilio.api.caller import Caller, same_origin, segment
from service.twilio.api.pace import Pace
from service.twilio.errors import MovedError
from service.twilio.resources.memory import (
    Lookup,
    NewObservation,
    Observations,
    Profile,
    Store,
    lookup_of,
    observation_of,
    observations_json,
    profile_of,
    store_of,
)

OBSERVATIONS_PAGE = 50
"""Items asked for at once; descriptions differ on whether a page may hold more."""
MOST_MERGES = 5
"""Redirects that are followed from one profile to the next."""
_NAMED = 3
"""Segments of a profile's path before its id."""

T = TypeVar("T")


class MemoryApi:
    """Memory; each method raises a TwilioError when it did not get what it asked for."""

    def __init__(self, http: httpx.Client, pace: Pace | None = None) -> None:
        """`http` has the base URL of Memory v1 and the credentials."""
        self._caller = Caller(http, pace)

    def store(self, store_id: str) -> Store:
        """Return a memory store. A MissingError says that it is dead, which Twilio tells nobody who links to it."""
        return store_of(self._caller.call("GET", f"/ControlPlane/Stores/{segment(store_id)}").body, store_id)

    def lookup(self, store_id: str, id_type: str, value: str) -> Lookup:
        """Return the profiles that have an identifier: `id_type` is `phone`, `email` or one of the store's own."""
        path = f"/Stores/{segment(store_id)}/Profiles/Lookup"
        return lookup_of(self._caller.call("POST", path, json={"idType": id_type, "value": value}).body)

    def profile(self, store_id: str, profile_id: str) -> Profile:
        """Return a profile under the id that it has now."""
        found, answer = self._of_profile(store_id, profile_id, lambda path: self._caller.call("GET", path))
        return profile_of(answer.body, found)

    def observe(self, store_id: str, profile_id: str, observations: Sequence[NewObservation]) -> str:
        """Have 1 to 10 observations remembered, and return the id under which the profile has them.

        There is no idempotency key: after an error that leaves the outcome unclear, look at `observations` before
        repeating. Raises ValueError for none or more than ten.
        """
        body = observations_json(observations)
        found, _ = self._of_profile(
            store_id, profile_id, lambda path: self._caller.call("POST", f"{path}/Observations", json=body)
        )
        return found

    def observations(
        self,
        store_id: str,
        profile_id: str,
        *,
        source: str | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        newest_first: bool = False,
    ) -> Observations:
        """Return what is remembered of a profile, and the id that it has now; times in ISO 8601."""
        given = {"source": source, "createdAfter": created_after, "createdBefore": created_before}
        query: list[tuple[str, str | int]] = [("pageSize", OBSERVATIONS_PAGE)]
        query += [("orderBy", "DESC" if newest_first else "ASC")]
        query += [(name, value) for name, value in given.items() if value is not None]
        now, found = self._of_profile(
            store_id,
            profile_id,
            lambda path: tuple(self._caller.items(f"{path}/Observations", "observations", query)),
        )
        return Observations(now, tuple(map(observation_of, found)))

    def _of_profile(self, store_id: str, profile_id: str, call: Callable[[str], T]) -> tuple[str, T]:
        """Return the id that the profile has now, and what came of the call under its path."""
        seen = {profile_id}
        while True:
            try:
                return profile_id, call(f"/Stores/{segment(store_id)}/Profiles/{segment(profile_id)}")
            except MovedError as moved:
                target = moved.canonical_id or self._named(moved.location, store_id)
                if not target or target in seen or len(seen) > MOST_MERGES:
                    raise
                seen.add(target)
                profile_id = target

    def _named(self, location: str | None, store_id: str) -> str | None:
        """Return the profile of this store that a URL of our own host names. The URL itself is never asked."""
        base = self._caller.http.base_url
        try:
            url = base.join(location or "")
        except httpx.InvalidURL:
            return None
        here = same_origin(url, base) and url.raw_path.startswith(base.raw_path)
        parts = [unquote(part) for part in url.raw_path[len(base.raw_path) :].decode("ascii").split("?")[0].split("/")]
        return parts[3] if here and len(parts) > _NAMED and parts[:3] == ["Stores", store_id, "Profiles"] else None
