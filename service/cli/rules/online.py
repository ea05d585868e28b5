"""`rules check --online`: whether calls that `[[voice]]` tables answer are also captured, and so transcribed twice."""

import time
from collections.abc import Sequence
from typing import Any

from redis.exceptions import RedisError

from service.cli.configuration import load_settings
from service.cli.endpoints.access import on_redis
from service.cli.endpoints.printing import fail, say
from service.cli.failures import FAILED
from service.cli.timeline import printable
from service.rules.double_billing import CaptureRule, Conflict, capture_rules, conflicts
from service.rules.voice_answer import Voice
from service.rules.voice_check import result
from service.settings import Settings
from service.store import voice_check
from service.twilio.api import credentials, twilio_apis
from service.twilio.errors import TwilioError

NO_CREDENTIALS = (
    "There are no credentials for Twilio's API; set TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET, "
    "or TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKENS."
)


def compare(voices: Sequence[Voice]) -> tuple[Conflict, ...]:
    """Return the conflicts with the account's configurations, and keep the result for the receivers to warn of.

    Ends the command with status 1 where Twilio cannot be asked.
    """
    settings = load_settings()
    found: tuple[Conflict, ...] = ()
    if any(voice.transcribes for voice in voices):
        found = conflicts(voices, _captured(settings))
    _keep(settings, voices, found)
    return found


def tell(found: Sequence[Conflict]) -> bool:
    """Say which calls are transcribed and billed twice; return whether no table has to accept any more."""
    for each in found:
        accepted = each.voice.accept_double_billing
        places = "".join(sign if sign.isprintable() else "?" for sign in str(each))
        say(f"{'accepted' if accepted else 'transcribed and billed twice'}: {places}")
    open_ones = [each for each in found if not each.voice.accept_double_billing]
    if open_ones:
        say(
            "Remove the capture rule or change the answer, so that a call is transcribed once; "
            "or write accept_double_billing = true into the table."
        )
    elif not found:
        say("No call that is answered here is transcribed twice.")
    return not open_ones


def as_json_objects(found: Sequence[Conflict]) -> list[dict[str, Any]]:
    """Return conflicts with both places."""
    return [
        {
            "line": each.voice.line,
            "number": each.voice.number,
            "answer": each.voice.answer,
            "accepted": each.voice.accept_double_billing,
            "configuration_id": each.rule.configuration_id,
            "display_name": each.rule.display_name,
            "capture_rule": each.rule.number,
            "from": each.rule.caller,
            "to": each.rule.called,
            "call_type": each.rule.kind,
            "calls": each.calls,
        }
        for each in found
    ]


def _captured(settings: Settings) -> tuple[CaptureRule, ...]:
    if credentials(settings) is None:
        fail(FAILED, NO_CREDENTIALS)
    try:
        with twilio_apis(settings) as apis:
            return capture_rules(apis.configurations.list())
    except TwilioError as error:
        fail(FAILED, printable(f"Twilio's configurations cannot be read: {error}"))


def _keep(settings: Settings, voices: Sequence[Voice], found: Sequence[Conflict]) -> None:
    kept = result(voices, found, int(time.time() * 1000))
    try:
        on_redis(settings, lambda redis, keys: voice_check.keep(redis, keys, kept))
    except (RedisError, OSError) as error:
        say(f"The result could not be kept, so receivers will go on warning: Redis, {type(error).__name__}.")
