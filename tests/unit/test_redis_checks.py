"""What makes a Redis unfit, as a function of what was found out about it."""

import pytest

from service.store.checks import Durability, Facts, judge

FIT = {
    "maxmemory-policy": "noeviction",
    "appendonly": "yes",
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",
}


def facts(version: str = "7.0.15", skew: float = 0.0, **config: str) -> Facts:
    """Return the facts of a fit Redis but for what is given; `_` in a name stands for `-`."""
    return Facts(version, skew, FIT | {name.replace("_", "-"): value for name, value in config.items()})


@pytest.mark.parametrize("durability", ["always", "everysec", "none"])
@pytest.mark.parametrize("version", ["6.2.0", "7.0.15", "8.1.3", "10.0.0"])
def test_a_durable_redis_from_6_2_on_is_fit(version: str, durability: Durability) -> None:
    """A Redis of version 6.2 or newer that syncs each write is fit, whatever is asked."""
    actual = judge(facts(version), durability)

    assert () == actual


@pytest.mark.parametrize(
    ("found", "durability", "line"),
    [
        pytest.param(facts(appendonly="no"), "always", "CONFIG SET appendonly yes", id="no file"),
        pytest.param(facts(appendonly="no"), "everysec", "CONFIG SET appendonly yes", id="no file for a second's loss"),
        pytest.param(facts(appendfsync="everysec"), "always", "CONFIG SET appendfsync always", id="synced too rarely"),
        pytest.param(facts(appendfsync="no"), "everysec", "CONFIG SET appendfsync everysec", id="never synced"),
        pytest.param(
            facts(no_appendfsync_on_rewrite="yes"), "always", "CONFIG SET no-appendfsync-on-rewrite no", id="rewrite"
        ),
        pytest.param(
            facts(maxmemory_policy="allkeys-lru"), "everysec", "CONFIG SET maxmemory-policy noeviction", id="eviction"
        ),
        pytest.param(facts("6.0.16"), "none", "6.2 or newer", id="old"),
        pytest.param(facts("unknown"), "none", "6.2 or newer", id="no version"),
        pytest.param(facts(skew=2.1), "none", "2.1 s ahead of ours", id="clock ahead"),
        pytest.param(facts(skew=-3.0), "none", "3.0 s behind ours", id="clock behind"),
    ],
)
def test_a_refusal_names_the_cure(found: Facts, durability: Durability, line: str) -> None:
    """Each reason to refuse a Redis is one sentence that holds the line to change."""
    actual = judge(found, durability)

    assert [True] == [line in reason for reason in actual]


@pytest.mark.parametrize(
    ("found", "durability"),
    [
        pytest.param(facts(appendfsync="everysec", no_appendfsync_on_rewrite="yes"), "everysec", id="as asked"),
        pytest.param(facts(appendonly="no", appendfsync="no", maxmemory_policy="allkeys-lru"), "none", id="none asks"),
        pytest.param(Facts("7.0.15", 0.0, None), "always", id="CONFIG not permitted"),
        pytest.param(facts(skew=-1.9), "always", id="clocks near enough"),
    ],
)
def test_what_was_not_asked_for_is_not_refused(found: Facts, durability: Durability) -> None:
    """Less durability is fit where less is asked, and the setting's word is taken where CONFIG cannot be read."""
    actual = judge(found, durability)

    assert () == actual


def test_all_reasons_are_named_together() -> None:
    """A Redis with several faults is refused once, with a sentence for each."""
    actual = judge(facts("6.0.16", 9.0, appendonly="no", appendfsync="no"), "always")

    assert 4 == len(actual)
