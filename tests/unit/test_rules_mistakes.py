"""What is said of mistakes in RULES_FILE."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rules.parsing import parse
from service.rules.reading import InvalidRulesError
from tests.rules_of import mistakes_in

QUIET = '[[close]]\nwhen = "conversation.inactivated"\n'
WORDS = '[[close]]\nwhen = "message.received"\nkeywords = ["STOP"]\n'
SAID = '[[observe]]\nwhen = "communication.created"\n'
RECORD = '[[observe]]\nwhen = "conversation.closed"\n'

WRONG = [
    ("[[close", 1, "this is not TOML"),
    ("\n\na = ", 3, "this is not TOML"),
    (QUIET + "\n\na = {", 5, "this is not TOML"),
    (QUIET + 'when = "call.busy"', 3, "this is not TOML"),
    ("\na = " + "[" * 5000, 2, "this is nested too deeply"),
    ("\n\na = " + "1" * 5000 + "\n", 3, "a number here is too long"),
    ("\n[[closed]]", 2, 'no section "closed": did you mean [[close]]?'),
    ("\n[customer]", 2, 'no section "customer": did you mean [customers]?'),
    ("\n\nx = 1", 3, 'no section "x": there are [[close]], [[observe]], [[voice]], [customers], [transcription]'),
    ("\nclose = 1", 2, "with two brackets; for example [[close]]"),
    ('\n[close]\nwhen = "conversation.inactivated"', 2, "with two brackets; for example [[close]]"),
    ("\n[[customers]]", 2, "with one bracket; for example [customers]"),
    ("close = [\n1]", 1, "with two brackets"),
    ("\n[[close]]", 2, "when: is missing"),
    (QUIET + 'afer = "1m"', 3, 'no member "afer" here: did you mean "after"?'),
    (QUIET + "\n[close.x]", 4, 'no member "x" here'),
    (QUIET + "\na.b = 1", 4, 'no member "a" here'),
    ('[[close]]\nwhen = "conversation.closed"', 2, "is closed already"),
    ('[[close]]\nwhen = "call.complete"', 2, 'did you mean "call.completed"?'),
    ('[[close]]\nwhen = "message.delivered"', 2, 'did you mean "message.received"?'),
    ('[[close]]\nwhen = "?"', 2, "there are conversation.inactivated, call.completed"),
    ("[[close]]\nwhen = 1", 2, "when: must be text in quotes, and not 1"),
    ("[[close]]\nwhen = []", 2, "when: is empty"),
    ('[[close]]\nwhen = [\n"call.busy",\n# another\n"busy"]', 5, 'no such rule waits for "busy"'),
    ('[[close]]\nwhen = [\n"call.busy",\n{}]', 4, "must be text in quotes, and not a table"),
    (QUIET + "after = 600", 3, "after: must be a duration of at most 30 days (30s, 10m, 2h, 1d), and not 600"),
    (QUIET + 'after = "-1m"', 3, 'and not "-1m"'),
    (QUIET + 'after = "1.5h"', 3, 'and not "1.5h"'),
    (QUIET + 'after = "31d"', 3, 'and not "31d"'),
    (QUIET + "after = true", 3, "and not true"),
    (QUIET + 'name = ""', 3, "name: is blank"),
    (QUIET + f'name = "{"n" * 65}"', 3, "name: is longer than 64 characters"),
    (QUIET + 'channels = ["SMS",\n"MMS"]', 4, 'there is no channel "MMS": did you mean "SMS"?'),
    (QUIET + "configurations = [\n\n1]", 5, "configurations: must be text in quotes, and not 1"),
    (QUIET + 'unless_other_channels_active = "yes"', 3, "must be true or false, without quotes"),
    (QUIET + 'keywords = ["STOP"]', 3, '"conversation.inactivated" has no words of a person'),
    (QUIET + 'participant = "customer"', 3, '"conversation.inactivated" is of no participant'),
    (QUIET + 'labels = ["x"]', 3, '"conversation.inactivated" is no result of an operator'),
    (QUIET + 'operators = ["x"]', 3, '"conversation.inactivated" is no result of an operator'),
    ('\n[[close]]\nwhen = "message.received"', 2, "keywords: is missing"),
    ('[[close]]\nwhen = "message.received"\nkeywords = [\n"STOP",\n" "]', 5, "keywords: is blank"),
    ('\n[[close]]\nwhen = "intelligence.result"', 2, "labels: is missing"),
    (
        '[[close]]\nwhen = "participant.removed"\nparticipant = "CUSTOMER"',
        3,
        'there is no "CUSTOMER": did you mean "cu',
    ),
    ('[[close]]\nwhen = "call.busy"\nchannels = ["SMS"]', 3, "leaves out VOICE"),
    (QUIET + "\n" + QUIET, 4, 'the rule of line 1 is called "conversation.inactivated" too'),
    (QUIET + 'name = "a"\n' + WORDS + 'name = "a"', 7, 'the rule of line 1 is called "a" too'),
    (SAID + SAID, 3, 'the rule of line 1 is called "communication.created" too'),
    (SAID + 'template = "{txt}"', 3, 'no field "{txt}": did you mean "text"?'),
    (SAID + 'template = "{duration}"', 3, 'no field "{duration}": there are text, channel, at'),
    (RECORD + 'template = "{text}"', 3, 'no field "{text}": there are channels, communications'),
    (SAID + 'template = "{}"', 3, 'no field "{}"'),
    (SAID + 'template = "{text.x}"', 3, 'no field "{text.x}"'),
    (SAID + 'template = "{text!r}"', 3, "takes nothing but its name"),
    (SAID + 'template = "{text:>9}"', 3, "takes nothing but its name"),
    (SAID + '\ntemplate = """\nsaid {"""', 4, "a brace that stands alone"),
    (SAID + 'template = "}"', 3, "a brace that stands alone"),
    (SAID + f'template = "{"t" * 4097}"', 3, "template: is longer than 4096 characters"),
    (SAID + 'source = "a/b"', 3, "source: must be 1 to 100 letters, digits"),
    (SAID + 'operators = ["x"]', 3, '"communication.created" is no result of an operator'),
    ('[[observe]]\nwhen = ["communication.created", "conversation.closed"]', 2, "names several events"),
    ('[[observe]]\nwhen = "message.received"', 2, 'no such rule waits for "message.received"'),
    ('[customers]\nbusiness_addresses = [\n"+1 202 555 0188"]', 3, "is no number as Twilio writes it"),
    ('[customers]\nbusiness_addresses = ["12025550188"]', 2, "is no number as Twilio writes it"),
    ('[customers]\ntypes = ["CUSTOMR"]', 2, 'there is no "CUSTOMR": did you mean "CUSTOMER"?'),
    ("[customers]\n\nnumbers = []", 3, 'no member "numbers" here'),
    ('[transcription]\nforward = "bth"', 2, 'there is no "bth": did you mean "both"?'),
]


@pytest.mark.parametrize(("text", "line", "said"), WRONG)
def test_a_mistake_is_named_where_it_was_made(text: str, line: int, said: str) -> None:
    """One sentence, its line, and an example of what would be right."""
    (mistake,) = mistakes_in(text)

    assert line == mistake.line
    assert said in mistake.text
    assert "; for example " in mistake.text


CLOSE_ON = '[[close]]\nwhen = "{}"\n'


@pytest.mark.parametrize(
    ("section", "member"),
    [
        ("[[close]]\n", "when"),
        ("[[observe]]\n", "when"),
        *((QUIET, name) for name in ("name", "after", "channels", "configurations", "unless_other_channels_active")),
        (CLOSE_ON.format("message.received"), "keywords"),
        (CLOSE_ON.format("participant.removed"), "participant"),
        (CLOSE_ON.format("intelligence.result") + 'labels = ["x"]\n', "operators"),
        (CLOSE_ON.format("intelligence.result"), "labels"),
        *((SAID, name) for name in ("name", "template", "source", "channels", "configurations")),
        ('[[observe]]\nwhen = "intelligence.result"\n', "operators"),
        ("[customers]\n", "business_addresses"),
        ("[customers]\n", "types"),
        ("[transcription]\n", "forward"),
    ],
)
def test_the_example_of_a_mistake_is_right(section: str, member: str) -> None:
    """Put in the place of what was wrong, it is accepted."""
    (mistake,) = mistakes_in(f"{section}{member} = [1]")
    example = mistake.text.partition("; for example ")[2]

    assert example.startswith(f"{member} = ")
    assert [] == mistakes_in(f"{section}{example}")


@pytest.mark.parametrize("section", [SAID, RECORD, '[[observe]]\nwhen = "intelligence.result"\n'])
def test_the_example_of_a_template_has_fields_of_its_event(section: str) -> None:
    """Each event has fields of its own."""
    (mistake,) = mistakes_in(section + 'template = "{field}"')

    assert [] == mistakes_in(section + mistake.text.partition("; for example ")[2])


def test_all_mistakes_are_named_together_in_the_order_of_their_lines() -> None:
    """Nobody has to start the service once per mistake."""
    text = '[[observed]]\n[[close]]\nwhen = "x"\nhow = 1\n[[close]]\n[[observe]]\nsource = "ä"\n[customers]\ntypes = 1'

    assert [1, 3, 4, 5, 6, 7, 9] == [mistake.line for mistake in mistakes_in(text)]


def test_what_follows_from_a_mistake_is_not_named_too() -> None:
    """A misspelt event is one mistake, whatever else the rule says."""
    text = '[[close]]\nwhen = "call.complete"\nkeywords = ["a"]\nlabels = ["a"]\nparticipant = "customer"'

    assert [2] == [mistake.line for mistake in mistakes_in(text)]


def test_messages_are_short_and_printable() -> None:
    """What stands in the file is repeated without control signs, and not for ever."""
    (mistake,) = mistakes_in(QUIET + f'after = "\\u001b[31m{"x" * 500}"')

    assert mistake.text.isprintable()
    assert 250 > len(mistake.text)


LINES = st.sampled_from([
    "[[close]]", "[close]", "[[observe]]", "[customers]", "[[customers]]", "[transcription]", "[close.x]", "close = [",
    'when = "conversation.inactivated"', 'when = "communication.created"', 'when = ["call.busy",', "]", "when = 1",
    'after = "10m"', "after = 1e400", "after = 1979-05-27", "channels = [[], {}]", 'keywords = ["STOP"', '"]', '"""',
    "'''", "template = '''{text}", 'template = "{"', "a.b.c = { d = [ 1, 2 ] }", '"" = 1', "# x", "name = nan", "{",
])  # fmt: skip


@given(st.one_of(st.text(), st.lists(st.one_of(LINES, st.text(max_size=20)), max_size=20).map("\n".join)))
def test_no_text_is_too_much(text: str) -> None:
    """Whatever is in the file, it is read, or its mistakes are named, at lines that there are."""
    mistakes = mistakes_in(text)
    lines = text.count("\n") + 1

    assert [] == [each for each in mistakes if not (1 <= each.line <= lines and each.text.isprintable())]


SECTIONS = [(text, line) for text, line, said in WRONG if text.startswith("[[") and "TOML" not in said]


@given(st.lists(st.sampled_from(SECTIONS), max_size=4), st.data())
def test_mistakes_keep_their_lines_whatever_stands_around_them(
    wrong: list[tuple[str, int]], data: st.DataObject
) -> None:
    """A wrong section has its mistake at its own line, wherever in the file it stands."""
    text = ""
    wanted: list[int] = []
    for section, line in wrong:
        if len(mistakes_in(f"{text}{section}\n")) != len(wanted) + 1:
            # Beside what is there already it has one mistake more, such as a name that is not its own.
            continue
        text += "".join(data.draw(st.lists(st.sampled_from(["\n", "# [[close]]\n", " \t\n"]), max_size=3)))
        wanted.append(text.count("\n") + line)
        text += f"{section}\n"

    assert sorted(wanted) == [mistake.line for mistake in mistakes_in(text)]


def test_the_error_says_everything_at_once() -> None:
    """As editors and compilers write it: a line for each mistake."""
    with pytest.raises(InvalidRulesError) as caught:
        parse("[[close]]\n[[close]]\n")

    assert re.fullmatch(r"line 1: when: is missing.*\nline 2: when: is missing.*", str(caught.value))
