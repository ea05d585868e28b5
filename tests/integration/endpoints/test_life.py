"""An endpoint's whole life against a small model: any order of what people, time and subscribers do to it."""

from typing import Literal

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from service.endpoints.endpoint import Amendment, Disabled, Endpoint, NewEndpoint, Scheme
from service.endpoints.shown import MASK
from service.events.times import from_milliseconds
from service.registration import InvalidEndpointError, register
from service.registry.amendment import amend
from service.registry.rotation import Rotation
from service.registry.sealing import public_key
from service.registry.switching import Refused, disable, enable
from service.store import endpoints
from tests.endpoint_model import Key, ModelEndpoint
from tests.endpoint_world import EndpointWorld
from tests.relay_case import RelayCase
from tests.scripted_subscriber import ScriptedSubscriber
from tests.signatures import signing

SCHEMES: st.SearchStrategy[Scheme] = st.sampled_from(["v1", "v1a"])
NAMES = st.sampled_from(["crm", "archive", ""])
SECONDS = st.sampled_from([59, 60, 3600, 0])
HEADERS = st.dictionaries(st.sampled_from(["X-One", "X-Two"]), st.sampled_from(["secret value", "other value"]))


class Life(RuleBasedStateMachine):
    """Endpoints that lead to one subscriber, in a Redis of their own, on a clock of their own."""

    ids = Bundle("ids")
    redis_url: str
    subscriber: ScriptedSubscriber

    @initialize(target=ids, scheme=SCHEMES)
    def begin(self, scheme: Scheme) -> str | MultipleResults[str]:
        """Begin with one."""
        self.model: dict[str, ModelEndpoint] = {}
        self.version = 0
        self.subscriber.arrivals.clear()
        self.subscriber.answers.clear()
        self.world = EndpointWorld(self.redis_url)
        return self.made("crm", scheme, {})

    def teardown(self) -> None:
        """Close what was opened."""
        if hasattr(self, "world"):
            self.world.close()

    # --- what is done ---

    @precondition(lambda self: len(self.model) < 3)
    @rule(target=ids, name=NAMES, scheme=SCHEMES, headers=HEADERS)
    def create(self, name: str, scheme: Scheme, headers: dict[str, str]) -> str | MultipleResults[str]:
        """Make another."""
        return self.made(name, scheme, headers)

    def made(self, name: str, scheme: Scheme, headers: dict[str, str]) -> str | MultipleResults[str]:
        """Make one; a name that somebody has is refused."""
        to = self.world.registry
        new = NewEndpoint(self.subscriber.url, name=name, scheme=scheme, headers=headers)
        try:
            made, secret = self.world.does(register(to.redis, to.keys, to.sealer, to.egress, new))
        except InvalidEndpointError:
            assert self.taken(name)
            return multiple()
        assert not self.taken(name)
        key = self.key(made, secret)
        self.model[made.id] = ModelEndpoint(name, key, dict(headers), every=[key])
        self.version += 1
        return made.id

    @rule(one=ids, ordered=st.booleans(), rate_limit=st.none() | st.sampled_from([0.5, 50.0]), headers=HEADERS)
    def update(self, one: str, rate_limit: float | None, headers: dict[str, str], *, ordered: bool) -> None:
        """Change members; what is so already is no change."""
        it = self.model[one]
        after = (ordered, rate_limit, it.headers | headers)
        self.version += after != (it.ordered, it.rate_limit, it.headers)
        it.ordered, it.rate_limit, it.headers = after
        wish = Amendment(ordered=ordered, rate_limit=rate_limit, headers=dict(headers))
        assert self.world.does(amend(self.world.registry, one, wish, self.world.now)) is not None

    @rule(one=ids, name=NAMES)
    def rename(self, one: str, name: str) -> None:
        """Give it another name, which nobody else has."""
        it, taken = self.model[one], self.taken(name, one)
        try:
            self.world.does(amend(self.world.registry, one, Amendment(name=name), self.world.now))
        except InvalidEndpointError:
            assert taken
            return
        assert not taken
        self.version += it.name != name
        it.name = name

    @rule(
        one=ids,
        schemes=st.lists(st.none() | SCHEMES, min_size=1, max_size=7),
        overlap=st.sampled_from([60, 3600, 0]),
        later=SECONDS,
    )
    def rotate(self, one: str, schemes: list[Scheme | None], overlap: int, later: int) -> None:
        """Let new secrets follow one another, of these schemes (None: as it is), and see who signs later."""
        it = self.model[one]
        for scheme in schemes:
            possible = it.can_rotate(self.world.now, overlap, None)
            rotated = self.world.rotated(one, Rotation(scheme=scheme, expire_old_in=overlap))
            assert possible == (rotated is not None)
            if rotated is not None:
                it.rotate(self.key(*rotated), self.world.now, overlap)
                self.version += 1
        self.wait(one, later)

    @rule(one=ids, which=st.integers(-3, -1), overlap=st.sampled_from([0, 60, 3600]))
    def rotate_back(self, one: str, which: int, overlap: int) -> None:
        """Let a shared secret follow that the endpoint has had before."""
        it = self.model[one]
        shared = [key for key in it.every if key.scheme == "v1"]
        if -which <= len(shared):
            possible = it.can_rotate(self.world.now, overlap, shared[which])
            rotated = self.world.rotated(one, Rotation(secret=shared[which].text, scheme="v1", expire_old_in=overlap))
            assert possible == (rotated is not None)
            if possible:
                it.rotate(shared[which], self.world.now, overlap)
                self.version += 1

    @rule(one=ids, seconds=SECONDS)
    def wait(self, one: str, seconds: int) -> None:
        """Let time pass, and see who signs then."""
        self.world.now += seconds * 1000
        self.send_test(one)

    @rule(one=ids, reason=st.sampled_from(["by_hand", "gone"]))
    def disable(self, one: str, reason: Literal["by_hand", "gone"]) -> None:
        """Switch it off, by hand or as a relay does that has heard 410; a reason that it has stays."""
        to, it, old = self.world.registry, self.model[one], self.world.endpoint(one)
        if reason == "by_hand":
            assert self.world.does(disable(to.redis, to.keys, one, self.world.now)) is not None
        elif it.disabled is None:
            new = msgspec.structs.replace(old, disabled=Disabled(reason, self.world.now))
            assert self.world.does(endpoints.change(to.redis, to.keys, old, new))
        self.version += it.disabled is None
        it.disabled = it.disabled or reason

    @rule(one=ids, answers=st.lists(st.sampled_from([204, 302, 500]), min_size=1, max_size=3), force=st.booleans())
    def switch(self, one: str, answers: list[int], *, force: bool) -> None:
        """Try to switch it on, and switch it off by hand before each further time."""
        self.enable(one, answers[0], force=force)
        for answer in answers[1:]:
            self.disable(one, "by_hand")
            self.enable(one, answer, force=force)

    def enable(self, one: str, answer: int, *, force: bool) -> None:
        """Switch it on: only a 2xx or force does it, and what is on is not asked."""
        it, before = self.model[one], len(self.subscriber.arrivals)
        asked = it.disabled is not None and not force
        self.subscriber.answers[:] = [answer]
        found = self.world.does(enable(self.world.registry, self.world.trials, one, self.world.now, force=force))
        self.subscriber.answers.clear()
        refused = asked and answer >= 300
        assert refused == isinstance(found, Refused)
        assert asked == len(self.subscriber.arrivals) - before
        self.version += it.disabled is not None and not refused
        it.disabled = it.disabled if refused else None

    def send_test(self, one: str) -> None:
        """See who signs, in a delivery that really arrives, with the endpoint's own headers."""
        it = self.model[one]
        assert self.world.does(self.world.trials.send(self.world.endpoint(one))).delivered
        arrival = self.subscriber.arrivals[-1]
        known = {key.text: key.text for key in it.every}
        own = {name: arrival.headers[name.lower()] for name in ("X-One", "X-Two") if name.lower() in arrival.headers}

        assert [key.text for key in it.signing(self.world.now)] == signing(arrival, known)
        assert it.headers == own

    @rule(one=consumes(ids))
    def remove(self, one: str) -> None:
        """Remove it."""
        del self.model[one]
        self.version += 1
        assert self.world.does(endpoints.remove(self.world.registry.redis, self.world.registry.keys, one))

    # --- what holds at any time ---

    @invariant()
    def all_are_shown_as_they_are(self) -> None:
        """State, overlap, headers and scheme are the model's; nothing else is there."""
        seen = {
            one.id: (one.name, one.disabled_reason, one.old_secret_until, one.headers, one.scheme, one.ordered)
            for one in self.world.shown()
        }

        assert {one: self.expected(it) for one, it in self.model.items()} == seen

    @invariant()
    def nothing_secret_is_shown(self) -> None:
        """Neither a secret that signs, nor one that did, nor a header's value."""
        text = msgspec.json.encode(self.world.shown()).decode()
        secrets = [key.text for it in self.model.values() for key in it.every if key.scheme == "v1"]

        assert not [word for word in (*secrets, "secret value", "other value", "whsec_", "whsk_") if word in text]

    @invariant()
    def the_version_tells_each_change(self) -> None:
        """One more for each, and none for what changed nothing."""
        assert self.version == self.world.version()

    def expected(self, it: ModelEndpoint) -> tuple[object, ...]:
        """Return what is to be seen of one."""
        until = it.old_until(self.world.now)
        return (
            it.name, it.disabled, None if until is None else from_milliseconds(until),
            dict.fromkeys(it.headers, MASK), it.key.scheme, it.ordered,
        )  # fmt: skip

    def key(self, endpoint: Endpoint, secret: str) -> Key:
        """Return the key that subscribers have, where `secret` was shown or the endpoint has a public one."""
        return Key(secret or public_key(self.world.registry.sealer, endpoint) or "", endpoint.scheme)

    def taken(self, name: str, but: str = "") -> bool:
        """Return whether an endpoint other than `but` has a name."""
        return bool(name) and any(it.name == name for one, it in self.model.items() if one != but)


def test_a_life_is_what_the_model_says(case: RelayCase) -> None:
    """Whatever happens, and in whatever order."""
    steps = settings(max_examples=30, stateful_step_count=40, deadline=None)

    class Here(Life):
        pass

    Here.redis_url, Here.subscriber = case.redis_url, case.subscriber
    run_state_machine_as_test(Here, settings=steps)
