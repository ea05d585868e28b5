"""The clients of Twilio's APIs as the program makes them, turned to a stand-in."""

from contextlib import AbstractContextManager

from service.settings import Settings, load
from service.twilio.api import TwilioApis, twilio_apis
from tests.scripted_twilio import ScriptedTwilio

ACCOUNT = "AC53e4e706acb51cfb57177c0f426582ae"


def settings_for(twilio: ScriptedTwilio, **more: str) -> Settings:
    """Return settings with each API at its usual path of the stand-in, and an API key."""
    urls = {"conversations": "v2", "memory": "v1", "intelligence": "v3"}
    given: dict[str, str] = {f"twilio_{name}_url": f"{twilio.url}/{version}" for name, version in urls.items()}
    given |= {"twilio_api_url": f"{twilio.url}/2010-04-01", "twilio_account_sid": ACCOUNT}
    given |= {"twilio_api_key_sid": "SK1", "twilio_api_key_secret": "secret"}
    return load((), **{**given, **more})


def apis_of(twilio: ScriptedTwilio, **more: str) -> AbstractContextManager[TwilioApis]:
    """Return the clients of all APIs."""
    return twilio_apis(settings_for(twilio, **more))
