"""PURE. The members of a `[[voice]]` table: which there are, and which go with which answer."""

from collections.abc import Iterable

import msgspec

from service.rules.naming import quoted
from service.rules.reading import Mistake, Table
from service.rules.voice_answer import Kind, Voice
from service.rules.voice_attributes import ELEMENTS, near

EXAMPLES = {
    "number": 'number = "+12025550188"',
    "answer": 'answer = "conversation_relay"',
    "say": 'say = "One moment, please."',
    "dial": 'dial = "+12025550100"',
    "redirect": 'redirect = "https://example.com/twiml"',
    "create": "create = true",
    "handoff_only": "handoff_only = true",
    "accept_double_billing": "accept_double_billing = true",
    "fallback": '[voice.fallback] and below it dial = "+12025550100"',
    "ConversationRelay": '[voice.ConversationRelay] and below it url = "wss://agent.example.com/relay"',
    "Transcription": '[voice.Transcription] and below it track = "both_tracks"',
    "Parameter": '[voice.Parameter] and below it team = "sales"',
    "Language": '[[voice.Language]] and below it code = "es-MX"',
    "Dial": "[voice.Dial] and below it timeout = 20",
    "Say": '[voice.Say] and below it language = "en-US"',
    "Redirect": '[voice.Redirect] and below it method = "POST"',
    "Reject": '[voice.Reject] and below it reason = "busy"',
}
"""A right line for each member that there may be."""
STEPS = ("say", "dial", "redirect")
_OF_STEP = {"Say": "say", "Dial": "dial", "Redirect": "redirect"}
_NOUNS = {"conversation_relay": "ConversationRelay", "transcription": "Transcription"}


class Form(msgspec.Struct, frozen=True):
    """What an answer needs, and what else it may have."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()


_EVERYWHERE = ("number", "answer", "fallback", *_OF_STEP)
FORMS: dict[Kind, Form] = {
    "conversation_relay": Form(
        ("ConversationRelay",),
        (*STEPS, "Parameter", "Language", "create", "handoff_only", "accept_double_billing"),
    ),
    "transcription": Form((), (*STEPS, "Transcription", "Parameter", "accept_double_billing")),
    "forward": Form(("dial",), ("say", "redirect")),
    "say": Form(("say",)),
    "redirect": Form(("redirect",), ("say",)),
    "reject": Form((), ("Reject",)),
}


def contradictions(voice: Voice, table: Table) -> list[Mistake]:
    """Return what of a table cannot be meant together, and what its answer lacks."""
    return [*_members(voice, table), *_steps(voice, table), *_capture(voice, table)]


def _members(voice: Voice, table: Table) -> Iterable[Mistake]:
    form = FORMS[voice.answer]
    for name in form.needs:
        if name not in table.values:
            yield _mistake(table, name, f"is missing: answer = {quoted(voice.answer)} needs it")
    allowed = (*_EVERYWHERE, *form.needs, *form.may)
    for name in table.values:
        if name in EXAMPLES and name not in allowed:
            owners = [quoted(kind) for kind, each in FORMS.items() if name in (*each.needs, *each.may)]
            yield _mistake(table, name, f"goes with answer = {' or '.join(owners)} only")


def _steps(voice: Voice, table: Table) -> Iterable[Mistake]:
    fallback = table.values.get("fallback")
    somewhere = {*table.values, *(fallback if isinstance(fallback, dict) else ())}
    for element, step in _OF_STEP.items():
        if element in table.values and step not in somewhere:
            yield Mistake(table.at(element), f"{element}: has nothing to be about; for example add {EXAMPLES[step]}")
    if any(step in table.values for step in STEPS):
        return
    if voice.answer == "transcription":
        yield _mistake(table, "dial", "is missing: a call that is only transcribed ends at once; dial, say or redirect")
    if voice.handoff_only:
        yield _mistake(table, "dial", "is missing: handoff_only says when the call goes on, and not where")


def _capture(voice: Voice, table: Table) -> Iterable[Mistake]:
    noun = _NOUNS.get(voice.answer)
    given = table.values.get(noun) if noun else None
    if noun is None or not isinstance(given, dict):
        given = {}
    if voice.answer == "conversation_relay" and "ConversationRelay" in table.values and "url" not in given:
        example = ELEMENTS["ConversationRelay"]["url"].example
        yield Mistake(table.at("ConversationRelay"), f"ConversationRelay.url: is missing; for example url = {example}")
    if "conversationId" in given and ("conversationConfiguration" in given or voice.create):
        other = "create = true" if voice.create else "conversationConfiguration"
        text = f"{noun}.conversationId: one conversation is named, and {other} asks for another; leave one of them out"
        yield Mistake(table.at(str(noun), "conversationId"), text)
    elif voice.create and noun == "ConversationRelay" and "conversationConfiguration" not in given:
        example = ELEMENTS["ConversationRelay"]["conversationConfiguration"].example
        text = "create: needs the configuration to create with, below [voice.ConversationRelay]"
        yield Mistake(table.at("create"), f"{text}: conversationConfiguration = {example}")


def _mistake(table: Table, name: str, text: str) -> Mistake:
    return Mistake(table.at(name), f"{name}: {text}; for example {EXAMPLES[name]}")


def is_stray(name: str) -> bool:
    """Whether a member that there is not is an attribute of an element, in the wrong place."""
    return name not in EXAMPLES and near(name, EXAMPLES) is None and _owner(name, None) is not None


def stray(name: str, answer: object) -> str:
    """Return where a stray member belongs, and what its exact name is."""
    element = _owner(name, answer) or "ConversationRelay"
    meant = near(name, ELEMENTS[element]) or name
    exact = "" if meant == name else f", where its exact name is {meant}: Twilio ignores any other in silence"
    example = f"[voice.{element}] and below it {meant} = {ELEMENTS[element][meant].example}"
    return f"{quoted(name)}: is an attribute of <{element}>{exact}; for example {example}"


def _owner(name: str, answer: object) -> str | None:
    first = _NOUNS.get(answer) if isinstance(answer, str) else None
    elements = ([first] if first else []) + ["ConversationRelay", "Transcription", "Dial"]
    return next((element for element in elements if near(name, ELEMENTS[element])), None)
