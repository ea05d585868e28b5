"""PURE. Stories told in messages. Times are seconds, as people take them."""

from collections.abc import Iterable, Iterator

from service.simulator.scenario import Close, Deliver, Judge, Merge, Role, Say, Script, Step, chance, sid


def sms_support(seed: str, customer: str) -> Script:
    """A customer asks by SMS, an agent answers, the customer thanks, and both fall silent."""
    return Script("sms-support", seed, customer, tuple(support(seed, "SMS")))


def undelivered(seed: str, customer: str) -> Script:
    """An agent's answer by SMS does not arrive: the message's status says so, with an error code."""
    question, answer = _sids(seed, 2)
    steps = (
        Step(0, _say("customer", "SMS", "Are you open on Sunday?", question)),
        Step(30, _say("agent", "SMS", "Yes, from ten to four.", answer)),
        Step(32, Deliver(answer, "sent")),
        Step(45, Deliver(answer, "undelivered", 30003)),
    )
    return Script("undelivered", seed, customer, steps)


def comes_back(seed: str, customer: str) -> Script:
    """A customer writes, falls silent until the conversation is inactive, and comes back to it."""
    first, answer, back, last = _sids(seed, 4)
    # The silence is longer than any inactivity time that a channel is given by default, and shorter than closing.
    steps = (
        Step(0, _say("customer", "SMS", "I want to change my address.", first)),
        Step(25, _say("agent", "SMS", "Please tell me the new one.", answer)),
        Step(600, _say("customer", "SMS", "Here I am again: 5 Main Street.", back)),
        Step(640, _say("agent", "SMS", "Thank you, it is changed.", last)),
    )
    return Script("return", seed, customer, steps)


def closed_elsewhere(seed: str, customer: str) -> Script:
    """A person closes the conversation in Twilio's Console; when the customer writes again, a new one begins."""
    question, answer, again = _sids(seed, 3)
    steps = (
        Step(0, _say("customer", "SMS", "Please cancel my order.", question)),
        Step(40, _say("agent", "SMS", "It is cancelled.", answer)),
        Step(50, Judge("neutral")),
        Step(60, Close()),
        Step(120, _say("customer", "SMS", "And when do I get my money?", again)),
    )
    return Script("close", seed, customer, steps)


def merged_profile(seed: str, customer: str) -> Script:
    """A conversation in which Memory merges the customer's profile: calls to the old one are answered 308."""
    steps = (*support(seed, "SMS"), Step(110, Merge()))
    return Script("merged-profile", seed, customer, steps)


def support(seed: str, channel: str, begins: float = 0.0) -> Iterator[Step]:
    """Yield question, answer, its delivery and thanks, from `begins` seconds on."""
    question, answer, thanks = _sids(seed, 3)
    # People are not all equally quick.
    pause = 20 + round(20 * chance(seed, "pause"))
    yield Step(begins, _say("customer", channel, "Where is my order?", question))
    yield Step(begins + pause, _say("agent", channel, "It comes tomorrow.", answer))
    yield Step(begins + pause + 1, Deliver(answer, "sent"))
    yield Step(begins + pause + 3, Deliver(answer, "delivered"))
    yield Step(begins + 2 * pause, _say("customer", channel, "Thank you!", thanks))


def _say(role: Role, channel: str, text: str, message: str) -> Say:
    return Say(role, channel, text, message, message)


def _sids(seed: str, count: int) -> Iterable[str]:
    return [sid("SM", seed, str(number)) for number in range(count)]
