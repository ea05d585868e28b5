"""Answers to calls, on a real Redis and with a Twilio over a real socket: what is created, and what goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from xml.etree import ElementTree as ET

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from service.rules.voice_answer import fingerprint
from service.rules.voice_check import Place, VoiceCheck
from service.settings import Settings
from service.store import voice_check
from service.store.client import connect
from service.store.correlation import known_by
from service.store.keys import Keys
from service.twilio.inbound.parameters import Parameters
from service.web.calls import Calls
from service.web.creation import PATIENCE
from tests.hermetic_settings import hermetic_settings
from tests.scripted_twilio import Reply, ScriptedTwilio
from tests.twilio_callbacks import ACCOUNT, OTHER_ACCOUNT
from tests.voice_tables import AGENT, CALLER, CONFIGURATION, CONVERSATION, OURS, relay, table, voices

SID = "CA9372d890a94d24dd5fe377375660f82d"
CALL = {
    "CallSid": SID, "AccountSid": ACCOUNT, "CallStatus": "ringing", "Direction": "inbound", "From": CALLER, "To": OURS,
}  # fmt: skip
VOICE, FALLBACK, ACTION = "/twilio/voice", "/twilio/voice-fallback", "/twilio/relay-action"
CREATE = relay("create = true")
PLACE = Place(1, CONFIGURATION, 1)


class House:
    """The parts of a receiver that answer calls."""

    def __init__(self, settings: Settings, redis: Redis, text: str, patience: float = PATIENCE) -> None:
        self.calls = Calls(settings, redis, Keys(), voices(text), patience)

    async def ask(self, route: str = VOICE, **changes: str) -> ET.Element:
        """Return the root of the answer to a request; raises where that is no TwiML with status 200."""
        answer = await self.calls.replies[route](Parameters(list({**CALL, **changes}.items())))
        assert (200, (b"content-type", b"text/xml")) == (answer.status, answer.headers[0])
        return ET.fromstring(answer.body)  # noqa: S314 - we wrote it

    async def relay(self, route: str = VOICE, **changes: str) -> dict[str, str]:
        """Return the attributes of the ConversationRelay that answers."""
        found = (await self.ask(route, **changes)).find("Connect/ConversationRelay")
        assert found is not None
        return found.attrib


@pytest.fixture
def settings(redis_url: str, scripted: ScriptedTwilio) -> Settings:
    """Return settings with Twilio's API at the stand-in."""
    return hermetic_settings(redis_url, twilio_conversations_url=f"{scripted.url}/v2")


@pytest.fixture
def house(settings: Settings, redis: Redis) -> Iterator[House]:
    """Return what answers calls by creating a conversation."""
    made = House(settings, redis, CREATE)
    yield made
    made.calls.close()


@pytest.fixture
def hasty(settings: Settings, redis: Redis) -> Iterator[House]:
    """Return the same with little patience for Twilio."""
    made = House(settings, redis, CREATE, patience=0.3)
    yield made
    made.calls.close()


@pytest.fixture
async def absent() -> AsyncIterator[Redis]:
    """Return a client of a Redis that is not there."""
    client = connect("unix:///nowhere/redis.sock")
    yield client
    await client.aclose(close_connection_pool=True)


def captured_by(attributes: dict[str, str]) -> tuple[str | None, str | None]:
    """Return the conversation and the configuration that a noun names."""
    return attributes.get("conversationId"), attributes.get("conversationConfiguration")


@pytest.mark.anyio
async def test_a_conversation_is_created_for_a_call(house: House, scripted: ScriptedTwilio) -> None:
    """With the configuration, and the caller as its customer; the call then belongs to it."""
    scripted.answers({"id": CONVERSATION, "status": "ACTIVE"})

    found = await house.relay()

    (asked,) = scripted.asked
    assert (CONVERSATION, None) == captured_by(found)
    assert ("POST", "/v2/Conversations") == (asked.method, asked.target)
    assert {
        "configurationId": CONFIGURATION,
        "participants": [{"type": "CUSTOMER", "addresses": [{"channel": "VOICE", "address": CALLER}]}],
    } == asked.json


@pytest.mark.anyio
async def test_a_created_conversation_is_known_by_the_call(
    house: House, scripted: ScriptedTwilio, redis: Redis, keys: Keys
) -> None:
    """So the call's later reports find their conversation."""
    scripted.answers({"id": CONVERSATION, "status": "ACTIVE"})

    await house.relay()

    assert CONVERSATION == await known_by(redis, keys, SID)


@pytest.mark.anyio
@pytest.mark.parametrize("again", [VOICE, FALLBACK])
async def test_a_repeated_request_creates_no_second_conversation(
    house: House, scripted: ScriptedTwilio, settings: Settings, redis: Redis, again: str
) -> None:
    """Neither Twilio's retry nor the fallback URL, also at another receiver."""
    scripted.answers({"id": CONVERSATION, "status": "ACTIVE"}, {"id": "conv_conversation_second"})
    other = House(settings, redis, CREATE)

    found = [await house.relay(), await other.relay(again)]
    other.calls.close()

    assert ([CONVERSATION] * 2, 1) == ([each["conversationId"] for each in found], len(scripted.asked))


@pytest.mark.anyio
async def test_requests_of_one_call_at_the_same_time_share_a_conversation(
    house: House, scripted: ScriptedTwilio
) -> None:
    """The second waits for what the first is creating."""
    scripted.says(Reply(body={"id": CONVERSATION}, drip=0.002))

    found = await asyncio.gather(*(house.relay() for _ in range(5)))

    assert ([CONVERSATION] * 5, 1) == ([each["conversationId"] for each in found], len(scripted.asked))


@pytest.mark.anyio
async def test_a_conversation_that_there_is_already_is_used(house: House, scripted: ScriptedTwilio) -> None:
    """409 names the active conversation of the same people."""
    scripted.says(Reply(409, {"code": 20409}, {"X-Conflicting-Resource-Id": CONVERSATION}))

    assert (CONVERSATION, None) == captured_by(await house.relay())


@pytest.mark.anyio
async def test_a_caller_without_a_number_is_no_participant(house: House, scripted: ScriptedTwilio) -> None:
    """Two who hide their numbers are not the same customer."""
    scripted.answers({"id": CONVERSATION})

    await house.relay(From="anonymous")

    assert [{"configurationId": CONFIGURATION}] == [asked.json for asked in scripted.asked]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, {"message": "sorry"}), Reply(401, {"code": 20003}), Reply(429), Reply(409, {"code": 20409}),
        Reply(silent=True), Reply(201, {}), Reply(201, raw=b"<html>"),
    ],
)  # fmt: skip
async def test_where_nothing_is_created_twilio_makes_the_conversation(
    house: House, scripted: ScriptedTwilio, reply: Reply
) -> None:
    """The answer names the configuration, and the log says loudly why."""
    scripted.says(reply)

    with capture_logs() as logs:
        found = await house.relay()

    loud = [(line["log_level"], line["call_sid"]) for line in logs if line["event"] == "voice.not_created"]
    assert ((None, CONFIGURATION), [("error", SID)]) == (captured_by(found), loud)


@pytest.mark.anyio
@pytest.mark.parametrize(("reply", "requests"), [(Reply(429), 2), (Reply(403), 2), (Reply(500), 1)])
async def test_only_what_surely_created_nothing_is_tried_again(
    hasty: House, scripted: ScriptedTwilio, reply: Reply, requests: int
) -> None:
    """After an unclear outcome a second conversation is worse than none of ours."""
    scripted.says(reply).answers({"id": CONVERSATION})

    await hasty.relay()
    await hasty.relay()

    assert requests == len(scripted.asked)


@pytest.mark.anyio
async def test_a_caller_does_not_wait_for_twilio(hasty: House, scripted: ScriptedTwilio) -> None:
    """An answer that drips in for longer than our patience is not waited for."""
    scripted.says(Reply(body={"id": CONVERSATION}, drip=0.02))

    with capture_logs() as logs:
        found = await hasty.relay()

    assert ((None, CONFIGURATION), ["not within 0.3 s"]) == (
        captured_by(found),
        [line["why"] for line in logs if line["event"] == "voice.not_created"],
    )


@pytest.mark.anyio
async def test_nothing_is_created_for_a_call_of_another_account(house: House, scripted: ScriptedTwilio) -> None:
    """The API's credentials are for one account, and a subaccount's conversation would be in the wrong one."""
    found = await house.relay(AccountSid=OTHER_ACCOUNT)

    assert ((None, CONFIGURATION), []) == (captured_by(found), scripted.asked)


@pytest.mark.anyio
async def test_calls_are_answered_without_redis(settings: Settings, absent: Redis, scripted: ScriptedTwilio) -> None:
    """Nothing is created then, since nobody could tell a repeated request."""
    house = House(settings, absent, CREATE)

    found = await house.relay()
    house.calls.close()

    assert ((None, CONFIGURATION), []) == (captured_by(found), scripted.asked)


@pytest.mark.anyio
async def test_a_ringing_call_that_nobody_answers_is_busy(settings: Settings, redis: Redis) -> None:
    """A busy tone costs nobody anything, and the caller can try again; the log tells what is missing, and no number."""
    house = House(settings, redis, table("forward", f'dial = "{AGENT}"'))

    with capture_logs() as logs:
        found = await house.ask(To="+12025550999")

    (line,) = logs
    assert [("Reject", {"reason": "busy"})] == [(verb.tag, verb.attrib) for verb in found]
    assert ("voice.unanswered", "error", False) == (line["event"], line["log_level"], "+1202" in str(line))


@pytest.mark.anyio
async def test_what_is_not_proven_gets_an_empty_response(settings: Settings, redis: Redis) -> None:
    """Nothing that would tell who answers here."""
    told = House(settings, redis, CREATE).calls.replies[VOICE].func.__self__  # type: ignore[attr-defined]

    found = [await told.answer(None, fallback=fallback) for fallback in (False, True)]
    found.append(await told.after_relay(None))

    assert [b'<?xml version="1.0" encoding="UTF-8"?><Response/>'] * 3 == [answer.body for answer in found]


@pytest.mark.anyio
async def test_a_call_is_handed_over_after_its_session(settings: Settings, redis: Redis) -> None:
    """The relay-action route dials whom the table names."""
    house = House(settings, redis, relay(f'dial = "{AGENT}"'))

    found = await house.ask(ACTION, CallStatus="in-progress", SessionStatus="ended", HandoffData="{}")

    assert [("Dial", AGENT)] == [(verb.tag, "".join(verb.itertext())) for verb in found]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (None, ["voice.unchecked"]),
        (VoiceCheck(0, "another"), ["voice.unchecked"]),
        (VoiceCheck(0, fingerprint(voices(CREATE)), (PLACE, PLACE)), ["voice.billed_twice"] * 2 + ["voice.unchecked"]),
    ],
)
async def test_a_receiver_warns_of_the_last_known_result(
    settings: Settings,
    redis: Redis,
    keys: Keys,
    scripted: ScriptedTwilio,
    check: VoiceCheck | None,
    expected: list[str],
) -> None:
    """From Redis alone: Twilio is not asked."""
    if check is not None:
        await voice_check.keep(redis, keys, check)

    with capture_logs() as logs:
        await House(settings, redis, CREATE).calls.warnings.warn()

    assert (expected, []) == ([line["event"] for line in logs], scripted.asked)


@pytest.mark.anyio
async def test_a_result_of_another_version_counts_as_none(redis: Redis, keys: Keys) -> None:
    """What cannot be read is as good as never checked."""
    await redis.set(keys.voice_check, b'{"at": 1}')

    assert None is await voice_check.last(redis, keys)
