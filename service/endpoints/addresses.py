"""PURE. Which addresses a subscriber may not have: private, local, reserved and metadata ones.

Judged twice by the same function: when an endpoint is made, and on the address that is actually connected to.
Ranges: IANA's special-purpose registries (RFC 6890 and successors) and the clouds' metadata services.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_REFUSED_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
        ),
    )
)  # fmt: skip
_REFUSED_6 = tuple(
    map(
        IPv6Network,
        (
            "::/8", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7",
            "fe80::/10", "fec0::/10", "ff00::/8",
        ),
    )
)  # fmt: skip
_NAT64 = IPv6Network("64:ff9b::/96")


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return CIDR texts (`EGRESS_ALLOW`) as networks."""
    return tuple(ip_network(text) for text in texts)


def is_address(text: str) -> bool:
    """Return whether a text is an address in its plain spelling (a scope may follow), so that nothing is looked up."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def refusal(text: str, allowed: Sequence[Network] = ()) -> str | None:
    """Return why an address may not be reached, or None where it may.

    Mapped (`::ffff:0:0/96`) and NAT64 (`64:ff9b::/96`) addresses are judged by the IPv4 address that they carry;
    scoped literals and what is no plain address are refused.
    """
    if "%" in text:
        return f"{text} is a scoped address"
    try:
        address = carried(ip_address(text))
    except ValueError:
        return f"{text} is not an address"
    if any(address.version == net.version and address in net for net in allowed):
        return None
    ranges: Sequence[Network] = _REFUSED_4 if isinstance(address, IPv4Address) else _REFUSED_6
    found = next((net for net in ranges if address in net), None)
    return f"{text} is in {found}, which is not public" if found else None


def carried(address: Address) -> Address:
    """Return the IPv4 address inside a mapped or NAT64 one, else the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
