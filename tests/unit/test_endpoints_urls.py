"""URLs that an endpoint may have, as far as the text tells."""

import socket
import unicodedata
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from service.endpoints.addresses import networks
from service.endpoints.endpoint import MOST_TYPES, NewEndpoint, mistakes
from service.endpoints.urls import url_refusal
from tests.address_spellings import HOSTS
from tests.forbidden_addresses import forbidden

examples = settings(deadline=None, max_examples=50)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com", "https://example.com/", "https://hooks.example.com/a/b?c=d&e", "HTTPS://EXAMPLE.COM/x",
        "https://example.com:443/", "https://example.com:80/", "https://example.com:8443/", "https://example.com.",
        "https://xn--bcher-kva.example/", "https://8.8.8.8/", "https://[2606:4700::1111]/", "https://a_b.example.com/",
        "https://1.example.com/", "https://example.com/%20", "https://example.com/a%00b",
    ],
)  # fmt: skip
def test_possible(url: str) -> None:
    """Names and public addresses over https, with any path and query."""
    assert url_refusal(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "//example.com", "ftp://example.com", "file:///etc/passwd", "javascript:alert(1)",
        "http://example.com/", "https://", "https:///path", "https://user@example.com/", "https://user:pw@example.com/",
        "https://@example.com/", "https://example.com/#x", "https://example.com:0/", "https://example.com:22/",
        "https://example.com:1023/", "https://example.com:65536/", "https://example.com:x/", "https://[::1",
        "https://localhost/", "https://intranet/", "https://printer.local/", "https://metadata.google.internal/",
        "https://x.localhost/", "https://x.LOCALHOST./", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:7f00:1]/",
        "https://[fe80::1%25eth0]/", "https://169.254.169.254/latest", "https://2130706433/", "https://127.1/",
        "https://0x7f.1/", "https://0177.0.0.1/", "https://0x7f000001/", "https://1.2.3.4.5/", "https://example.0x1/",
        "https://127.0.0.1./", "https://exa mple.com/", "https://example.com/ü",
        "https://ex\tample.com/", "https://exa%6dple.com/", "https://e.com/" + "x" * 2048,
        "https://example.com\\@evil.com/", "https://[v1.example.com]/", "https://x[::1]/",
        "https://[127.0.0.1]/", "https://[2606:4700::1111]x/", "https://[2606:4700::1111", "https://2606:4700::1111/",
        "https://a..b.com/", "https://-a.com/", "https://.com/",
    ],
)  # fmt: skip
def test_refused(url: str) -> None:
    """Other schemes, user names, low ports, local names, odd spellings of addresses, and what no client reads alike."""
    assert url_refusal(url)


def test_http_where_it_is_permitted() -> None:
    """ALLOW_HTTP_ENDPOINTS opens plain http and nothing else."""
    assert url_refusal("http://example.com/", allow_http=True) is None
    assert url_refusal("ftp://example.com/", allow_http=True)
    assert url_refusal("http://127.0.0.1/", allow_http=True)


def test_a_private_address_where_it_is_permitted() -> None:
    """EGRESS_ALLOW opens its networks by their plain address, not by an odd spelling."""
    allowed = networks(["127.0.0.0/8"])

    assert url_refusal("https://127.0.0.1:9000/", allowed=allowed) is None
    assert url_refusal("https://2130706433:9000/", allowed=allowed)


@examples
@given(st.text() | st.text(alphabet="https:/.@[]#%0127ax-_\\ ", max_size=40).map("https://".__add__))
def test_any_text_is_judged(url: str) -> None:
    """No text raises."""
    assert url_refusal(url) is None or isinstance(url_refusal(url), str)


def meant(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that the system would connect to for a host, None where it would look a name up."""
    plain = host.strip("[]").partition("%")[0].rstrip(".")
    try:
        return IPv4Address(socket.inet_aton(plain))
    except OSError:
        pass
    try:
        return IPv6Address(plain)
    except ValueError:
        return None


def readings(url: str) -> set[str]:
    """Return what different readers take for the host of a URL: Python's own, and the client of the deliveries."""
    hosts = {urlsplit(url).hostname or "", URL(url).raw_host or "", URL(url).host or ""}
    return hosts | {unquote(host) for host in hosts} | {unicodedata.normalize("NFKC", host) for host in hosts}


@settings(deadline=None, max_examples=300)
@given(HOSTS)
def test_no_spelling_leads_where_nothing_may_go(host: str) -> None:
    """Whatever is permitted is no refused address, however the host is read."""
    url = f"https://{host}:8443/"
    permitted = url_refusal(url) is None
    reached = {meant(reading) for reading in readings(url)} if permitted else set()

    assert [] == [address for address in reached if address is not None and forbidden(address)]


def plain(host: str) -> str:
    """Return a host with an IPv6 address in its one canonical spelling, which some readers write and some do not."""
    with suppress(ValueError):
        return str(ip_address(host))
    return host


@settings(deadline=None, max_examples=200)
@given(HOSTS | st.from_regex(r"[a-zA-Z0-9_.\[\]:%-]{1,40}", fullmatch=True), st.text(max_size=20))
def test_a_permitted_host_is_the_one_that_is_connected_to(host: str, path: str) -> None:
    """The client can read what is permitted, and reads no other host out of it than the one that was judged."""
    url = f"https://{host}/{path}"
    permitted = url_refusal(url) is None

    assert not permitted or plain(urlsplit(url).hostname or "") == plain((URL(url).raw_host or "").lower())


@settings(deadline=None, max_examples=100)
@given(st.ip_addresses(v=4).filter(lambda four: not forbidden(four)))
def test_public_addresses_are_permitted(four: IPv4Address) -> None:
    """So that the rules above do not hold merely because nothing is."""
    assert url_refusal(f"https://{four}:8443/") is None


@pytest.mark.parametrize(
    ("new", "named"),
    [
        (NewEndpoint("https://example.com/"), []),
        (NewEndpoint("https://example.com/", types=("conversation.*", "message.received")), []),
        (NewEndpoint("http://example.com/"), ["url"]),
        (NewEndpoint("https://example.com/", types=()), ["types"]),
        (NewEndpoint("https://example.com/", types=("*",) * (MOST_TYPES + 1)), ["types"]),
        (NewEndpoint("nowhere", types=("No Type",), description="x" * 257), ["url", "types", "description"]),
    ],
)
def test_all_mistakes_are_named_together(new: NewEndpoint, named: list[str]) -> None:
    """Each begins with the member that is wrong."""
    found = mistakes(new, allow_http=False, allowed=())

    assert named == [mistake.partition(":")[0] for mistake in found]
