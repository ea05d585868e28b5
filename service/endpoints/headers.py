"""PURE. Which headers of its own an endpoint may have on its deliveries: any of RFC 9110 but those with a meaning here.

What is refused is the protocol's (`webhook-`…), belongs to one connection (RFC 9110, 7.6.1), or says what the body is.
"""

import re
from collections import Counter
from collections.abc import Mapping

MOST = 20
LONGEST_NAME = 64
LONGEST_VALUE = 4096
LONGEST_TOGETHER = 8192
"""Characters of all names and values: many servers refuse a request whose headers are longer."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# RFC 9110, 5.5, without the obsolete bytes above ASCII; a blank at either end would not arrive.
_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?")
_RESERVED = frozenset(
    {
        "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect", "host",
        "http2-settings", "keep-alive", "te", "traceparent", "tracestate", "trailer", "transfer-encoding", "upgrade",
        "user-agent",
    }
)  # fmt: skip
_RESERVED_BEGINNINGS = ("proxy-", "webhook-")


def refusal(headers: Mapping[str, str]) -> list[str]:
    """Return a sentence for each thing that is wrong with an endpoint's headers, none of them naming a value."""
    if len(headers) > MOST:
        return [f"at most {MOST} are possible"]
    found = [mistake for name, value in headers.items() if (mistake := _mistake(name, value))]
    times = Counter(name.lower() for name in headers)
    found += [f"{name[:LONGEST_NAME]!r} is there more than once" for name, number in times.items() if number > 1]
    if sum(len(name) + len(value) for name, value in headers.items()) > LONGEST_TOGETHER:
        found.append(f"together they are longer than {LONGEST_TOGETHER} characters")
    return found


def _mistake(name: str, value: str) -> str | None:
    shown = repr(name[:LONGEST_NAME])
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        return f"{shown} is no header name: at most {LONGEST_NAME} letters, digits and dashes"
    if name.lower() in _RESERVED or name.lower().startswith(_RESERVED_BEGINNINGS):
        return f"{shown} is not free: the delivery sets it itself, or it belongs to the connection"
    if len(value) > LONGEST_VALUE or not _VALUE.fullmatch(value):
        return f"the value of {shown} must be at most {LONGEST_VALUE} printable ASCII characters, no blank at its ends"
    return None
