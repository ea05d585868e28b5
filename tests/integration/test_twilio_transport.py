"""What Twilio's API, or something on the way to it, may answer besides JSON; and what is repeated."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from service.settings import load
from service.twilio.api import ConversationsApi, http_client
from service.twilio.api import caller as calling
from service.twilio.errors import (
    ConflictError,
    MissingError,
    RejectedError,
    ThrottledError,
    TwilioError,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
)
from tests.scripted_twilio import Reply, ScriptedTwilio

OPEN = {"id": "conv_1", "status": "ACTIVE"}


class Told:
    """A pace that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[float | str | None] = []

    def wait(self) -> None:
        """Note that a request is about to go."""
        self.told.append("wait")

    def slow_down(self, seconds: float | None) -> None:
        """Note the hint."""
        self.told.append(seconds)


@pytest.fixture
def pace() -> Told:
    """A pace that holds nothing back."""
    return Told()


@pytest.fixture
def api(scripted: ScriptedTwilio, pace: Told) -> Iterator[ConversationsApi]:
    """The client as the program makes it."""
    with http_client(load(twilio_conversations_url=f"{scripted.url}/v2")) as http:
        yield ConversationsApi(http, pace)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RejectedError), (401, UnauthorizedError), (403, UnauthorizedError), (404, MissingError),
        (405, RejectedError), (409, ConflictError), (412, RejectedError), (415, RejectedError), (422, RejectedError),
        (429, ThrottledError), (500, UnavailableError), (502, UnavailableError), (503, UnavailableError),
        (504, UnavailableError),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"code": 20500, "message": "No, +1 202 555 0123", "more_info": "x", "status": 0}, 20500),
        ({"code": 20500, "httpStatusCode": 0, "message": "No, +12025550123", "userError": True, "params": {}}, 20500),
        ({"type": "about:blank", "title": "Refused", "status": 0, "detail": "No, +12025550123"}, None),
        ("<html>No</html>", None),
        (None, None),
    ],
)
def test_each_status_with_each_body_is_one_error(
    scripted: ScriptedTwilio,
    api: ConversationsApi,
    status: int,
    kind: type[TwilioError],
    body: object,
    code: int | None,
) -> None:
    """The status says whose fault it is; the body, in whatever shape, only why."""
    raw = body.encode() if isinstance(body, str) else None
    headers = {"Twilio-Request-Id": "RQ1", "X-Conflicting-Resource-Id": "conv_2"}
    scripted.says(Reply(status, None if raw else body, headers, raw))
    with pytest.raises(kind) as caught:
        api.create("conf_1")

    error = caught.value
    assert (kind, status, code, "RQ1", True) == (type(error), error.status, error.code, error.request_id, error.sent)
    assert not isinstance(body, dict) or error.message.startswith("No, …")
    assert not isinstance(error, ConflictError) or error.resource_id == "conv_2"
    assert 1 == len(scripted.asked)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(raw=b'{"id": "conv_1", "status": "ACT'),
        Reply(raw=b'{"id": "conv_1", "status": "\xff\xfe"}'),
        Reply(raw=b"[" * 100_000),
        Reply(raw=b'["conv_1"]'),
        Reply(raw=b"null"),
        Reply(raw=b""),
        Reply(204),
        Reply(raw=b"<html><body>Please log in</body></html>", headers={"content-type": "text/html"}),
        Reply(raw=b"not gzip", headers={"content-encoding": "gzip"}),
        Reply(body=OPEN, cut=3),
        Reply(silent=True),
    ],
)
def test_what_cannot_be_read_leaves_the_outcome_unclear(
    scripted: ScriptedTwilio, api: ConversationsApi, reply: Reply
) -> None:
    """A change is made once, and whoever asked for it knows that it may have happened."""
    scripted.says(reply)
    with pytest.raises(UnreachableError) as caught:
        api.close("conv_1")

    assert (True, 1) == (caught.value.sent, len(scripted.asked))


@pytest.mark.parametrize("media_type", ["text/plain", "application/problem+json", ""])
def test_json_is_read_whatever_it_is_called(scripted: ScriptedTwilio, api: ConversationsApi, media_type: str) -> None:
    """The body counts, not its label."""
    scripted.says(Reply(body=OPEN, headers={"content-type": media_type}))

    assert "ACTIVE" == api.fetch("conv_1").status


def test_a_compressed_answer_is_read(scripted: ScriptedTwilio, api: ConversationsApi) -> None:
    """We say that we can, so Twilio may."""
    scripted.says(Reply(raw=gzip.compress(json.dumps(OPEN).encode()), headers={"content-encoding": "gzip"}))

    assert "ACTIVE" == api.fetch("conv_1").status


def test_an_endless_answer_is_given_up(
    scripted: ScriptedTwilio, api: ConversationsApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that is small only until it is unpacked."""
    monkeypatch.setattr(calling, "LARGEST_ANSWER", 100_000)
    scripted.says(Reply(raw=gzip.compress(b" " * 1_000_000), headers={"content-encoding": "gzip"}))

    with pytest.raises(UnreachableError, match="larger than 100000 bytes"):
        api.fetch("conv_1")


@pytest.mark.parametrize("drip", [Reply(body=OPEN, drip=0.02), Reply(body=OPEN, headers={"x": "y" * 500}, drip=0.02)])
def test_an_answer_that_drips_is_given_up(
    scripted: ScriptedTwilio, api: ConversationsApi, monkeypatch: pytest.MonkeyPatch, drip: Reply
) -> None:
    """Each byte comes in good time, the whole does not; nor does a second try get its chance."""
    monkeypatch.setattr(calling, "WHOLE_ANSWER", 0.3)
    scripted.says(drip)
    began = time.monotonic()
    with pytest.raises(UnreachableError, match="ReadTimeout"):
        api.fetch("conv_1")

    assert [True, 1] == [time.monotonic() - began < 2, len(scripted.asked)]


def test_a_look_is_repeated_on_a_connection_that_turned_out_closed(
    scripted: ScriptedTwilio, api: ConversationsApi, pace: Told
) -> None:
    """Once: whatever keeps hanging up is not our connection's fault."""
    scripted.says(Reply(silent=True), Reply(body=OPEN), Reply(silent=True), Reply(silent=True))

    assert "ACTIVE" == api.fetch("conv_1").status
    with pytest.raises(UnreachableError):
        api.fetch("conv_1")
    assert [4, ["wait"] * 4] == [len(scripted.asked), pace.told]


@pytest.mark.parametrize("change", ["close", "create"])
def test_a_change_is_never_repeated(scripted: ScriptedTwilio, api: ConversationsApi, change: str) -> None:
    """Not even on a connection that was hung up in between."""
    scripted.says(Reply(silent=True))
    with pytest.raises(UnreachableError) as caught:
        getattr(api, change)("conv_1")

    assert (True, 1) == (caught.value.sent, len(scripted.asked))


def test_a_kept_connection_that_was_hung_up_costs_no_change(scripted: ScriptedTwilio, api: ConversationsApi) -> None:
    """A closed connection is seen before anything is sent on it."""
    scripted.says(Reply(body=OPEN, then_hang_up=True), Reply(body=OPEN))
    api.fetch("conv_1")
    scripted.wait_for_hang_ups(1)
    api.close("conv_1")

    assert [2, 2] == [len(scripted.asked), scripted.connections]


def test_a_refused_connection_has_sent_nothing() -> None:
    """So the caller may repeat whatever it was."""
    url = "http://127.0.0.1:1/v2"
    with http_client(load(twilio_conversations_url=url)) as http, pytest.raises(UnreachableError) as caught:
        ConversationsApi(http).create("conf_1")

    assert caught.value.sent is False


def test_a_certificate_that_does_not_hold_has_got_nothing() -> None:
    """TLS that fails is a connection that fails: neither credentials nor body have left us."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_answer_in_plain_text, args=(listener,), daemon=True).start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/v2"
        with http_client(load(twilio_conversations_url=url)) as http, pytest.raises(UnreachableError) as caught:
            ConversationsApi(http).create("conf_1")

    assert caught.value.sent is False


def _answer_in_plain_text(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (429, {"Retry-After": "7"}, [7.0]), (429, {}, [None]), (503, {"Retry-After": "3"}, [3.0]), (503, {}, []),
        (400, {}, []), (200, {"Retry-After": "3"}, []),
    ],
)  # fmt: skip
def test_the_pace_hears_what_wants_us_slower(
    scripted: ScriptedTwilio, api: ConversationsApi, pace: Told, status: int, headers: dict[str, str], told: list[float]
) -> None:
    """Every 429, and every error that says when to come back; not what an answer that is no error says."""
    scripted.says(Reply(status, OPEN, headers))
    with suppress(TwilioError):
        api.fetch("conv_1")

    assert ["wait", *told] == pace.told


def test_a_redirect_is_not_followed(scripted: ScriptedTwilio, api: ConversationsApi) -> None:
    """Our credentials would go along."""
    scripted.says(Reply(308, headers={"location": f"{scripted.url}/elsewhere"}))
    with pytest.raises(RejectedError, match="308"):
        api.fetch("conv_1")

    assert 1 == len(scripted.asked)
