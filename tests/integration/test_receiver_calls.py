"""Calls at a running receiver: signed requests over a socket, and TwiML back, whatever is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree import ElementTree as ET

import pytest
from structlog.testing import capture_logs

from service.settings import Settings
from service.store.client import connect
from service.web.receiver import Receiver
from tests.eventually import eventually
from tests.hermetic_settings import hermetic_settings
from tests.inbound_requests import pairs_of, recorded, signed_pairs
from tests.real_receiver import RealReceiver
from tests.served import served
from tests.twilio_callbacks import Signed
from tests.voice_tables import AGENT, CONFIGURATION, relay, voices

TABLE = relay(f'dial = "{AGENT}"')


@contextmanager
def receiving(settings: Settings) -> Iterator[RealReceiver]:
    """Run a receiver that answers calls with ConversationRelay until the block ends."""
    receiver = Receiver(settings, connect(settings.redis_address()), voices(TABLE))
    with served(receiver) as url:
        running = RealReceiver(url)
        with running.client:
            yield running


@pytest.fixture
def calls(redis_url: str) -> Iterator[RealReceiver]:
    """Return a receiver with its Redis."""
    with receiving(hermetic_settings(redis_url)) as running:
        yield running


def answered(receiver: RealReceiver, request: Signed) -> tuple[int, str, list[str]]:
    """Return status, content type and the verbs of the answer."""
    answer = receiver.send(request)
    root = ET.fromstring(answer.content)  # noqa: S314 - our own words
    return answer.status_code, answer.headers["content-type"], [verb.tag for verb in root]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (recorded("in-voice"), ["Connect"]),
        (recorded("in-voice", "GET"), ["Connect"]),
        (recorded("in-voice-get"), ["Connect"]),
        (recorded("in-voice-fallback"), ["Connect"]),
        (recorded("cr-action-ended-handoff"), ["Dial"]),
        (recorded("cr-action-completed"), []),
    ],
)
def test_a_call_is_answered_as_its_number_says(calls: RealReceiver, request_: Signed, expected: list[str]) -> None:
    """The recorded requests, in both methods."""
    assert (200, "text/xml", expected) == answered(calls, request_)


def test_the_noun_names_the_configuration_and_the_way_back(calls: RealReceiver) -> None:
    """Exactly as Twilio spells them, with our first public URL."""
    root = ET.fromstring(calls.send(recorded("in-voice")).content)  # noqa: S314 - our own words
    connect_, noun = root[0], root[0][0]

    assert "https://hooks.example.com/twilio/relay-action" == connect_.attrib["action"]
    assert CONFIGURATION == noun.attrib["conversationConfiguration"]


def test_a_call_for_nobody_is_busy(calls: RealReceiver) -> None:
    """A number that no table is for."""
    other = {**dict(pairs_of("in-voice")), "To": "+12025550999", "Called": "+12025550999"}

    assert (200, "text/xml", ["Reject"]) == answered(calls, signed_pairs("/twilio/voice", other.items()))


def test_an_unproven_call_learns_nothing(calls: RealReceiver) -> None:
    """TwiML that does nothing, and nothing of the table."""
    request = recorded("in-voice")
    forged = Signed(request.target, request.body, {**request.headers, "x-twilio-signature": "wrong"}, request.method)

    assert [] == answered(calls, forged)[2]


def test_calls_are_answered_without_redis() -> None:
    """A person waits at the other end."""
    with receiving(hermetic_settings("unix:///nowhere/redis.sock")) as running:
        assert (200, "text/xml", ["Connect"]) == answered(running, recorded("in-voice"))


def test_a_receiver_warns_when_it_starts(redis_url: str) -> None:
    """That nobody has checked yet whether its calls are transcribed twice."""
    with capture_logs() as logs, receiving(hermetic_settings(redis_url)):
        found = eventually(lambda: [line for line in logs if line["event"] == "voice.unchecked"])

    assert ["warning"] == [line["log_level"] for line in found]
