"""The official Node package, asked in a process of its own.

It is installed once, in the version and with the hashes of tests/node/package-lock.json, beside this Python's
packages; where that is impossible (no node, no npm, no registry in reach) the tests that need it are skipped.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "node"
FILES = ("package.json", "package-lock.json", "signatures.js")
INSTALLING, ASKING = 60, 30
"""Seconds that npm may take, and that the script may."""


class _AbsentError(Exception):
    """The package, or what it takes, is not to be had here; the message says why."""


def ask_node(cases: Sequence[dict[str, Any]]) -> list[Any]:
    """Return the package's answer to each case (see tests/node/signatures.js). Skips the test where it is not there."""
    folder = _installed()
    if isinstance(folder, str):
        pytest.skip(folder)
    command = ["node", str(folder / "signatures.js")]
    asked = subprocess.run(command, input=json.dumps(cases).encode(), capture_output=True, check=True, timeout=ASKING)
    found: list[Any] = json.loads(asked.stdout)
    return found


@cache
def _installed() -> Path | str:
    """Return where the package is, or why it is nowhere: tried once, since a network that hangs takes its time."""
    contents = b"".join((HERE / name).read_bytes() for name in FILES)
    folder = Path(sys.prefix) / "node" / hashlib.sha256(contents).hexdigest()[:16]
    missing = [name for name in ("node", "npm") if not shutil.which(name)]
    if missing:
        return f"there is no {' and no '.join(missing)} on PATH"
    try:
        if not folder.is_dir():
            _install(folder)
    except _AbsentError as error:
        return f"the official Node package could not be installed: {error}"
    return folder


def _install(folder: Path) -> None:
    """Install beside the folder and rename: half an installation is none, and two at once do no harm."""
    made = folder.with_name(f"{folder.name}.{os.getpid()}")
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", "--loglevel=error"]
    try:
        made.mkdir(parents=True)
        for name in FILES:
            shutil.copy(HERE / name, made)
        subprocess.run(command, cwd=made, capture_output=True, check=True, timeout=INSTALLING)
        made.rename(folder)
    except subprocess.CalledProcessError as error:
        raise _AbsentError(error.stderr.decode(errors="replace").splitlines()[:1]) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        if not folder.is_dir():
            raise _AbsentError(error) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
