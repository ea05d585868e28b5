"""The settings that hold signing keys and Twilio's addresses, and what is said of mistakes in them."""

from pathlib import Path

import pytest

from service.settings import InvalidSettingsError, load
from service.twilio.signature import AuthToken, SharedKey
from tests.hermetic_settings import hermetic_settings
from tests.twilio_callbacks import ACCOUNT, OTHER_ACCOUNT

NAMES = ("PUBLIC_URLS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKENS", "TWILIO_SHARED_KEYS")


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder without `.env`, with none of the settings."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def mistakes(**given: str) -> list[str]:
    """Return what is said of settings for a receiver that has all else."""
    usual = {"public_urls": "https://hooks.example.com", "twilio_account_sid": ACCOUNT}
    with pytest.raises(InvalidSettingsError) as caught:
        load(("receiver",), **{**usual, **given})
    return list(caught.value.mistakes)


def test_keys_belong_to_accounts() -> None:
    """Tokens and SharedKeys without an account belong to the one that is set, and keep their order."""
    keys = hermetic_settings(
        "redis://x",
        twilio_auth_tokens=f"new,old,{OTHER_ACCOUNT}:other",
        twilio_shared_keys=f"k1:HMAC_SHA256:a:b, {OTHER_ACCOUNT}:k2:hmac_sha1:c",
    ).signing_keys()

    assert (
        AuthToken("new", ACCOUNT),
        AuthToken("old", ACCOUNT),
        AuthToken("other", OTHER_ACCOUNT),
        SharedKey("k1", "HMAC_SHA256", "a:b", ACCOUNT),
        SharedKey("k2", "HMAC_SHA1", "c", OTHER_ACCOUNT),
    ) == keys


def test_shared_keys_alone_are_enough() -> None:
    """A receiver of an account that signs with SharedKeys only needs no auth token."""
    settings = load(
        ("receiver",),
        public_urls="https://hooks.example.com", twilio_account_sid=ACCOUNT, twilio_shared_keys="k:HMAC_SHA256:s",
    )  # fmt: skip

    assert (SharedKey("k", "HMAC_SHA256", "s", ACCOUNT),) == settings.signing_keys()


def test_without_any_key_tokens_are_asked_for() -> None:
    """A receiver that could prove nothing does not start."""
    assert ["TWILIO_AUTH_TOKENS"] == [mistake.partition(":")[0] for mistake in mistakes()]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("hidden", "is not written key-id:algorithm:secret"),
        ("k:HMAC_SHA1:hidden,k2:hidden", "is not written key-id:algorithm:secret"),
        ("k:SHA1:hidden", "has none of the algorithms HMAC_SHA1, HMAC_SHA256 between key id and secret"),
        ("AC1:k:HMAC_SHA1:hidden", "is not an account SID (AC and 32 hexadecimal digits)"),
    ],
)
def test_wrong_shared_keys(written: str, said: str) -> None:
    """Each mistake is named with an example, and without the secret."""
    found = next(each for each in mistakes(twilio_shared_keys=written) if each.startswith("TWILIO_SHARED_KEYS"))

    assert found.startswith(f"TWILIO_SHARED_KEYS: {said}; for example TWILIO_SHARED_KEYS=webhooks_sharedkey_")
    assert "hidden" not in found


def test_a_key_id_stands_once() -> None:
    """Requests choose by the id, so two keys of one id would make one of them useless in silence."""
    found = mistakes(twilio_shared_keys="k:HMAC_SHA1:hidden,k:HMAC_SHA256:other")

    assert ["TWILIO_SHARED_KEYS: names a key id twice; requests choose a SharedKey by its id"] == found


def test_settings_show_no_secret() -> None:
    """Settings that are printed hold the keys without their secrets."""
    shown = repr(hermetic_settings("redis://x", twilio_auth_tokens="hidden", twilio_shared_keys="k:HMAC_SHA1:hidden"))

    assert "hidden" not in shown


def test_twilio_has_its_usual_addresses() -> None:
    """Without a word about them, Twilio's own base URLs are used."""
    settings = hermetic_settings("redis://x")

    assert [
        "https://conversations.twilio.com/v2",
        "https://memory.twilio.com/v1",
        "https://intelligence.twilio.com/v3",
        "https://api.twilio.com/2010-04-01",
    ] == [
        settings.twilio_conversations_url, settings.twilio_memory_url, settings.twilio_intelligence_url,
        settings.twilio_api_url,
    ]  # fmt: skip
