"""`[[voice]]` tables for tests, as they stand in a file of rules."""

from service.rules.document import document
from service.rules.reading import Mistake
from service.rules.voice import Voice, read

OURS = "+12025550188"
CALLER = "+12025550123"
AGENT = "+12025550100"
SOCKET = "wss://agent.example.com/relay"
CONFIGURATION = "conv_configuration_01k1etk2y5f1y9fpe2epfdtvv2"
CONVERSATION = "conv_conversation_01kajrp16scwyfcq8rz4g4rd7e"
OTHER_URL = "https://flows.example.com/twiml"

CAPTURED = f'conversationConfiguration = "{CONFIGURATION}"'


def table(answer: str, *members: str, number: str = OURS) -> str:
    """Return a table; what follows the first header among `members` belongs below it."""
    return "\n".join(["[[voice]]", f'number = "{number}"', f'answer = "{answer}"', *members, ""])


def relay(*members: str, attributes: str = CAPTURED, number: str = OURS) -> str:
    """Return a table that answers with ConversationRelay."""
    below = ("[voice.ConversationRelay]", f'url = "{SOCKET}"', attributes)
    return table("conversation_relay", *members, *below, number=number)


def voices(*tables: str) -> tuple[Voice, ...]:
    """Return the tables of a file without mistakes."""
    found, mistakes = read(document("\n".join(tables)).sections["voice"])
    assert mistakes == []
    return found


def mistakes(*tables: str) -> list[Mistake]:
    """Return what is wrong with the tables of a file, in the order of their lines."""
    return sorted(read(document("\n".join(tables)).sections["voice"])[1])
