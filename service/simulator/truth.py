"""PURE. The truth about a simulation, for tests and demonstrations to compare with what a service says of itself."""

from collections import Counter
from typing import Any

import msgspec

from service.simulator.ledger import Ledger
from service.simulator.world.conversations import Kept
from service.simulator.world.memory import EXTRACTED, Written
from service.simulator.world.world import World


def counts(world: World, ledger: Ledger) -> dict[str, Any]:
    """Return the numbers."""
    kept = world.conversations.kept.values()
    written = [each for store in world.memory.stores.values() for each in store.observations.values()]
    ours = sum(1 for each in written if each.resource["source"] != EXTRACTED)
    return {
        "conversations": world.conversations.count,
        "forgotten": world.conversations.forgotten,
        "statuses": dict(Counter(each.status for each in kept)),
        "closedBy": dict(Counter(each.closed_by for each in kept if each.closed_by)),
        "communications": sum(len(each.communications) for each in kept),
        "observations": {"posted": ours, "extracted": len(written) - ours},
        "callbacks": {fate: number for fate, number in ledger.fates.items() if number},
        "repeated": ledger.repeated,
        "heldBack": ledger.held_back,
        "attempts": ledger.attempts,
        "kinds": dict(ledger.kinds),
        "calls": ledger.calls.total(),
        "faults": dict(ledger.faults),
    }


def state(world: World, ledger: Ledger) -> dict[str, Any]:
    """Return everything: each conversation with what belongs to it, each observation, callback and PATCH."""
    return {
        "seed": world.birth.seed,
        "accountId": world.birth.account_id,
        "configurationId": world.configurations.default,
        "memoryStoreId": world.memory.default,
        "counts": counts(world, ledger),
        "conversations": [_conversation(each) for each in world.conversations.kept.values()],
        "observations": [
            _observation(store, each)
            for store, found in world.memory.stores.items()
            for each in found.observations.values()
        ],
        "mergedProfiles": {old: new for found in world.memory.stores.values() for old, new in found.merged.items()},
        "operatorResults": list(world.results.kept.values()),
        "callbacks": [msgspec.to_builtins(each) for each in ledger.sent],
        "patches": ledger.patches,
        "closings": [msgspec.to_builtins(each) for each in ledger.closings],
        "calls": dict(ledger.calls),
    }


def _conversation(kept: Kept) -> dict[str, Any]:
    shown = {name: value for name, value in kept.resource.items() if name != "configuration"}
    people, said = list(kept.participants.values()), list(kept.communications.values())
    return {**shown, "closedBy": kept.closed_by, "participants": people, "communications": said}


def _observation(store: str, written: Written) -> dict[str, Any]:
    return {**written.resource, "storeId": store, "profileId": written.profile}
