"""PURE. Stories with a call. An agent's speech is captured as it is synthesised: 3 to 5 pieces for each answer."""

import json
from collections.abc import Iterator

from service.simulator.scenario import Call, EndRelay, Join, Judge, Leave, Role, Say, Script, Step, chance, sid
from service.simulator.scenarios.messages import support

_GREETING = ("Hello,", "this is Acme.", "How can I", "help you", "today?")
_ANSWER = ("Of course.", "I see your order.", "It is on its way", "and arrives tomorrow", "before noon.")
_GAP = 0.4
"""Seconds between the pieces of an answer."""


class _Speech:
    """Numbers the utterances of one call, as a transcription does."""

    def __init__(self, seed: str) -> None:
        self.call, self.session = sid("CA", seed), sid("VX", seed)
        self._seed, self._transcription, self._count = seed, sid("GT", seed), 0

    def says(self, role: Role, at: float, text: str) -> Step:
        self._count += 1
        return Step(at, Say(role, "VOICE", text, self.call, f"{self._transcription}-{self._count}"))

    def answers(self, role: Role, at: float, words: tuple[str, ...]) -> Iterator[Step]:
        pieces = 3 + int(3 * chance(self._seed, words[0]))
        texts = [*words[: pieces - 1], " ".join(words[pieces - 1 :])]
        for number, text in enumerate(texts):
            yield self.says(role, at + number * _GAP, text)


def relay_call(seed: str, customer: str) -> Script:
    """A customer calls, an AI agent answers through ConversationRelay in fragments, and the customer hangs up."""
    return Script("voice-relay", seed, customer, tuple(_call(_Speech(seed), 0.0)))


def whatsapp_then_voice(seed: str, customer: str) -> Script:
    """A customer writes by WhatsApp and then calls: two channels, one profile, one conversation."""
    written = support(seed, "WHATSAPP")
    return Script("whatsapp-then-voice", seed, customer, (*written, *_call(_Speech(seed), 130.0)))


def hand_over(seed: str, customer: str) -> Script:
    """A call in which the AI agent hands over to a person: it leaves, the person joins and goes on."""
    speech = _Speech(seed)
    handoff = json.dumps({"reasonCode": "live-agent", "callSid": speech.call}, separators=(",", ":"))
    steps = (
        *_begun(speech, 0.0),
        speech.says("customer", 12, "I want to speak to a person."),
        Step(14, EndRelay(speech.call, speech.session, "ended", handoff)),
        Step(15, Leave("ai")),
        Step(20, Join("human", "VOICE")),
        speech.says("human", 24, "Good morning, what can I do for you?"),
        speech.says("customer", 30, "My parcel is broken."),
        Step(32, Judge("negative")),
        speech.says("human", 38, "We send a new one today."),
        Step(45, Call(speech.call, "completed", 3, 43)),
    )
    return Script("hand-over", seed, customer, steps)


def _call(speech: _Speech, begins: float) -> Iterator[Step]:
    yield from _begun(speech, begins)
    yield speech.says("customer", begins + 12, "Where is my order?")
    yield from speech.answers("ai", begins + 15, _ANSWER)
    yield speech.says("customer", begins + 22, "Great, thank you.")
    yield Step(begins + 25, EndRelay(speech.call, speech.session, "completed"))
    yield Step(begins + 26, Call(speech.call, "completed", 3, 24))


def _begun(speech: _Speech, begins: float) -> Iterator[Step]:
    yield Step(begins, Call(speech.call, "initiated", 0))
    yield Step(begins + 1, Call(speech.call, "ringing", 1))
    yield Step(begins + 2, Call(speech.call, "in-progress", 2))
    yield from speech.answers("ai", begins + 5, _GREETING)
