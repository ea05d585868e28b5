"""The small words of the rules: durations, templates, sides, names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rules.customers import Customers
from service.rules.durations import LONGEST, seconds, spoken
from service.rules.naming import did_you_mean
from service.rules.templates import filled, refused


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86400), ("30d", LONGEST), (" 5 m ", 300), ("0s", 0),
        ("31d", None), ("10", None), ("m", None), ("", None), ("1h30m", None), ("-1s", None), ("1.5h", None),
        ("10M", None), ("٣s", None), ("9" * 20 + "s", None),
    ],
)  # fmt: skip
def test_durations_are_read(text: str, expected: int | None) -> None:
    """A whole number and a unit, up to 30 days."""
    assert expected == seconds(text)


@pytest.mark.parametrize(
    ("length", "expected"),
    [(1, "1 second"), (90, "90 seconds"), (60, "1 minute"), (600, "10 minutes"), (7200, "2 hours"), (86400, "1 day")],
)
def test_durations_are_said(length: int, expected: str) -> None:
    """In the largest unit that says them exactly."""
    assert expected == spoken(length)


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("{text}", {"text": "hello {at}"}, "hello {at}"),
        ("{channel}: {text}", {"channel": "SMS", "text": "a"}, "SMS: a"),
        ("{{{text}}}", {"text": "a"}, "{a}"),
        ("{text}{at}", {"text": "a"}, "a"),
        ("plain", {}, "plain"),
    ],
)
def test_templates_are_filled(template: str, values: dict[str, str], expected: str) -> None:
    """What a customer wrote is put in as it is; braces in it are no fields."""
    assert expected == filled(template, values)


@given(st.text(alphabet="{}!:.[] abtex", max_size=20))
def test_a_template_that_is_not_refused_can_be_filled(template: str) -> None:
    """For any template, there is something wrong, or it becomes a text."""
    known = ("text", "at")

    assert refused(template, known) or isinstance(filled(template, dict.fromkeys(known, "{")), str)


@pytest.mark.parametrize(
    ("address", "kind", "expected"),
    [
        ("+12025550188", "CUSTOMER", "business"),
        ("whatsapp:+12025550188", None, "business"),
        ("rcs:ACME", None, "business"),
        ("+12025550123", "CUSTOMER", "customer"),
        ("+12025550123", "HUMAN_AGENT", "business"),
        ("+12025550123", "UNKNOWN", "business"),
        ("+12025550123", None, "unknown"),
        (None, "CUSTOMER", "customer"),
        (None, None, "unknown"),
    ],
)
def test_who_is_customer_is_decided_by_address_first(address: str | None, kind: str | None, expected: str) -> None:
    """Twilio's types are unreliable: passive capture and bridged chats name them wrongly."""
    assert expected == Customers(("+12025550188", "acme")).side(address, kind)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("afer", 'did you mean "after"?'), ("WHEN", 'did you mean "when"?'), ("zzz", "there are when, after")],
)
def test_names_are_suggested(name: str, expected: str) -> None:
    """The nearest, without regard to case; else all of them."""
    assert expected == did_you_mean(name, ("when", "after"))
