"""The settings as the commands see them: the environment, `.env`, and what `up` keeps in DATA_DIR.

A command typed beside a running `up` sees the same house: the secrets that `up` made up, and what it told its programs
besides the environment (a simulation's invented account, say).
"""

import os

from service.cli.data_dir import KEPT, read_secret, told
from service.processes.parent import SUPERVISED
from service.settings import InvalidSettingsError, Role, Settings, load


def load_settings(roles: tuple[Role, ...] = (), **overrides: object) -> Settings:
    """Return the settings for a command, with what `up` keeps in DATA_DIR where they say nothing else.

    `overrides` go by attribute name; a None is none. Raises InvalidSettingsError that names every mistake at once.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    if os.environ.get(SUPERVISED) == "1":
        # `up` has told us everything already.
        return load(roles, **given)
    try:
        data_dir = load((), **given).data_dir
        found: dict[str, object] = {name.lower(): value for name, value in told(data_dir).items()}
        settings = load((), **{**found, **given})
    except InvalidSettingsError:
        # Once more with what the roles need, to name all mistakes together.
        return load(roles, **given)
    for name, file in KEPT.items():
        if getattr(settings, name.lower()) is None:
            found[name.lower()] = read_secret(data_dir / file)
    return load(roles, **{**found, **given})


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment for a program that has to see the same settings as this command."""
    kept = {name: getattr(settings, name.lower()) for name in KEPT}
    return {
        **os.environ,
        **told(settings.data_dir),
        **{name: secret.get_secret_value() for name, secret in kept.items() if secret is not None},
        "DATA_DIR": str(settings.data_dir.resolve()),
    }
