"""The parameters of a request: any form is JSON, what Twilio sent stays as it is, and JSON texts are told decoded."""

import json
from urllib.parse import quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.twilio.callbacks import LONGEST_ID, MalformedCallbackError
from service.twilio.forms import parse_form
from service.twilio.inbound.parameters import Parameters
from tests.inbound_requests import fixture_names, pairs_of

examples = settings(deadline=None, max_examples=60)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PAIRS = st.lists(st.tuples(TEXT.filter(bool), TEXT), max_size=8)


def data(*pairs: tuple[str, str]) -> dict[str, object]:
    """Return the data of an event with these parameters."""
    found: dict[str, object] = json.loads(Parameters(pairs).data())
    return found


@pytest.mark.parametrize("name", [name for name in fixture_names() if not name.startswith(("ci-", "es-"))])
def test_recorded_parameters_stay_as_they_are(name: str) -> None:
    """Every one of them, in the order in which it came: blanks, line breaks, emoji, dotted and numbered names."""
    pairs = pairs_of(name)

    assert pairs == [pair for pair in data(*pairs).items() if pair[0] != "decoded"]


@examples
@given(PAIRS)
def test_whatever_was_sent_is_told(pairs: list[tuple[str, str]]) -> None:
    """Encoded, parsed and written as JSON, each name has its value, or the list of its values in their order."""
    body = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode()
    told = json.loads(Parameters(parse_form(body)).data())
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)

    assert {name: held if len(held) > 1 else held[0] for name, held in values.items()} == {
        name: told[name] for name in values
    }
    assert set(told) - set(values) <= {"decoded"}


@examples
@given(st.binary(max_size=200))
@example(b"a=%ed%a0%80&%ff=\xc3&b=[" + b"[" * 5000)
@example(b"x=%5B%22%ff%22%5D")
def test_any_bytes_are_json_in_utf_8(body: bytes) -> None:
    """Whatever a body holds, its parameters are an object that everybody can read."""
    told = Parameters(parse_form(body)).data()

    assert isinstance(json.loads(told.decode("utf-8")), dict)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('{"a":1}', {"a": 1}), ('[{"Sid":"ME1"}]', [{"Sid": "ME1"}]), ("{}", {}), ("[]", []), ('{"a":"é"}', {"a": "é"}),
        ('{"a":' + "1" * 30 + "}", {"a": int("1" * 30)}),
    ],
)  # fmt: skip
def test_json_texts_are_decoded_beside_the_text(value: str, expected: object) -> None:
    """Objects and arrays, under the name of their parameter."""
    assert {"Attributes": value, "decoded": {"Attributes": expected}} == data(("Attributes", value))


@pytest.mark.parametrize(
    "value", ["", "text", "17", "true", '"text"', "{", "[1,", "{'a':1}", '{"a":1}x', "[1e999]", '["\\ud800"]']
)
def test_other_texts_are_not(value: str) -> None:
    """What is no JSON object or array stands there as it came, and nothing beside it."""
    assert {"Body": value} == data(("Body", value))


def test_what_twilio_calls_decoded_stays() -> None:
    """A parameter of that name is Twilio's own."""
    assert {"decoded": "x", "A": "{}"} == data(("decoded", "x"), ("A", "{}"))


def test_of_repeated_names_the_first_counts() -> None:
    """An identifier that comes twice is the first one; the data hold both."""
    pairs = (("Sid", "a"), ("X", ""), ("Sid", "b"))

    assert ("a", {"Sid": ["a", "b"], "X": ""}) == (Parameters(pairs).get("Sid"), data(*pairs))


def test_the_first_name_with_a_value_is_found() -> None:
    """Blank values are passed over."""
    assert "b" == Parameters((("A", ""), ("B", "b"), ("C", "c"))).get("None", "A", "B", "C")


@pytest.mark.parametrize("pairs", [(), (("Sid", ""),), (("Sid", "x" * (LONGEST_ID + 1)),)])
def test_an_identifier_is_there_and_short(pairs: tuple[tuple[str, str], ...]) -> None:
    """Without it, or with one that is too long for a key, the request is malformed; the reason names it alone."""
    with pytest.raises(MalformedCallbackError, match=r"^Sid is (missing|longer than 128 characters)$"):
        Parameters(pairs).identifier("Sid")


@pytest.mark.parametrize(
    ("value", "expected"), [("in-progress", "in-progress"), ("on Message", "on_Message"), ("é.*\n", "_")]
)
def test_a_word_fits_into_a_type(value: str, expected: str) -> None:
    """What no type can hold is replaced, so that filters can name it."""
    assert expected == Parameters((("State", value),)).word("State")


@examples
@given(PAIRS, st.randoms(use_true_random=False))
def test_the_digest_goes_by_what_is_signed(pairs: list[tuple[str, str]], chance: object) -> None:
    """As for the signature, neither the order of parameters nor their repetition counts."""
    mixed = pairs + pairs[:2]
    chance.shuffle(mixed)  # type: ignore[attr-defined] # hypothesis hands a Random

    assert Parameters(pairs).digest() == Parameters(mixed).digest()


def test_the_digest_tells_values_apart() -> None:
    """Where a name ends and its value begins counts here, too."""
    digests = [Parameters(pairs).digest("C") for pairs in ((("A", "bc"),), (("Ab", "c"),), (("A", "bc"), ("C", "1")))]

    assert (True, True) == (digests[0] != digests[1], digests[0] == digests[2])
