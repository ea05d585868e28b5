"""The vocabulary of RULES_FILE."""

import pytest

from service.events.rules import CloseRule, InvalidRulesError, Rules, parse_rules


def test_without_a_rule_nothing_is_closed() -> None:
    """The default is no rule."""
    assert None is Rules().close_rule("conversation.inactivated")


def test_an_empty_file_holds_no_rule() -> None:
    """An empty file is as good as none."""
    assert Rules() == parse_rules("# nothing yet\n")


def test_a_close_rule_matches_its_event_type_only() -> None:
    """A rule names the one type that it follows."""
    rules = parse_rules('[[close]]\nwhen = "conversation.inactivated"\n')

    assert CloseRule("conversation.inactivated") == rules.close_rule("conversation.inactivated")
    assert None is rules.close_rule("conversation.updated")


def test_a_rule_stated_twice_is_one_rule() -> None:
    """Repetition does not make two jobs."""
    rules = parse_rules('[[close]]\nwhen = "conversation.inactivated"\n' * 2)

    assert Rules(close=(CloseRule("conversation.inactivated"),)) == rules


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[close", "this is not TOML"),
        ("[[observe]]\nwhen = 1", "observe: no such kind of rule"),
        ("close = 1", "close: must be written as a list of tables"),
        ('[close]\nwhen = "conversation.inactivated"', "close: must be written as a list of tables"),
        ("[[close]]", 'close rule 1: "when" is missing'),
        ('[[close]]\nwhen = "message.received"', "close rule 1: when = 'message.received' is unknown"),
        ("[[close]]\nwhen = [1]", "close rule 1: when = [1] is unknown"),
        ('[[close]]\nwhen = "conversation.inactivated"\nafter = 3', 'close rule 1: there is no "after"'),
    ],
)
def test_what_is_unknown_is_named_with_an_example(text: str, named: str) -> None:
    """A mistake is one sentence that names the place and shows a right value."""
    with pytest.raises(InvalidRulesError) as caught:
        parse_rules(text)

    (mistake,) = caught.value.mistakes
    assert mistake.startswith(named)
    assert 'when = "conversation.inactivated"' in mistake


def test_all_mistakes_are_named_together() -> None:
    """Nobody has to start the service once per mistake."""
    with pytest.raises(InvalidRulesError) as caught:
        parse_rules('[[observe]]\n[[close]]\nwhen = "x"\nhow = 1\n[[close]]')

    assert 4 == len(caught.value.mistakes)
