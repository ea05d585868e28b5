"""Rules for tests, in the words of the file."""

from service.rules.parsing import parse
from service.rules.reading import InvalidRulesError, Mistake
from service.rules.rules import Rules


def rules_of(*sections: str) -> Rules:
    """Return the rules of a file with these sections."""
    return parse("\n".join(sections))


def mistakes_in(text: str) -> list[Mistake]:
    """Return what is wrong with a file, [] where nothing is."""
    try:
        parse(text)
    except InvalidRulesError as error:
        return list(error.mistakes)
    return []
