"""How a secret follows another: what still signs, and when it ends."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.endpoints.endpoint import Endpoint, Retired
from service.endpoints.rotation import (
    LONGEST_OVERLAP,
    MOST_RETIRED,
    RefusedRotationError,
    Successor,
    overlap_mistakes,
    still_signing,
    succeeded,
)

NOW = 1_800_000_000_000


def endpoint(*retired: Retired) -> Endpoint:
    """Return an endpoint that signs with `old`, and with what was retired."""
    return Endpoint(
        id="ep_1", url="https://example.com/", types=("*",), sealed_secret="old", created_at=0, retired=retired
    )


def test_the_old_secret_signs_on_beside_the_new_one() -> None:
    """For as many seconds as are asked for, under the scheme that it had."""
    after = succeeded(endpoint(), Successor("new", "v1a", 60), NOW)

    assert ("new", "v1a", (Retired("old", "v1", NOW + 60_000),)) == (after.sealed_secret, after.scheme, after.retired)


def test_an_old_secret_can_end_at_once() -> None:
    """With no overlap it is forgotten; those that were retired before keep their time."""
    before = Retired("older", "v1", NOW + 1)

    assert (before,) == succeeded(endpoint(before), Successor("new", "v1", 0), NOW).retired


@pytest.mark.parametrize(("until", "signs"), [(NOW - 1, False), (NOW, False), (NOW + 1, True)])
def test_a_retired_secret_signs_until_its_time(until: int, signs: bool) -> None:  # noqa: FBT001 - parametrised
    """At that very moment it is over."""
    assert signs == bool(still_signing(endpoint(Retired("older", "v1", until)), NOW))


def test_what_is_over_goes_with_the_next_rotation() -> None:
    """The record does not grow for ever."""
    after = succeeded(endpoint(Retired("older", "v1", NOW)), Successor("new", "v1", 60), NOW)

    assert ["old"] == [each.sealed_secret for each in after.retired]


def test_too_many_secrets_are_refused_with_the_time_to_wait() -> None:
    """Every delivery would carry a signature for each; ending the present one at once is still possible."""
    full = endpoint(*(Retired(f"old {n}", "v1", NOW + n + 1) for n in range(MOST_RETIRED)))

    with pytest.raises(RefusedRotationError, match=r"2027-01-15T08:00:00\.001Z"):
        succeeded(full, Successor("new", "v1", 60), NOW)

    assert full.retired == succeeded(full, Successor("new", "v1", 0), NOW).retired


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, LONGEST_OVERLAP), max_size=20), st.integers(0, 3600))
def test_never_more_sign_than_may(overlaps: list[int], pause: int) -> None:
    """Whatever is asked for, and however often: at most five old ones, and each until its own time."""
    now, one = NOW, endpoint()
    for number, overlap in enumerate(overlaps):
        now += pause * 1000
        try:
            one = succeeded(one, Successor(str(number), "v1", overlap), now)
        except RefusedRotationError:
            continue
        assert str(number) == one.sealed_secret
    signing = still_signing(one, now)

    assert len(signing) <= MOST_RETIRED
    assert all(now < each.until <= now + LONGEST_OVERLAP * 1000 for each in signing)


@pytest.mark.parametrize(("seconds", "mistaken"), [(-1, True), (0, False), (LONGEST_OVERLAP, False), (10**9, True)])
def test_an_overlap_has_bounds(seconds: int, mistaken: bool) -> None:  # noqa: FBT001 - parametrised
    """From nothing to a month."""
    assert mistaken == bool(overlap_mistakes(seconds))
