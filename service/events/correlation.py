"""PURE. Names by which traffic of every kind finds its conversation, and by which conversations are known.

A name is a SID (of a message, a call, a classic conversation, a session), or stands for two addresses on a channel.
"""

import hashlib

_DIGITS = 32
ADDRESSES = "addresses:"
"""What begins the name of two addresses; a SID never does."""
_PREFIXES = {"whatsapp": "WHATSAPP", "rcs": "RCS", "messenger": "MESSENGER"}


def bare(address: str) -> str:
    """Return an address without the prefix of its channel (`whatsapp:+1…`), in lower case: sources disagree on both."""
    prefix, colon, rest = address.partition(":")
    return (rest if colon and prefix.lower() in _PREFIXES else address).strip().lower()


def channel_of(address: str, default: str) -> str:
    """Return the channel that an address's prefix names, in Conversation Orchestrator's words, else the default."""
    return _PREFIXES.get(address.partition(":")[0].lower(), default)


def addresses(channel: str, one: str, other: str) -> str | None:
    """Return the name of two addresses on a channel, the same in both directions; None where one is blank.

    A digest: what stands in the names of keys is read by people who may not read customers' numbers.
    """
    both = sorted((bare(one), bare(other)))
    if not all(both):
        return None
    text = "\x1f".join((channel.upper(), *both))
    return ADDRESSES + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
