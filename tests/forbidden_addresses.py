"""The addresses that may not be reached, written down a second time, and judged in another way than by the program."""

from ipaddress import IPv4Address, IPv6Address

_FOURS = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24
192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 168.63.129.16/32
"""
_SIXES = """
::/8 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8
"""


RANGES = (*_FOURS.split(), *_SIXES.split())
"""As they stand in the description of delivery, but those of which the address that is carried is judged."""


def forbidden(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an address is in a listed range, or is not global as Python's own library has it."""
    carried = _carried(address)
    four = isinstance(carried, IPv4Address)
    return not carried.is_global or any(_within(carried, cidr, 32 if four else 128) for cidr in _ranges(four=four))


def _ranges(*, four: bool) -> list[str]:
    return (_FOURS if four else _SIXES).split()


def _carried(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    value = int(address)
    if isinstance(address, IPv6Address) and value >> 32 in {0xFFFF, 0x64FF9B << 64}:
        return IPv4Address(value & 0xFFFFFFFF)
    return address


def _within(address: IPv4Address | IPv6Address, cidr: str, bits: int) -> bool:
    start, _, length = cidr.partition("/")
    shift = bits - int(length)
    return int(address) >> shift == int(type(address)(start)) >> shift
