"""Showing a test's measurements, whether it passes or not."""

from collections.abc import Callable

import pytest

Say = Callable[[str], None]


def teller(capsys: pytest.CaptureFixture[str], name: str) -> Say:
    """Return what shows a line of the test `name`."""

    def shown(text: str) -> None:
        with capsys.disabled():
            print(f"\n{name}: {text}")  # noqa: T201 - a measurement

    return shown
