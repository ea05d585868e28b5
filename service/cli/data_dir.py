"""What `up` keeps in DATA_DIR besides the data: its lock, the secrets it has made up, what it told its programs."""

import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from service.embedded.lock import LockedError, held_note, lock, write_note

KEPT = {"SECRET_KEY": "secret-key", "ADMIN_TOKEN": "admin-token"}
"""Settings that `up` makes up where they are unset, and their files."""
_LOCK = "up.lock"


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that is kept in a file, and whether it has just been made."""

    value: str
    made: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """The lock on a DATA_DIR, and whether its last holder did not live to tidy up."""

    descriptor: int
    after_a_crash: bool

    def tell(self, environment: Mapping[str, str]) -> None:
        """Note for other commands what the programs are told besides the environment, by environment name."""
        write_note(self.descriptor, json.dumps({"process": os.getpid(), "environment": dict(environment)}))


@contextmanager
def held(data_dir: Path) -> Iterator[Hold]:
    """Hold a DATA_DIR, which one `up` at a time may do. Raises LockedError with a sentence."""
    path = data_dir / _LOCK
    after_a_crash = path.exists() and path.stat().st_size > 0
    try:
        descriptor = _locked(path)
    except LockedError:
        process = _noted(data_dir, "process")
        raise LockedError(
            f"another `up`{f' (process {process})' if process else ''} already runs on {data_dir}; "
            "end it, or choose another --data-dir"
        ) from None
    try:
        yield Hold(descriptor, after_a_crash)
    finally:
        write_note(descriptor, "")
        os.close(descriptor)


def _locked(path: Path) -> int:
    with suppress(LockedError):
        return lock(path)
    # A command that looks at the note holds the lock for a moment: look twice before refusing.
    time.sleep(0.1)
    return lock(path)


def told(data_dir: Path) -> dict[str, str]:
    """Return what a running `up` told its programs besides the environment, by environment name; {} without one."""
    found = _noted(data_dir, "environment")
    return dict(found) if isinstance(found, dict) else {}


def _noted(data_dir: Path, name: str) -> object:
    with suppress(ValueError, KeyError, TypeError):
        return json.loads(held_note(data_dir / _LOCK) or "")[name]
    return None


def read_secret(path: Path) -> str | None:
    """Return the secret in a file, or None where there is none."""
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def keep_secret(path: Path) -> Secret:
    """Return the secret in a file, readable by this user alone, made where it is missing."""
    found = read_secret(path)
    if found is not None:
        return Secret(found, made=False)
    value = secrets.token_urlsafe(32)
    # Written aside and renamed: a crash leaves a whole secret or none.
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{value}\n")
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    return Secret(value, made=True)
