"""From what was said to observations, as functions of values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rules.asked import Author, Gathered
from workers.jobs.observing import Spoken, Target, said, split, unfinished, utterances

NOW = 1_795_179_600_000
TARGET = Target("mem_store_1", "mem_profile_1")


def spoken(number: int, seconds: float, text: str = "word", channel: str = "VOICE", **gathered: str) -> Spoken:
    """Return a communication of so many seconds after 14:00."""
    values = {"template": "{text}", "source": "s", **gathered}
    at = f"2026-11-20T14:00:{seconds:09.6f}Z"
    one = Gathered(f"evt_{number}", "conv_1", at, values["template"], values["source"], Author(()), channel=channel)
    return Spoken(str(number), one, text, NOW + int(seconds * 1000))


@pytest.mark.parametrize(
    ("pieces", "joined"),
    [
        ([spoken(1, 0), spoken(2, 2.999)], [["1", "2"]]),
        ([spoken(1, 0), spoken(2, 3)], [["1"], ["2"]]),
        ([spoken(1, 0), spoken(2, 2), spoken(3, 4)], [["1", "2", "3"]]),
        ([spoken(3, 4), spoken(1, 0), spoken(2, 2)], [["1", "2", "3"]]),
        ([spoken(1, 0), spoken(2, 1, channel="SMS"), spoken(3, 2)], [["1", "3"], ["2"]]),
        ([spoken(1, 0), spoken(2, 1, template="By {channel}: {text}")], [["1"], ["2"]]),
        ([spoken(1, 0), spoken(2, 1, source="t")], [["1"], ["2"]]),
        ([], []),
    ],
)
def test_fragments_of_one_rule_and_channel_are_joined_by_their_time(
    pieces: list[Spoken], joined: list[list[str]]
) -> None:
    """Less than three seconds from the beginning of one to the beginning of the next."""
    found = [[part.entry for part in each.parts] for each in utterances(pieces)]

    assert joined == found


@pytest.mark.parametrize(
    ("pieces", "after", "left"),
    [
        ([spoken(1, 0)], 1000, 2.0),
        ([spoken(1, 0)], 3000, 0.0),
        ([spoken(1, 0), spoken(2, 2)], 3000, 2.0),
        ([spoken(number, number * 2) for number in range(28)], 55_000, 2.0),
        ([spoken(number, number * 2) for number in range(30)], 60_000, 0.0),
    ],
)
def test_an_utterance_is_whole_after_three_quiet_seconds_or_a_minute(
    pieces: list[Spoken], after: int, left: float
) -> None:
    """Counted from when its pieces were stored."""
    (utterance,) = utterances(pieces)

    assert left == unfinished(utterance, NOW + after)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        (" \n ", ()),
        ("Short.", ("Short.",)),
        ("One two. Three.", ("One two.", "Three.")),
        ("Is it? Yes! No.", ("Is it?", "Yes! No.")),
        ("one two three", ("one two", "three")),
        ("abcdefghijklmn", ("abcdefghij", "klmn")),
        ("123456789. next", ("123456789.", "next")),
        ("一二三。四五六。七八九。", ("一二三。四五六。", "七八九。")),
    ],
)
def test_what_is_too_long_is_cut_behind_a_sentence_a_word_or_anywhere(text: str, parts: tuple[str, ...]) -> None:
    """In this order, at ten characters."""
    assert parts == split(text, 10)


@given(st.text(), st.integers(min_value=1, max_value=40))
def test_no_part_is_too_long_and_no_word_is_lost(text: str, longest: int) -> None:
    """Only blanks between parts go."""
    parts = split(text, longest)
    assert all(1 <= len(part) <= longest for part in parts)

    assert "".join(text.split()) == "".join("".join(parts).split())


def test_parts_of_an_utterance_are_different_observations_for_ever() -> None:
    """The same words of the same events have the same id, even where two parts are alike."""
    (utterance,) = utterances([spoken(1, 0, "ha " * 2731)])
    first, second = said(utterance, TARGET), said(utterance, TARGET)
    assert first == second

    assert 3 == len({draft.id for draft in first})


def test_braces_of_a_customer_are_no_fields() -> None:
    """What was said is put in as it is."""
    (utterance,) = utterances([spoken(1, 0, "{channel} {x}", template="{{{text}}} by {channel}")])

    assert ["{{channel} {x}} by VOICE"] == [draft.content for draft in said(utterance, TARGET)]
