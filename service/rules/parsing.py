"""PURE. RULES_FILE: from its text to rules, or to every mistake at once."""

from service.rules import close, customers, observe, transcription, voice
from service.rules.document import document
from service.rules.reading import InvalidRulesError
from service.rules.rules import Rules


def parse(text: str) -> Rules:
    """Return the rules of a file. Raises InvalidRulesError that names every mistake, with its line and an example."""
    found = document(text)
    closes, wrong_closes = close.read(found.sections["close"])
    observes, wrong_observes = observe.read(found.sections["observe"])
    voices, wrong_voices = voice.read(found.sections["voice"])
    people, wrong_people = customers.read(found.sections["customers"])
    spoken, wrong_spoken = transcription.read(found.sections["transcription"])
    mistakes = [*found.mistakes, *wrong_closes, *wrong_observes, *wrong_voices, *wrong_people, *wrong_spoken]
    if mistakes:
        raise InvalidRulesError(tuple(sorted(mistakes)))
    return Rules(closes, observes, people, spoken, voices)
