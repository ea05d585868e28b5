"""PURE. The accounts that a request names. A key proves nothing about another account than its own.

Twilio signs a subaccount's webhooks with that subaccount's token, so each of our keys has one account.
https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from collections.abc import Iterable, Mapping

import msgspec

_NAMES = frozenset(("AccountSid", "accountSid", "accountId"))


def named(pairs: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the accounts that decoded pairs of a form or a query name; an empty value names none."""
    return frozenset([value for name, value in pairs if name in _NAMES and value])


def named_in_json(body: bytes) -> frozenset[str]:
    """Return the accounts that a JSON body names, as a whole, in its `data`, or in each of its CloudEvents.

    What is no JSON names none.
    """
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return frozenset()
    each = found if isinstance(found, list) else [found]
    return frozenset(account for one in each for account in _of_object(one))


def is_foreign(account: str | None, accounts: Iterable[str]) -> bool:
    """Return whether any of these accounts is another one than the key's; a key of unknown account fits all."""
    return account is not None and any(each != account for each in accounts)


def _of_object(one: object) -> Iterable[str]:
    if not isinstance(one, Mapping):
        return ()
    inner = one.get("data")
    holders = [one, inner] if isinstance(inner, Mapping) else [one]
    values = [holder.get(name) for holder in holders for name in _NAMES]
    # A CloudEvent says whose it is in `source`, where that is an account.
    source = one.get("source")
    cloud = [source] if isinstance(source, str) and source.startswith("AC") else []
    return [value for value in values + cloud if isinstance(value, str) and value]
