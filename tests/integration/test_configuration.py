"""The settings of the commands: the environment, and what `up` keeps in DATA_DIR."""

import stat
from pathlib import Path

import pytest

from service.cli import simulation
from service.cli.configuration import environment, load_settings
from service.cli.data_dir import KEPT, held, keep_secret, told
from service.embedded.lock import LockedError
from service.settings import InvalidSettingsError, load

ACCOUNT = "AC0123456789abcdef0123456789abcdef"


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty DATA_DIR, in a folder without `.env`."""
    monkeypatch.chdir(tmp_path)
    for name in ("SECRET_KEY", "ADMIN_TOKEN", "PUBLIC_URLS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKENS", "KEY_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return tmp_path


def test_a_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """The first call makes a secret that its owner alone can read, the next ones return it."""
    first, second = keep_secret(tmp_path / "key"), keep_secret(tmp_path / "key")

    assert (True, False, first.value) == (first.made, second.made, second.value)
    assert 0o600 == stat.S_IMODE((tmp_path / "key").stat().st_mode)


def test_commands_know_what_up_has_made_up(data_dir: Path) -> None:
    """A command reads SECRET_KEY and ADMIN_TOKEN from DATA_DIR where they are not set."""
    made = {name: keep_secret(data_dir / file).value for name, file in KEPT.items()}

    settings = load_settings(("admin",))
    actual = environment(settings)

    assert made == {name: actual[name] for name in made}


def test_what_is_set_is_not_looked_up(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SECRET_KEY from the environment wins over the file."""
    keep_secret(data_dir / KEPT["SECRET_KEY"])
    monkeypatch.setenv("SECRET_KEY", "from the environment")

    settings = load_settings(("relay",))

    assert settings.secret_key
    assert "from the environment" == settings.secret_key.get_secret_value()


@pytest.mark.usefixtures("data_dir")
def test_all_mistakes_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong value and a missing one are told in one go."""
    monkeypatch.setenv("EVENT_RETENTION", "soon")

    with pytest.raises(InvalidSettingsError) as caught:
        load_settings(("admin",))

    assert ["EVENT_RETENTION", "ADMIN_TOKEN", "SECRET_KEY"] == [
        mistake.partition(":")[0] for mistake in caught.value.mistakes
    ]


def test_one_up_holds_a_data_dir(data_dir: Path) -> None:
    """A second `up` on the same DATA_DIR is refused with a sentence that names the first."""
    with held(data_dir) as hold:
        hold.tell({})
        with pytest.raises(LockedError, match=r"another `up` \(process \d+\) already runs on"), held(data_dir):
            pass

    with held(data_dir) as again:
        assert not again.after_a_crash


def test_a_command_beside_a_simulation_sees_the_simulation(data_dir: Path) -> None:
    """While `up` simulates, commands use the keys and the account that it invented; afterwards they do not."""
    with held(data_dir) as hold:
        hold.tell(simulation.environment(load(), "http://127.0.0.1:1", "http://127.0.0.1:2"))
        during = load_settings()
    after = load_settings()

    assert ("ce:simulation:", simulation.ACCOUNT) == (during.key_prefix, during.twilio_account_sid)
    assert ("ce:", None) == (after.key_prefix, after.twilio_account_sid)
    assert {} == told(data_dir)


@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize(
    ("given", "asked", "expected"),
    [
        pytest.param({}, False, True, id="nothing is set"),
        pytest.param({}, True, True, id="asked for"),
        pytest.param(
            {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKENS": "token", "PUBLIC_URLS": "https://a.example"},
            False,
            False,
            id="all is set",
        ),
        pytest.param({"TWILIO_ACCOUNT_SID": ACCOUNT}, True, True, id="asked for, whatever is set"),
    ],
)
def test_a_simulation_stands_in_for_missing_credentials(
    given: dict[str, str],
    asked: bool,  # noqa: FBT001 - by parametrisation
    expected: bool,  # noqa: FBT001 - the same
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without any Twilio credentials `up` simulates; with all of them it does so only when asked."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    actual = simulation.is_called_for(load(), asked=asked)

    assert expected == actual


@pytest.mark.usefixtures("data_dir")
def test_half_an_account_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """With some of the credentials set, the missing ones are named instead of being invented."""
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT)

    with pytest.raises(InvalidSettingsError, match=r"(?s)PUBLIC_URLS.*TWILIO_AUTH_TOKENS"):
        simulation.is_called_for(load(), asked=False)
