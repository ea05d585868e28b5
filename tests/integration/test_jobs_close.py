"""The close job against a small real Twilio and a real Redis: what is asked, what is done, what is recorded."""

import pytest

from tests.fake_twilio import FakeTwilio
from tests.job_steps import AFTER, BEFORE, CONVERSATION, Work
from workers.jobs.executor import execute


def test_a_quiet_conversation_is_closed_once(work: Work, twilio: FakeTwilio) -> None:
    """Look, look at its traffic, close, confirm: and the ledger says done."""
    job = work.begin()

    assert execute(work.context, job.id, 1).startswith("done: closed within ")
    assert ["GET", "GET", "PATCH", "GET"] == [method for _, method, _ in twilio.requests]
    assert 1 == twilio.closings[CONVERSATION]
    assert "done" == work.job(job.id).state


def test_what_is_closed_already_is_left_alone(work: Work, twilio: FakeTwilio) -> None:
    """One look suffices."""
    twilio.converse(CONVERSATION, "CLOSED")
    job = work.begin()

    assert "done: already closed" == execute(work.context, job.id, 1)
    assert 0 == twilio.patches[CONVERSATION]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (409, {"code": 20409, "message": "Conversation is already closed", "status": 409}),
        (400, {"code": 20400, "httpStatusCode": 400, "message": "cannot update a closed conversation"}),
        (422, {"type": "about:blank", "title": "closed", "status": 422}),
        (200, {}),
        (204, {}),
    ],
)
def test_already_closed_in_any_form_is_success(
    work: Work, twilio: FakeTwilio, status: int, body: dict[str, object]
) -> None:
    """Somebody else closed it between our look and our PATCH."""
    twilio.fail("PATCH", status=status, body=body, after_effect=True)
    job = work.begin()

    assert execute(work.context, job.id, 1).startswith("done: closed")
    assert 1 == twilio.patches[CONVERSATION]


def test_a_newer_communication_cancels_and_does_not_stand_in_the_way(work: Work, twilio: FakeTwilio) -> None:
    """The customer came back; when the conversation falls quiet again it is closed."""
    twilio.say(CONVERSATION, AFTER)
    job = work.begin()

    assert execute(work.context, job.id, 1).startswith("cancelled: communication conv_communication_")
    assert 0 == twilio.patches[CONVERSATION]
    later = work.begin("evt_2", "2026-11-20T15:00:00.000000Z")
    assert execute(work.context, later.id, 1).startswith("done: closed")


@pytest.mark.parametrize(("at", "state"), [(BEFORE, "done"), (AFTER, "cancelled")])
def test_all_pages_are_looked_at(work: Work, twilio: FakeTwilio, at: str, state: str) -> None:
    """The list has no order that could be relied on, so the last item counts as much as the first."""
    for _ in range(250):
        twilio.say(CONVERSATION, BEFORE)
    twilio.say(CONVERSATION, at)
    job = work.begin()

    execute(work.context, job.id, 1)
    assert state == work.job(job.id).state
    assert 3 == sum(path.endswith("/Communications") for _, _, path in twilio.requests)


@pytest.mark.parametrize("name", ["createdAt", "dateCreated"])
@pytest.mark.parametrize(("at", "state"), [(BEFORE, "done"), (AFTER, "cancelled")])
def test_a_partial_item_is_fetched_by_itself(work: Work, twilio: FakeTwilio, name: str, at: str, state: str) -> None:
    """Where the list leaves out the time, the communication itself says it, under either name."""
    twilio.list_fields = {"id"}
    twilio.communications[CONVERSATION] = [{"id": "conv_communication_1", name: at}]
    job = work.begin()

    execute(work.context, job.id, 1)
    assert state == work.job(job.id).state
    assert any(path.endswith("/Communications/conv_communication_1") for _, _, path in twilio.requests)
