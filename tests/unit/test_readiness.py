"""When the admin process calls the house not ready."""

import pytest

from service.store.readiness import Facts, judge

NOW = 1_790_000_000_000
LONG, SHORT = NOW - 31_000, NOW - 29_000


@pytest.mark.parametrize(
    ("found", "reasons"),
    [
        (Facts(now=NOW), ()),
        (Facts(now=NOW, unrouted=SHORT, overdue_retry=SHORT, delivery=SHORT, job=SHORT), ()),
        (Facts(now=NOW, overdue_retry=NOW + 3_600_000, job=NOW + 3_600_000), ()),
        (Facts(now=NOW, unrouted=LONG), ("an event has waited 31 s for its routing; no relay is alive",)),
        (
            Facts(now=NOW, unrouted=LONG, relay=SHORT),
            ("an event has waited 31 s for its routing; a relay is alive and does not get on",),
        ),
        (Facts(now=NOW, overdue_retry=LONG, relay=LONG), ("a retry has been due for 31 s; no relay is alive",)),
        (Facts(now=NOW, delivery=LONG, relay=SHORT), ()),
        (Facts(now=NOW, delivery=LONG, relay=LONG), ("a delivery has waited 31 s; no relay is alive",)),
        (Facts(now=NOW, job=LONG, worker=SHORT), ()),
        (Facts(now=NOW, job=LONG), ("a job has waited 31 s, and no worker is alive",)),
        (Facts(now=NOW, relay=LONG, worker=LONG), ()),
    ],
)
def test_work_that_waits_too_long_is_named(found: Facts, reasons: tuple[str, ...]) -> None:
    """Routing and due retries count whoever is alive; deliveries and jobs only where nobody is there to do them."""
    assert reasons == judge(found)


def test_all_reasons_are_named_together() -> None:
    """With everything dead, all four kinds of work are named."""
    assert 4 == len(judge(Facts(now=NOW, unrouted=LONG, overdue_retry=LONG, delivery=LONG, job=LONG)))
