"""PURE. Which URLs an endpoint may have, as far as the text tells."""

import re
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from service.endpoints.addresses import Network, is_address, refusal

LONGEST_URL = 2048
_LOCAL_NAMES = (".local", ".internal", ".localhost")
_LOW_PORTS = (80, 443)
_FIRST_FREE_PORT = 1024
# inet_aton reads 0177.1, 0x7f000001 and 2130706433 as addresses; a name whose last label is a number is one of them.
_ODD_ADDRESS = re.compile(r"(?:.*\.)?(?:0[xX][0-9a-fA-F]*|[0-9]+)\.?")
# urlsplit takes the host out of x[::1]y:80, where the client finds none.
_AUTHORITY = re.compile(r"(?:\[[^\[\]]*:[^\[\]]*\]|[^\[\]:]*)(?::[0-9]*)?")
_NAME = re.compile(r"(?=.{1,253}\.?$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}\.?")


def url_refusal(url: str, *, allow_http: bool = False, allowed: Sequence[Network] = ()) -> str | None:
    """Return why a URL cannot be an endpoint's, or None. Names are not looked up here."""
    if len(url) > LONGEST_URL or not url.isascii() or any(c <= " " or c in '\\"<>^`{|}' for c in url):
        return "the URL must be plain ASCII without blanks, at most 2048 characters"
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError as error:
        return f"the URL cannot be read: {error}"
    return (
        _scheme_refusal(split.scheme, allow_http=allow_http)
        or _authority_refusal(split, port)
        or _host_refusal(split.hostname or "", allowed)
    )


def _scheme_refusal(scheme: str, *, allow_http: bool) -> str | None:
    if scheme not in {"https", "http"}:
        return "the URL must begin with https://"
    if scheme == "http" and not allow_http:
        return "the URL must begin with https:// (ALLOW_HTTP_ENDPOINTS=1 permits http)"
    return None


def _authority_refusal(split: SplitResult, port: int | None) -> str | None:
    if "@" in split.netloc:
        return "the URL must not hold a user name or password"
    if not _AUTHORITY.fullmatch(split.netloc):
        return "the URL must name one host, an IPv6 address in brackets, and at most a port after it"
    if split.fragment:
        return "the URL must not hold a fragment (#…)"
    if port is not None and (port == 0 or (port < _FIRST_FREE_PORT and port not in _LOW_PORTS)):
        return f"port {port} is refused; 80, 443 and ports from 1024 are possible"
    return None


def _host_refusal(host: str, allowed: Sequence[Network]) -> str | None:
    if ":" in host or is_address(host):
        return refusal(host, allowed)
    if _ODD_ADDRESS.fullmatch(host):
        return f"{host} is an odd spelling of an address; write a name or a plain address"
    name = host.rstrip(".").lower()
    if "." not in name or name.endswith(_LOCAL_NAMES):
        return f"{host or 'an empty host'} is a local name; a public name is needed"
    return None if _NAME.fullmatch(host) else f"{host} is not a host name"
