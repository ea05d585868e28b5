"""Storing a request that carries several events: each by itself, so that a bad one does not lose the others."""

import asyncio

import structlog

from service.events.event import Event
from service.store.event_log import Appended, StorageUnavailableError
from service.twilio.inbound.batch import Batch, Unreadable
from service.twilio.signature import Proven
from service.web.intake import Intake, Refusal

log = structlog.get_logger()

MOST_KEPT = 100
"""Unreadable entries of one request that are kept; a stream of 1,000 is not one sender's."""


class Batches:
    """Stores the batches of one route."""

    def __init__(self, intake: Intake, route: str) -> None:
        """`route` is its path."""
        self._intake, self._route = intake, route

    async def store(self, batch: Batch, proven: Proven | None) -> None:
        """Store what can be read, in its order, and keep the rest for people to look at.

        Raises Refusal: 503 where Redis did not take all of it (what it took will be recognised), 403 where every event
        is another account's, or older than the log.
        """
        own = [event for event in batch.events if not _foreign(event, proven)]
        foreign = [event for event in batch.events if _foreign(event, proven)]
        bad = (*batch.unreadable, *(Unreadable(event.data, "of another account") for event in foreign))
        self._refuse_all(batch.events, foreign, "other_account")
        appended = await self._append(own)
        await self._keep(bad)
        stale = [event for event, one in zip(own, appended, strict=True) if one.outcome == "stale"]
        self._tell(own, appended, bad, proven)
        self._refuse_all(batch.events, stale, "stale")

    def _refuse_all(self, events: tuple[Event, ...], refused: list[Event], reason: str) -> None:
        if not refused:
            return
        if len(refused) == len(events):
            raise Refusal(403, reason, events=len(refused))
        self._intake.counters.add(f"refused:{reason}", len(refused))

    async def _append(self, events: list[Event]) -> list[Appended]:
        # One after the other into the same write: the log keeps the order of the calls.
        waiting = (self._intake.events.append(event) for event in events)
        done = await asyncio.gather(*waiting, return_exceptions=True)
        failed = [error for error in done if isinstance(error, BaseException)]
        if failed and isinstance(failed[0], StorageUnavailableError):
            raise Refusal(503, "storage", why=str(failed[0]), failed=len(failed), events=len(events))
        if failed:
            raise failed[0]
        return [one for one in done if isinstance(one, Appended)]

    async def _keep(self, bad: tuple[Unreadable, ...]) -> None:
        if not bad:
            return
        self._intake.counters.add("refused:malformed", len(bad))
        try:
            await self._intake.malformed.keep_all(self._route, [(each.entry, each.why) for each in bad[:MOST_KEPT]])
        except StorageUnavailableError as error:
            raise Refusal(503, "storage", why=str(error)) from None

    def _tell(
        self, events: list[Event], appended: list[Appended], bad: tuple[Unreadable, ...], proven: Proven | None
    ) -> None:
        for event, one in zip(events, appended, strict=True):
            log.info(
                "event.received",
                event_id=event.id,
                kind=event.kind,
                conversation_id=one.conversation_id,
                outcome=one.outcome,
                sequence=one.sequence,
                key=proven.key_index if proven else None,
                bytes=len(event.data),
            )
        if bad:
            log.warning("entries.unreadable", route=self._route, entries=len(bad), kept=min(len(bad), MOST_KEPT))


def _foreign(event: Event, proven: Proven | None) -> bool:
    return bool(proven and proven.account and event.account_id and event.account_id != proven.account)
