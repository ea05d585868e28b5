"""PURE. Members that name words of ours or Twilio's, read with what may be meant by a wrong one."""

from collections.abc import Sequence

from service.rules.members import Members
from service.rules.naming import did_you_mean, quoted
from service.rules.vocabulary import refused_channel


def events(members: Members, known: Sequence[str], hints: dict[str, str]) -> tuple[str, ...]:
    """Return the events of `when`; `hints` say why one that there is makes no sense here."""
    if "when" not in members:
        members.wrong("when", "is missing: it names the event that the rule waits for")

    def refusal(name: str) -> str | None:
        if name in known:
            return None
        return hints.get(name) or f"no such rule waits for {quoted(name)}: {did_you_mean(name, known)}"

    return members.chosen("when", refusal)


def channels(members: Members) -> tuple[str, ...]:
    """Return the channels that are named, in Twilio's upper case."""
    return tuple(dict.fromkeys(name.upper() for name in members.chosen("channels", refused_channel)))


def several(members: Members, name: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return some of the known words."""

    def refusal(text: str) -> str | None:
        return None if text in known else f"there is no {quoted(text)}: {did_you_mean(text, known)}"

    return members.chosen(name, refusal)


def single(members: Members, name: str, known: Sequence[str]) -> str | None:
    """Return one of the known words, None where there is none."""
    found = members.text(name)
    if found is None or found in known:
        return found
    members.wrong(name, f"there is no {quoted(found)}: {did_you_mean(found, known)}")
    return None
