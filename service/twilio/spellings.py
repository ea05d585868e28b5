"""PURE. The spellings of a URL that Twilio may have signed: it is not consistent about ports."""

import re
from collections.abc import Iterator
from functools import lru_cache

# Twilio's Python library writes :80 for every scheme but https: a wss URL may have been signed with either.
_DEFAULT_PORTS = {"http": (":80",), "https": (":443",), "ws": (":80",), "wss": (":443", ":80")}
_URL = re.compile(
    r"(?P<scheme>(?i:https?|wss?))://"
    r"(?:[^/?#]*@)?"  # user name and password are never signed
    r"(?P<host>\[[^][/?#@]+\]|[^][:/?#@]+)"
    r"(?P<port>:[0-9]*)?"
    r"(?P<rest>[/?][^#]*)?"
    r"(?:#.*)?",  # neither is the fragment, which never travels in HTTP
    re.DOTALL,
)


def spellings(base: str, target: str) -> Iterator[str]:
    """Yield the URLs that may have been signed for a target at a base URL. Raises ValueError as `parts` does."""
    scheme, host, port, path = parts(base)
    # Only the configured URL is cut and trimmed. What the sender wrote is signed text, up to its last byte.
    rest = path.removesuffix("/") + target if target.startswith("/") else path + target
    written_ports = (port, "") if port else ("", *_DEFAULT_PORTS[scheme.lower()])
    for written in written_ports:
        yield f"{scheme}://{host}{written}{rest}"
    if rest.endswith("?") and rest.count("?") == 1:
        for written in written_ports:
            yield f"{scheme}://{host}{written}{rest[:-1]}"


@lru_cache(maxsize=64)
def prefix(base: str) -> str:
    """Return what stands before the request target in the first spelling. Raises ValueError as `parts` does."""
    scheme, host, port, path = parts(base)
    return f"{scheme}://{host}{port}{path.removesuffix('/')}"


@lru_cache(maxsize=64)
def parts(url: str) -> tuple[str, str, str, str]:
    """Return scheme, host, port (with its colon) and path of a URL. Raises ValueError for what is no such URL."""
    found = _URL.fullmatch(url)
    if not found:
        raise ValueError("not an http, https, ws or wss URL")
    scheme, host, port, rest = found.groups(default="")
    if int(port[1:] or 0) >= 1 << 16:
        raise ValueError("the port has more than 16 bits")
    return scheme, host, port, rest
