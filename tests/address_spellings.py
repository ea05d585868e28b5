"""How an address may be spelled in a URL: plainly, oddly, and in ways that only some readers take for one."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from hypothesis import strategies as st

_FULL_WIDTH = str.maketrans("0123456789abcdefx.", "０１２３４５６７８９ａｂｃｄｅｆｘ。")  # noqa: RUF001 - that is the trick
_BASES = ("{}", "0{:o}", "0x{:x}", "0X{:X}", "00{:o}", "0x00{:x}")


def odd_fours(four: IPv4Address) -> st.SearchStrategy[str]:
    """Return spellings that inet_aton reads as this address: one to four parts, each decimal, octal or hexadecimal."""
    return st.integers(1, 4).flatmap(
        lambda number: st.tuples(*(st.sampled_from(_BASES) for _ in range(number))).map(
            lambda bases: ".".join(
                base.format(part) for base, part in zip(bases, _parts(four, len(bases)), strict=True)
            )
        )
    )


def _parts(four: IPv4Address, number: int) -> Sequence[int]:
    """Return so many parts, the last of which takes what is left."""
    value, left = int(four), 4 - (number - 1)
    first = [(value >> shift) & 0xFF for shift in (24, 16, 8)][: number - 1]
    return [*first, value & (256**left - 1)]


def sixes(six: IPv6Address) -> st.SearchStrategy[str]:
    """Return an IPv6 address full, compressed, with dots at its end, scoped; with and without brackets."""
    tail = IPv4Address(int(six) & 0xFFFFFFFF)
    texts = [six.compressed, six.exploded, six.exploded.upper(), f"{':'.join(six.exploded.split(':')[:6])}:{tail}"]
    scopes = ["", "%25lo", "%lo", "%1"]
    forms = ["[{}{}]", "{}{}", "[{}{}].", "[{}{}]x", "[v1.{}{}]"]
    return st.builds(
        lambda form, text, scope: form.format(text, scope),
        st.sampled_from(forms), st.sampled_from(texts), st.sampled_from(scopes),
    )  # fmt: skip


def carriers(four: IPv4Address) -> st.SearchStrategy[IPv6Address]:
    """Return the IPv6 addresses that stand for an IPv4 address: mapped, NAT64, compatible, 6to4, Teredo, translated."""
    value = int(four)
    return st.sampled_from(
        [
            IPv6Address(0xFFFF << 32 | value),
            IPv6Address(0x64FF9B << 96 | value),
            IPv6Address(0x64FF9B0001 << 80 | value),
            IPv6Address(value),
            IPv6Address(0x2002 << 112 | value << 80),
            IPv6Address(0x20010000 << 96 | (value ^ 0xFFFFFFFF)),
            IPv6Address(0xFFFF0000 << 32 | value),
        ]
    )


def disguised(text: str) -> st.SearchStrategy[str]:
    """Return a host as it is, in other letters, with dots at its end, escaped, or behind other names."""
    return st.sampled_from(
        [
            text, text.upper(), f"{text}.", f"{text}..", f".{text}", text.translate(_FULL_WIDTH), f"user@{text}",
            f"example.com@{text}", f"example.com\\@{text}", f"example.com#@{text}", f"{text}%00.example.com",
            f"{text}#.example.com", f"{text}?.example.com", f"{text}\\.example.com", f" {text}", f"{text}\t",
            "".join(f"%{ord(c):02x}" for c in text if ord(c) < 128), text.replace(".", "%2e"), text.replace(".", "。"),
            text.replace("1", "¹"), text.replace("1", "①"), f"xn--{text}", f"{text}:80@example.com", f"[{text}]",
        ]
    )  # fmt: skip


_FOURS = st.ip_addresses(v=4).map(lambda four: IPv4Address(int(four)))
_SIXES = st.ip_addresses(v=6).map(lambda six: IPv6Address(int(six)))
CARRIERS = _FOURS.flatmap(carriers)
HOSTS: st.SearchStrategy[str] = st.one_of(
    _FOURS.flatmap(odd_fours),
    _FOURS.map(str),
    _SIXES.flatmap(sixes),
    CARRIERS.flatmap(sixes),
).flatmap(disguised)
"""A host that somebody may read as an address."""
