"""PURE. What a demonstration has come to, as numbers and sentences."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from service.simulator.reckoning import Account, Truth, mistakes, posted


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one run; `mistakes` say what does not add up.

    `received` are events that were stored, repairs and the service's own among them; `closed` is by rule, or by whom
    else; `observations` by source; `repairs` by type. `lost` are callbacks that were never sent, on purpose.
    """

    seed: str
    conversations: int
    callbacks: int
    lost: int
    received: int
    duplicates: int
    delivered: int
    delivered_again: int
    closed: Mapping[str, int]
    observations: Mapping[str, int]
    repairs: Mapping[str, int]
    calls: int
    faults: int
    seconds: float
    mistakes: Sequence[str]
    simulation: str
    admin: str


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What the service counts of itself, beside the account that is reckoned with."""

    duplicates: int
    repeated: int
    repairs: Mapping[str, int]
    account: Account


def result(truth: Truth, service: Service, seconds: float, simulation: str, admin: str) -> Result:
    """Return what a run has come to; the URLs are those of the simulation and the admin API."""
    counts = truth["counts"]
    return Result(
        seed=truth["seed"],
        conversations=counts["conversations"],
        callbacks=sum(counts["callbacks"].values()),
        lost=counts["callbacks"].get("lost", 0),
        received=service.account.stored,
        duplicates=service.duplicates,
        delivered=len(service.account.seen),
        delivered_again=service.repeated,
        closed=closed_by(truth, service.account),
        observations=posted(truth),
        repairs=service.repairs,
        calls=counts["calls"],
        faults=sum(counts["faults"].values()),
        seconds=round(seconds, 1),
        mistakes=mistakes(truth, service.account),
        simulation=simulation,
        admin=admin,
    )


def closed_by(truth: Truth, account: Account) -> dict[str, int]:
    """Return how many conversations were closed, by the rule that was first, or by who else did it."""
    found: Counter[str] = Counter()
    for each in truth["conversations"]:
        jobs = sorted(account.closed.get(each["id"], ()), key=lambda job: job.decided_at)
        if each["closedBy"] == "rest":
            found[f"by the rule '{jobs[0].rule}'" if jobs else "by no rule that is known"] += 1
        elif each["closedBy"]:
            found["by somebody else"] += 1
    return dict(found)
