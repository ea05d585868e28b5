"""One pass of reconciliation: the list of open conversations, then looks into those that there is a reason to.

A pass needs no memory of the one before but the looks that are noted: whoever is killed in the middle leaves
conversations without a new look, and the next pass looks at these.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from service.events.reconciled import Pass
from service.events.times import from_milliseconds
from service.events.types import CLOSED
from service.store.reconciliation import DELETED, GONE, Reconciliation
from service.twilio.errors import MissingError, RejectedError, UnavailableError, UnreachableError
from service.twilio.reconstruction import Found
from workers.jobs.reconcile_fetch import Fetcher
from workers.jobs.reconcile_repair import SETTLE, Repairs
from workers.jobs.reconciling import HOUR, SLICE, Chosen, Look, Wanted, chosen, is_history, looked, reason

AT_ONCE = 100
"""Looks whose repairs are appended together."""
MOST_SKIPPED = 10
"""Conversations that Twilio may fail to show before the pass ends; they wait behind the others for the next."""
_SKIPPED = Look(None, -1)

_look = msgspec.json.Decoder(Look).decode


class LostError(Exception):
    """The job is another worker's now."""


class Seen(msgspec.Struct, frozen=True):
    """What a look has shown; without a conversation it is gone. `skipped` where Twilio failed to show it."""

    wanted: Wanted
    conversation: Found | None = None
    inside: Sequence[Found] = ()
    skipped: bool = False


class OnePass:
    """A pass over what Twilio has; `run` it once. `tally` says what it has come to, also after an error."""

    def __init__(
        self,
        store: Reconciliation,
        twilio: Fetcher,
        still_ours: Callable[[int], bool],
        *,
        settle: float = SETTLE,
        dry: bool = False,
    ) -> None:
        """`still_ours(looks)` is asked after each few; a `dry` pass appends and notes nothing."""
        self._store, self._twilio, self._still_ours, self._dry = store, twilio, still_ours, dry
        self._began = time.time()
        self._repairs = Repairs(store, twilio, settle=settle, dry=dry)
        self._open = self._looks = self._left = self._deleted = self._skipped = 0
        self._error: str | None = None

    def run(self) -> None:
        """Do the pass. Raises TwilioError, LostError and redis.exceptions.RedisError."""
        # Before the list is asked for: so what is held and not listed has left it.
        self._store.read_log()
        held = self._store.held()
        hourly = not self._dry and self._store.take_hour(HOUR)
        if hourly:
            self._store.forget_gone(held)
        self._look_at(chosen(self._wanted(held), hourly=hourly))

    def tally(self, error: str | None = None) -> Pass:
        """Return what the pass has come to."""
        return Pass(
            began_at=from_milliseconds(int(self._began * 1000)),
            ended_at=from_milliseconds(int(time.time() * 1000)),
            calls=self._twilio.calls,
            open=self._open,
            looks=self._looks,
            left=self._left,
            deleted=self._deleted,
            repaired=dict(self._repairs.by_type),
            repairs=tuple(self._repairs.named),
            error=error or self._error,
        )

    def _wanted(self, held: Mapping[str, str]) -> Iterator[Wanted]:
        """Yield what to look at: of the list, and of what we hold open and is not in the list."""
        listed: set[str] = set()
        for page in self._twilio.open_ones():
            self._open += len(page)
            listed.update(one.id for one in page)
            yield from self._of_page(page, held)
        for one, text in held.items():
            if one not in listed and text != GONE:
                yield Wanted(one, "changed", None, _before(text))

    def _of_page(self, page: Sequence[Found], held: Mapping[str, str]) -> Iterator[Wanted]:
        """Repair what the list itself shows, and yield what to look at in it."""
        whole = {one.id for one in page if one.created_at and one.updated_at and one.status}
        compared = self._repairs.repair({one.id: [one] if one.id in whole else [] for one in page})
        now, history = int(time.time()), {}
        for one in page:
            before, known = _before(held.get(one.id, "")), compared[one.id].known
            if before is None and is_history(one, known, self._repairs.floor(known)):
                history[one.id] = looked(one, known.sequence, None, now, news=False)
                continue
            sequence = compared[one.id].sequence
            why = reason(one, sequence, before, now)
            if why is not None:
                yield Wanted(one.id, why, one if one.id in whole else None, before)
        self._note(history)

    def _look_at(self, wanted: Chosen) -> None:
        """Look into conversations until the slice is over, and note what was seen."""
        self._left = wanted.left + len(wanted.wanted)
        for begin in range(0, len(wanted.wanted), AT_ONCE):
            part = wanted.wanted[begin : begin + AT_ONCE]
            shown = list(self._shown(part))
            self._settled(shown)
            self._left -= len(shown)
            if not self._still_ours(self._looks):
                raise LostError
            if len(shown) < len(part):
                return

    def _shown(self, part: Iterable[Wanted]) -> Iterator[Seen]:
        for one in part:
            if time.time() - self._began > SLICE:
                return
            self._looks += 1
            yield self._seen(one)

    def _seen(self, one: Wanted) -> Seen:
        try:
            return Seen(one, one.found or self._twilio.conversation(one.id), self._twilio.inside(one.id))
        except MissingError:
            return Seen(one)
        except RejectedError:
            # Twilio will not show this one; the others are none the worse for it.
            return Seen(one, one.found)
        except (UnavailableError, UnreachableError) as error:
            self._skipped += 1
            self._error = f"{self._skipped} conversations were not shown: {error}"
            if self._skipped > MOST_SKIPPED:
                raise
            return Seen(one, skipped=True)

    def _settled(self, shown: Sequence[Seen]) -> None:
        """Repair what looks have shown, and note them."""
        there = [(one, one.conversation) for one in shown if one.conversation is not None]
        compared = self._repairs.repair({one.wanted.id: [itself, *one.inside] for one, itself in there})
        now, ended = int(time.time()), []
        looks = {one.wanted.id: msgspec.structs.replace(_SKIPPED, at=now) for one in shown if one.skipped}
        for one, itself in there:
            if itself.status == CLOSED:
                ended.append(one.wanted.id)
                continue
            came_of = compared[one.wanted.id]
            news = one.wanted.why != "again" or came_of.missing > 0
            looks[one.wanted.id] = looked(itself, came_of.sequence, one.wanted.look, now, news=news)
        gone = [one.wanted.id for one in shown if one.conversation is None and not one.skipped]
        self._deleted += len(gone)
        if not self._dry:
            self._store.count({DELETED: len(gone)} if gone else {})
        self._note(looks, gone, ended)

    def _note(self, looks: Mapping[str, Look], gone: Iterable[str] = (), ended: Iterable[str] = ()) -> None:
        if not self._dry:
            texts = {one: msgspec.json.encode(look).decode() for one, look in looks.items()}
            self._store.note({**texts, **dict.fromkeys(gone, GONE)}, ended)


def _before(text: str) -> Look | None:
    return _look(text) if text not in {"", GONE} else None
