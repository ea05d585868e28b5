"""Records of conversations and results of operators, as functions of values."""

import pytest

from service.rules.customers import Customers
from service.twilio.resources.conversation import Participant, participant_of
from workers.jobs.observe_people import id_type
from workers.jobs.observing_records import customers_of, duration, results_in

CUSTOMERS = Customers(("+12025550188",), ("CUSTOMER", "UNKNOWN"))


def participant(kind: str | None, *addresses: str) -> Participant:
    """Return somebody with these addresses."""
    listed = [{"channel": "SMS", "address": address} for address in addresses]
    return participant_of({"id": "p", "type": kind, "addresses": listed}, "conv_1")


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (participant("CUSTOMER", "+12025550123"), 1),
        (participant("UNKNOWN", "+12025550123"), 1),
        (participant("CUSTOMER"), 1),
        (participant("CUSTOMER", "+12025550123", "whatsapp:+12025550188"), 0),
        (participant("HUMAN_AGENT", "+12025550123"), 0),
        (participant(None, "+12025550123"), 0),
    ],
)
def test_addresses_of_the_business_come_before_types(one: Participant, expected: int) -> None:
    """Types are unreliable."""
    assert expected == len(customers_of([one], CUSTOMERS))


@pytest.mark.parametrize(
    ("started", "ended", "expected"),
    [
        ("2026-11-20T14:00:00.000000Z", "2026-11-20T14:00:40.900000Z", "40 s"),
        ("2026-11-20T14:00:00.000000Z", "2026-11-20T14:03:59.000000Z", "3 min"),
        ("2026-11-20T14:00:00.000000Z", "2026-11-21T16:01:00.000000Z", "26 h 1 min"),
        ("2026-11-20T14:00:01.000000Z", "2026-11-20T14:00:00.000000Z", "0 s"),
        ("", "2026-11-20T14:00:00.000000Z", ""),
    ],
)
def test_durations_are_read_by_people(started: str, ended: str, expected: str) -> None:
    """Never below nothing, and nothing where it is not known."""
    assert expected == duration(started, ended)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (b'{"text":" Fine. "}', "Fine."),
        (b'{"label":"calm"}', "calm"),
        (b'{"labels":["calm","kind"]}', "calm, kind"),
        (b'{"result":{"label":"calm"}}', "calm"),
        (b'"calm"', "calm"),
        (b'{"label":"calm","score":1}', '{"label":"calm","score":1}'),
        (b"{}", None),
        (b"null", None),
        (b'{"text":""}', None),
    ],
)
def test_a_result_is_read_in_each_of_its_forms(result: bytes, text: str | None) -> None:
    """One that says nothing is left out."""
    found = results_in(b'{"operatorResults":[{"result":%s}]}' % result, (0,), CUSTOMERS, "at")

    assert ([text] if text else []) == [one.values["result"] for one in found]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"operatorResults":5}', b'{"operatorResults":[5]}'])
def test_what_is_no_list_of_results_has_none(data: bytes) -> None:
    """Nothing is raised."""
    assert () == results_in(data, (0,), CUSTOMERS, "at")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("+12025550123", "phone"),
        ("a@b.example", "email"),
        ("sip:a@b.example", None),
        ("client:dana", None),
        ("88555", None),
        ("", None),
    ],
)
def test_profiles_are_looked_up_by_what_an_address_is(address: str, expected: str | None) -> None:
    """Memory's own words, and none for what it does not know."""
    assert expected == id_type(address)
