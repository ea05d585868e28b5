"""What the documents say of RULES_FILE is so."""

import re
from pathlib import Path

import pytest

from service.rules import close, customers, observe
from service.rules.observe import FIELDS, TEMPLATES
from service.rules.parsing import parse
from service.rules.vocabulary import CLOSE_WHEN, OBSERVE_WHEN
from tests.rules_of import mistakes_in

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
FILES = re.findall(r"```toml\n(.*?)```", PAGE + (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", [text for text in FILES if "[[close]]" in text])
def test_files_that_are_shown_are_right(text: str) -> None:
    """They are meant to be copied."""
    assert [] == mistakes_in(text)


def test_the_file_to_begin_with_has_rules_of_both_kinds() -> None:
    """It shows what can be done."""
    rules = parse(FILES[0])

    assert (["gone quiet", "call over", "opted out"], ["said", "record"]) == (
        [rule.name for rule in rules.close], [rule.name for rule in rules.observe],
    )  # fmt: skip


@pytest.mark.parametrize("members", [close.EXAMPLES, observe.EXAMPLES, customers.EXAMPLES])
def test_every_member_is_described(members: dict[str, str]) -> None:
    """None is left to be guessed."""
    assert [] == [name for name in members if f"`{name}`" not in PAGE]


def test_every_event_field_and_template_is_described() -> None:
    """As the reader of the file knows them."""
    fields = [f"`{{{field}}}`" for each in FIELDS.values() for field in each]
    words = [f"`{word}`" for word in (*CLOSE_WHEN, *OBSERVE_WHEN, *TEMPLATES.values())]

    assert [] == [word for word in (*fields, *words) if word not in PAGE]
