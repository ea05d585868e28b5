"""docs/voice.md: its examples are right, and say what happens."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from service.rules import voice_twiml
from service.rules.parsing import parse
from service.twilio.twiml import document

PAGE = (Path(__file__).parents[2] / "docs" / "voice.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_copied(example: str) -> None:
    """Each is a file of rules without mistakes."""
    assert example.count("[[voice]]") == len(parse(example).voice)


def test_the_answer_that_is_shown_is_the_one_that_is_given() -> None:
    """The XML of the page, but for its line breaks, is what the example before it answers with."""
    (shown,) = re.findall(r"```xml\n(.*?)```", PAGE, re.DOTALL)
    (voice,) = parse(EXAMPLES[0]).voice

    given = document(*voice_twiml.first(voice, voice_twiml.callbacks("https://hooks.example.com"))).decode()

    assert ET.canonicalize(shown, strip_text=True) == ET.canonicalize(given)
