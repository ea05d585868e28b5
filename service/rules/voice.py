"""PURE. `[[voice]]`: how the calls of each Twilio number are answered.

    [[voice]]
    number = "+12025550188"
    answer = "conversation_relay"

    [voice.ConversationRelay]
    url = "wss://agent.example.com/relay"
    conversationConfiguration = "conv_configuration_01k1etk2y5f1y9fpe2epfdtvv2"

All of it: docs/voice.md.
"""

from collections.abc import Sequence

from service.rules.reading import Mistake, Table
from service.rules.voice_answer import Voice
from service.rules.voice_table import read_table

__all__ = ("Voice", "read")


def read(tables: Sequence[Table]) -> tuple[tuple[Voice, ...], list[Mistake]]:
    """Return the answers of the `[[voice]]` tables, and what is wrong with them."""
    voices: dict[str, Voice] = {}
    mistakes = []
    for table in tables:
        voice, wrong = read_table(table)
        mistakes += wrong
        if voice is None:
            continue
        first = voices.setdefault(voice.number, voice)
        if first is not voice:
            text = f"number: the table of line {first.line} answers this number already; leave one of them out"
            mistakes.append(Mistake(table.at("number"), text))
    return tuple(voices.values()), mistakes
