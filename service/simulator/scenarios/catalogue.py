"""PURE. The scenarios by name."""

from collections.abc import Callable, Mapping, Sequence

from service.simulator.scenario import Script, customer
from service.simulator.scenarios import messages, voice

Scenario = Callable[[str, str], Script]
"""From a seed and a customer's phone number to a script. The docstring's first line says what happens."""

SCENARIOS: Mapping[str, Scenario] = {
    "sms-support": messages.sms_support,
    "undelivered": messages.undelivered,
    "return": messages.comes_back,
    "close": messages.closed_elsewhere,
    "merged-profile": messages.merged_profile,
    "voice-relay": voice.relay_call,
    "whatsapp-then-voice": voice.whatsapp_then_voice,
    "hand-over": voice.hand_over,
}


def script(names: Sequence[str], seed: str, number: int) -> Script:
    """Return the script of the story with this number: the scenarios take turns, each story has its own customer."""
    name = names[number % len(names)]
    return SCENARIOS[name](f"{seed}/{number}", customer(number))


def described() -> list[tuple[str, str]]:
    """Return the name of each scenario and what happens in it."""
    return [(name, (make.__doc__ or "").partition("\n")[0]) for name, make in SCENARIOS.items()]
