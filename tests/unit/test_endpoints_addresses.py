"""Addresses that subscribers may not have, by table and by rule."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.endpoints.addresses import networks, refusal
from tests.address_spellings import CARRIERS
from tests.forbidden_addresses import RANGES, forbidden

examples = settings(deadline=None, max_examples=40)
FOURS = st.ip_addresses(v=4)
SIXES = st.ip_addresses(v=6)
BORDERS = st.sampled_from(
    [net[at] + step for net in map(ip_network, RANGES) for at, step in ((0, 0), (-1, 0), (0, -1), (-1, 1))
     if 0 <= int(net[at]) + step < 1 << net.max_prefixlen]
)  # fmt: skip


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.1", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
        "127.255.255.255", "169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.0", "172.31.255.255",
        "192.0.0.0", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.0",
        "198.19.255.255", "198.51.100.1", "203.0.113.255", "224.0.0.1", "239.255.255.255", "240.0.0.0",
        "255.255.255.255", "168.63.129.16", "100.100.100.200",
    ],
)  # fmt: skip
def test_refused_ipv4(address: str) -> None:
    """Private, local, reserved, documentation, multicast and metadata addresses are refused."""
    assert refusal(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0",
        "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
        "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", "168.63.129.15",
        "168.63.129.17",
    ],
)  # fmt: skip
def test_reachable_ipv4(address: str) -> None:
    """The neighbours of each range may be reached."""
    assert refusal(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::169.254.169.254",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:1ff:ffff::1", "2001:db8::1", "2002::1", "2002:7f00:1::", "3fff::1",
        "3fff:fff:ffff::1", "5f00::1", "fc00::1", "fdff:ffff::1", "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1",
        "feff::1", "ff00::", "ff02::1", "fe80::1%eth0", "2606:4700::1%1",
    ],
)  # fmt: skip
def test_refused_ipv6(address: str) -> None:
    """The same in IPv6, with what carries an IPv4 address, and every scoped address."""
    assert refusal(address)


@pytest.mark.parametrize(
    "address",
    [
        "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2001:200::1", "2001:db7:ffff::1", "2001:db9::1", "2003::1",
        "2606:4700::1111", "3ffe::1", "4000::1", "5eff:ffff::1", "5f01::1", "100:0:0:1::1", "fbff::1",
    ],
)  # fmt: skip
def test_reachable_ipv6(address: str) -> None:
    """Public addresses, also where they carry a public IPv4 address."""
    assert refusal(address) is None


@pytest.mark.parametrize(
    "text", ["", "127.1", "0177.0.0.1", "0x7f000001", "2130706433", "localhost", "1.2.3.4 ", "[::1]"]
)
def test_what_is_no_plain_address_is_refused(text: str) -> None:
    """Odd spellings never pass for addresses."""
    assert refusal(text)


@examples
@given(FOURS)
def test_a_carried_address_is_judged_as_itself(four: IPv4Address) -> None:
    """Mapped and NAT64 spellings answer as the IPv4 address that they carry."""
    carriers = (f"::ffff:{four}", f"64:ff9b::{four}")
    expected = refusal(str(four)) is None

    assert [expected, expected] == [refusal(carrier) is None for carrier in carriers]


@settings(deadline=None, max_examples=300)
@given(FOURS | SIXES | BORDERS | CARRIERS)
def test_the_table_is_that_of_the_description(address: IPv4Address | IPv6Address) -> None:
    """Whatever is listed, or not global to Python's own library, is refused, and nothing else."""
    assert forbidden(address) == (refusal(str(address)) is not None)


@examples
@given(FOURS | SIXES | BORDERS | CARRIERS)
def test_an_address_is_judged_alike_in_every_plain_spelling(address: IPv4Address | IPv6Address) -> None:
    """Full, compressed, and in either case of letters; a scope is refused."""
    spellings = {address.compressed, address.exploded, address.exploded.upper()}

    assert [forbidden(address)] * len(spellings) == [refusal(spelling) is not None for spelling in spellings]
    assert refusal(f"{address}%1")


@examples
@given(FOURS | SIXES)
def test_an_allowed_network_opens_what_is_in_it(address: IPv4Address | IPv6Address) -> None:
    """And nothing of the other family, nor a scoped address."""
    everything = networks(["0.0.0.0/0" if address.version == 4 else "::/0"])
    carried = isinstance(address, IPv6Address) and refusal(str(address), networks(["::/0"])) is not None

    assert carried or refusal(str(address), everything) is None
    assert refusal(f"{ip_address('fe80::1')}%1", everything)


def test_an_allowed_network_counts_for_the_carried_address() -> None:
    """Whoever opens 10.1/16 has opened its mapped spelling, and no other network."""
    allowed = networks(["10.1.0.0/16"])

    assert [None, None] == [refusal("10.1.2.3", allowed), refusal("::ffff:10.1.2.3", allowed)]
    assert all(refusal(other, allowed) for other in ("10.2.0.1", "::ffff:10.2.0.1", "127.0.0.1", "::1"))
