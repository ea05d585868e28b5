"""PURE. Names by which traffic finds its conversation, best first (service.events.correlation)."""

from service.events.correlation import addresses, channel_of

_SID_LENGTH = 34
# What Twilio gives for callers that hide their numbers, as words and as digits that spell them. They are many people.
# https://www.twilio.com/docs/voice/twiml#request-parameters and https://help.twilio.com/articles/223179988
_NOBODY = frozenset(
    {
        "anonymous", "restricted", "unavailable", "unknown", "blocked", "private",
        "+266696687", "+7378742833", "+17378742833", "+2562533", "+8656696", "+86282452253",
        "266696687", "7378742833", "2562533", "8656696", "86282452253",
    }
)  # fmt: skip


def sids(*texts: str | None) -> tuple[str, ...]:
    """Return those that are SIDs. Names become keys, so nothing that a person wrote or is called may be one."""
    return tuple([text for text in texts if text and is_sid(text)])


def is_sid(text: str) -> bool:
    """Return whether a text has the form of a SID: two letters and 32 digits and letters."""
    return len(text) == _SID_LENGTH and text.isascii() and text.isalnum() and text[:2].isalpha()


def between(one: str | None, other: str | None, channel: str) -> tuple[str, ...]:
    """Return the name of two addresses on the channel that their prefix names, else this one; nothing for nobody's."""
    if not one or not other or one.lower() in _NOBODY or other.lower() in _NOBODY:
        return ()
    name = addresses(channel_of(one, channel_of(other, channel)), one, other)
    return (name,) if name else ()
