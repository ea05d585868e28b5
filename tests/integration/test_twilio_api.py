"""The client of Twilio's REST API against a small real Twilio."""

import time
from typing import Any

import httpx
import pytest

from service.settings import load
from service.twilio.api import ConversationsApi, http_client
from service.twilio.errors import UnreachableError
from tests.fake_twilio import FakeTwilio
from tests.job_steps import CONVERSATION

ACCOUNT = "AC53e4e706acb51cfb57177c0f426582ae"


def test_the_api_says_who_we_are(twilio: FakeTwilio) -> None:
    """The API key goes before the account's token, as HTTP Basic."""
    key: dict[str, Any] = {"twilio_api_key_sid": "SK1", "twilio_api_key_secret": "secret"}
    tokens: dict[str, Any] = {
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_tokens": f"{'AC' + '0' * 32}:other,{ACCOUNT}:token",
    }
    expected = [httpx.BasicAuth("SK1", "secret"), httpx.BasicAuth(ACCOUNT, "token")]
    for given, auth in zip(({**tokens, **key}, tokens), expected, strict=True):
        with http_client(load(twilio_conversations_url=twilio.url, **given)) as http:
            twilio.authorization = auth._auth_header  # noqa: SLF001 - the header that httpx would send
            assert "INACTIVE" == ConversationsApi(http).fetch(CONVERSATION).status


def test_pages_that_go_round_in_a_circle_are_no_answer(twilio: FakeTwilio) -> None:
    """A list that never ends is given up."""
    body = {"communications": [], "meta": {"nextToken": "same"}}
    twilio.fail("GET", status=200, body=body, times=9)

    with httpx.Client(base_url=twilio.url) as http, pytest.raises(UnreachableError):
        list(ConversationsApi(http).communications(CONVERSATION))


def test_a_server_that_is_not_there_is_unreachable() -> None:
    """A refused connection is one kind of error, whatever the library calls it."""
    began = time.monotonic()

    with httpx.Client(base_url="http://127.0.0.1:1/v2") as http, pytest.raises(UnreachableError):
        ConversationsApi(http).fetch(CONVERSATION)
    assert 1 > time.monotonic() - began
