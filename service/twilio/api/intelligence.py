"""Conversation Intelligence v3: what operators found, and the one list of conversations with a filter by date."""

from collections.abc import Collection, Iterator
from datetime import datetime

import httpx

from service.twilio.api.caller import PAGE_SIZE, Caller, segment
from service.twilio.api.pace import Pace
from service.twilio.resources.conversation import Conversation, conversation_of
from service.twilio.resources.intelligence import OperatorResult, operator_result_of, windows


class IntelligenceApi:
    """Intelligence; each method raises a TwilioError when it did not get what it asked for."""

    def __init__(self, http: httpx.Client, pace: Pace | None = None) -> None:
        """`http` has the base URL of Intelligence v3 and the credentials."""
        self._caller = Caller(http, pace)

    def operator_results(
        self,
        *,
        conversation_id: str | None = None,
        configuration_id: str | None = None,
        operator_id: str | None = None,
        needed: Collection[str] = ("result",),
    ) -> Iterator[OperatorResult]:
        """Yield what operators found: the counterpart of the rule webhook, to be asked for what it did not bring."""
        given = {
            "conversationId": conversation_id,
            "intelligenceConfigurationId": configuration_id,
            "operatorId": operator_id,
        }
        query: list[tuple[str, str | int]] = [(name, value) for name, value in given.items() if value is not None]
        query += [("pageSize", PAGE_SIZE)]
        yield from map(operator_result_of, self._caller.whole_items("/OperatorResults", "items", needed, query))

    def operator_result(self, result_id: str) -> OperatorResult:
        """Return one result."""
        body = self._caller.call("GET", f"/OperatorResults/{segment(result_id)}").body
        return operator_result_of({"id": result_id, **body})

    def conversations(
        self,
        created_after: datetime,
        created_before: datetime,
        *,
        statuses: Collection[str] = (),
        configuration_id: str | None = None,
    ) -> Iterator[Conversation]:
        """Yield the conversations created in a span of time, which is asked for in windows of at most 31 days.

        `configuration_id` is the Orchestrator's. Only conversations that Intelligence is linked to are known here. The
        datetimes need a time zone.
        """
        filters: list[tuple[str, str | int]] = [*(("status", status) for status in statuses)]
        filters += [("conversationConfigurationId", configuration_id)] if configuration_id else []
        for after, before in windows(created_after, created_before):
            query = [*filters, ("createdAtAfter", after), ("createdAtBefore", before), ("pageSize", PAGE_SIZE)]
            yield from map(conversation_of, self._caller.whole_items("/Conversations", "items", (), query))
