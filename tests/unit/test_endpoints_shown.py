"""An endpoint as people see it."""

import msgspec
import pytest

from service.endpoints.endpoint import Disabled, Endpoint, Retired
from service.endpoints.health import HEALTHY, Health
from service.endpoints.shown import MASK, Facts, shown, shown_once, state

NOW = 1_800_000_000_000
PLAIN = Endpoint(id="ep_1", url="https://example.com/", types=("*",), sealed_secret="sealed", created_at=0)
DISABLED = msgspec.structs.replace(PLAIN, disabled=Disabled("gone", NOW - 1000))


@pytest.mark.parametrize(
    ("endpoint", "health", "expected"),
    [
        (PLAIN, HEALTHY, "active"),
        (PLAIN, Health(failures=9), "active"),
        (PLAIN, Health(warned=50), "failing"),
        (PLAIN, Health(warned=50, paused_until=NOW), "paused"),
        (DISABLED, Health(warned=50, paused_until=NOW), "disabled"),
    ],
)
def test_the_state_that_matters_most_is_named(endpoint: Endpoint, health: Health, expected: str) -> None:
    """Disabled before paused, paused before failing."""
    assert expected == state(endpoint, health)


def test_nothing_that_is_sealed_is_shown() -> None:
    """Neither the secrets nor the headers' values; of the headers, the names."""
    sealed = msgspec.structs.replace(
        PLAIN, sealed_secret="S1", sealed_headers="S2", retired=(Retired("S3", "v1", NOW + 1),)
    )
    text = msgspec.json.encode(shown(sealed, Facts(header_names=("X-Api-Key",)), NOW)).decode()

    assert f'"headers":{{"X-Api-Key":"{MASK}"}}' in text
    assert not [secret for secret in ("S1", "S2", "S3") if secret in text]


def test_a_disabled_endpoint_says_why_and_since_when() -> None:
    """And nothing about a pause that is no longer of interest."""
    one = shown(DISABLED, Facts(health=Health(paused_until=NOW), missed=7), NOW)

    assert ("gone", "2027-01-15T07:59:59.000Z", None, 7) == (
        one.disabled_reason, one.disabled_at, one.paused_until, one.missed,
    )  # fmt: skip


def test_a_paused_endpoint_says_until_when() -> None:
    """That is when the next delivery is tried."""
    assert "2027-01-15T08:00:00.000Z" == shown(PLAIN, Facts(health=Health(paused_until=NOW)), NOW).paused_until


@pytest.mark.parametrize(
    ("untils", "expected"), [((), None), ((NOW,), None), ((NOW + 1, NOW + 1000, NOW - 1), "2027-01-15T08:00:01.000Z")]
)
def test_the_end_of_the_overlap_is_shown(untils: tuple[int, ...], expected: str | None) -> None:
    """That of the last one that still signs."""
    retired = tuple(Retired("old", "v1", until) for until in untils)

    assert expected == shown(msgspec.structs.replace(PLAIN, retired=retired), Facts(), NOW).old_secret_until


@pytest.mark.parametrize(("secret", "expected"), [("whsec_x", "whsec_x"), ("", None)])
def test_a_secret_is_shown_where_there_is_one_to_show(secret: str, expected: str | None) -> None:
    """An ed25519 endpoint has a public key instead."""
    assert expected == shown_once(shown(PLAIN, Facts(), NOW), secret).secret
