"""PURE. `[customers]`: who of those that take part is the customer.

Types are unreliable: passive capture calls the business's own number HUMAN_AGENT, bridged chats say UNKNOWN, and a type
may change later. So the business's addresses are looked at first, the type second.
"""

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from service.events.correlation import bare
from service.rules import choices
from service.rules.members import LONGEST_TEXT, Members
from service.rules.naming import quoted
from service.rules.reading import Mistake, Table
from service.rules.vocabulary import PARTICIPANT_TYPES

Side = Literal["customer", "business", "unknown"]

EXAMPLES = {
    "business_addresses": 'business_addresses = ["+12025550188", "rcs:acme_support"]',
    "types": 'types = ["CUSTOMER"]',
}
"""A right line for each member."""
_DIGITS = re.compile(r"\+?[0-9 ().-]+")
_E164 = re.compile(r"\+[0-9]{2,15}")
_SHORT_CODE = re.compile(r"[0-9]{3,8}")


class Customers(msgspec.Struct, frozen=True):
    """Who counts as customer; `business_addresses` are bare, without the prefix of a channel."""

    business_addresses: tuple[str, ...] = ()
    types: tuple[str, ...] = ("CUSTOMER",)

    def side(self, address: str | None, kind: str | None) -> Side:
        """Return whose side a participant is on, by address first and by Twilio's type second.

        "unknown": the address is not the business's, and the type is not known here.
        """
        if address is not None and bare(address) in self.business_addresses:
            return "business"
        if kind is None:
            return "unknown"
        return "customer" if kind in self.types else "business"


def read(tables: Sequence[Table]) -> tuple[Customers, list[Mistake]]:
    """Return what `[customers]` says, and what is wrong with it."""
    if not tables:
        return Customers(), []
    members = Members(tables[0], EXAMPLES)
    addresses = members.chosen("business_addresses", _refused_address, LONGEST_TEXT * 2)
    types = choices.several(members, "types", PARTICIPANT_TYPES)
    bares = tuple(dict.fromkeys(map(bare, addresses)))
    return Customers(bares, types or Customers().types), members.mistakes


def _refused_address(text: str) -> str | None:
    address = bare(text)
    if not _DIGITS.fullmatch(address) or _E164.fullmatch(address) or _SHORT_CODE.fullmatch(address):
        return None
    return f"{quoted(text)} is no number as Twilio writes it: a plus, the country's code, and digits only"
