"""What the tests that kill processes share."""

import pytest

from tests.telling import Say, teller


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Say:
    """Return what shows a test's measurements, whether it passes or not."""
    return teller(capsys, request.node.name)
