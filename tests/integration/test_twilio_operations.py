"""Operations: what Twilio has accepted is waited for, by a clock of the test's own."""

from collections.abc import Iterator
from typing import Any

import pytest

from service.twilio.api import ConfigurationsApi
from service.twilio.api.access import http_client
from service.twilio.api.caller import Caller
from service.twilio.api.operations import Operations
from service.twilio.errors import (
    MissingError,
    OperationFailedError,
    OperationPendingError,
    RejectedError,
    UnauthorizedError,
)
from service.twilio.resources.operation import Operation
from tests.scripted_twilio import Reply, ScriptedTwilio
from tests.twilio_access import settings_for

OPERATION = "/v2/ControlPlane/Operations/op_1"


class Hours:
    """A clock that goes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def hours() -> Hours:
    """A clock of the test's own."""
    return Hours()


@pytest.fixture
def api(scripted: ScriptedTwilio, hours: Hours) -> Iterator[ConfigurationsApi]:
    """The client, waiting by that clock."""
    with http_client(settings_for(scripted)) as http:
        yield ConfigurationsApi(http, operations=Operations(Caller(http), lambda: hours.now, hours.sleep))


def accepted(scripted: ScriptedTwilio, **body: Any) -> Reply:  # noqa: ANN401 - any JSON
    """Return the 202 with all that Twilio's description has in it."""
    url = f"{scripted.url}{OPERATION}"
    headers = {"Operation-Id": "op_1", "Location": url, "Retry-After": "5"}
    return Reply(202, {"statusUrl": url, **body}, headers)


def state(status: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return an operation."""
    return {"operationId": "op_1", "status": status, **more}


@pytest.mark.parametrize("in_202", [{"related": {"configurationId": "conf_1"}}, {}, {"related": None}])
def test_a_configuration_is_there_when_its_operation_is_done(
    scripted: ScriptedTwilio, api: ConfigurationsApi, hours: Hours, in_202: dict[str, Any]
) -> None:
    """Its id may come with the 202 or only at the end; Twilio says when to look."""
    done = Reply(body=state("COMPLETED", related={"configurationId": "conf_1"}))
    scripted.says(accepted(scripted, **in_202), Reply(body=state("PENDING"), headers={"Retry-After": "2"}), done)
    operation = api.create({"displayName": "Care"})

    assert "conf_1" == api.wait(operation).resource_id
    assert [("GET", OPERATION)] * 2 == scripted.calls[1:]
    assert [5.0, 2.0] == hours.slept


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "QUEUED", "running", "", None, 5])
def test_every_status_that_is_not_an_end_still_runs(
    scripted: ScriptedTwilio, api: ConfigurationsApi, status: object
) -> None:
    """Descriptions know three or five of them; a new one must not be taken for success."""
    scripted.says(accepted(scripted)).answers({"status": status}, state("COMPLETED"))

    assert "completed" == api.wait(api.create({})).state
    assert 3 == len(scripted.asked)


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_what_comes_to_nothing_says_why(scripted: ScriptedTwilio, api: ConfigurationsApi, status: str) -> None:
    """The error inside an operation is problem details."""
    error = {"type": "about:blank", "title": "Conflict", "status": 409, "detail": "The name +12025550123 is taken"}
    scripted.says(accepted(scripted)).answers(state(status, error=error))
    with pytest.raises(OperationFailedError) as caught:
        api.wait(api.create({}))

    assert (409, "The name … is taken") == (caught.value.status, caught.value.message)


@pytest.mark.parametrize("error", [{}, {"error": None}, {"error": "no"}])
def test_a_failure_without_a_reason_is_a_failure(
    scripted: ScriptedTwilio, api: ConfigurationsApi, error: dict[str, Any]
) -> None:
    """The status is all there is to say."""
    scripted.says(accepted(scripted)).answers(state("FAILED", **error))

    with pytest.raises(OperationFailedError, match="the operation is FAILED"):
        api.wait(api.create({}))


def test_an_operation_that_does_not_end_is_given_up(
    scripted: ScriptedTwilio, api: ConfigurationsApi, hours: Hours
) -> None:
    """At the deadline, whatever Twilio asks us to wait."""
    scripted.says(accepted(scripted), *[Reply(body=state("RUNNING"), headers={"Retry-After": "3600"})] * 20)
    with pytest.raises(OperationPendingError, match="op_1"):
        api.wait(api.create({}), deadline=40)

    assert [5.0, 10.0, 10.0, 10.0] == hours.slept


@pytest.mark.parametrize(
    "hiccup",
    [Reply(429, headers={"Retry-After": "3"}), Reply(500), Reply(503), Reply(silent=True), Reply(raw=b"<html>")],
)
def test_an_operation_runs_on_while_nothing_is_heard_of_it(
    scripted: ScriptedTwilio, api: ConfigurationsApi, hiccup: Reply
) -> None:
    """A look that fails for the moment is not the operation's failure."""
    scripted.says(accepted(scripted), hiccup, *[hiccup] * hiccup.silent, Reply(body=state("COMPLETED")))

    assert "completed" == api.wait(api.create({})).state


@pytest.mark.parametrize(("status", "kind"), [(401, UnauthorizedError), (404, MissingError), (400, RejectedError)])
def test_a_refused_look_ends_the_waiting(
    scripted: ScriptedTwilio, api: ConfigurationsApi, status: int, kind: type[Exception]
) -> None:
    """Looking again cannot help."""
    scripted.says(accepted(scripted), Reply(status))

    with pytest.raises(kind):
        api.wait(api.create({}))


@pytest.mark.parametrize(
    ("given", "headers"),
    [
        ({"statusUrl": "https://other.example/v2/ControlPlane/Operations/op_1"}, {}),
        ({"statusUrl": "//other.example/v2/ControlPlane/Operations/op_1"}, {}),
        ({"statusUrl": "http://[broken"}, {"Operation-Id": "op_1"}),
        ({"statusUrl": OPERATION}, {}),
        ({}, {"Location": OPERATION}),
        ({}, {"Operation-Id": "op_1"}),
        ({"operationId": "op_1"}, {}),
    ],
)
def test_operations_are_asked_for_on_our_own_host_only(
    scripted: ScriptedTwilio, api: ConfigurationsApi, given: dict[str, Any], headers: dict[str, str]
) -> None:
    """Wherever Twilio sends us, our credentials do not go along; the operation's id is enough."""
    scripted.says(Reply(202, given, headers), Reply(body=state("COMPLETED")))
    api.wait(api.create({}))

    assert [("GET", OPERATION)] == scripted.calls[1:]


@pytest.mark.parametrize("reply", [Reply(202), Reply(202, {})])
def test_an_operation_without_a_name_cannot_be_waited_for(
    scripted: ScriptedTwilio, api: ConfigurationsApi, reply: Reply
) -> None:
    """It was accepted; more nobody knows."""
    scripted.says(reply)

    with pytest.raises(OperationPendingError, match="without id"):
        api.wait(api.create({}))


def test_an_operation_is_fetched_by_its_id(scripted: ScriptedTwilio, api: ConfigurationsApi) -> None:
    """For whoever kept only that."""
    scripted.answers(state("COMPLETED"))

    assert "completed" == api.wait(Operation("op_1", "")).state
    assert [("GET", OPERATION)] == scripted.calls
