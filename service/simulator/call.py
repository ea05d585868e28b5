"""PURE. A REST call as the simulated Twilio sees it, and its answer; reading what a call wants."""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

Resource = dict[str, Any]
Wanted = TypeVar("Wanted")
Item = TypeVar("Item")

BAD_REQUEST = 20001
NOT_FOUND = 20404
CONFLICT = 20409
_PAGE = 50
_MOST = 1000


class Call(msgspec.Struct, frozen=True):
    """What was asked: `names` out of the path, the query's pairs, lower-case headers, the body, and when (ms)."""

    method: str
    path: str
    names: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    at: int
    base: str = ""

    def wanted(self, kind: type[Wanted]) -> Wanted:
        """Return the body as an object of this type. Raises RefusedError (400) that names the member at fault."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise bad_request(str(error)) from None

    def one(self, name: str) -> str | None:
        """Return a query parameter, its first value where it is repeated."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> list[str]:
        """Return all values of a query parameter."""
        return [value for key, value in self.query if key == name]

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Return a query parameter as a whole number. Raises RefusedError (400)."""
        text = self.one(name)
        if text is None:
            return default
        if not re.fullmatch(r"\d{1,9}", text) or not least <= int(text) <= most:
            raise bad_request(f"{name} must be from {least} to {most}")
        return int(text)


class Reply(msgspec.Struct, frozen=True):
    """What is answered; a body of None is none."""

    status: int
    body: object = None
    headers: Mapping[str, str] = {}


class RefusedError(Exception):
    """A call is refused: the answer's status, Twilio's code and message, and headers beyond the usual ones."""

    def __init__(self, status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}


def bad_request(message: str) -> RefusedError:
    """Return the refusal of a call that cannot be what Twilio expects."""
    return RefusedError(400, BAD_REQUEST, message)


def not_found(what: str) -> RefusedError:
    """Return the refusal of a call to something that does not exist."""
    return RefusedError(404, NOT_FOUND, f"The requested resource {what} was not found")


def conflict(message: str, other: str) -> RefusedError:
    """Return the refusal of a call that another resource stands in the way of."""
    return RefusedError(409, CONFLICT, message, {"X-Conflicting-Resource-Id": other})


def page(call: Call, name: str, items: Iterable[tuple[str, Item]], most: int = _MOST, shown: int = _MOST) -> Resource:
    """Return the page of a list that a call asks for; items come with the key by which they are in order.

    `most` is the largest page that may be asked for, `shown` the largest that is given. A token says after which key
    the next page begins, so that nothing is passed over when items come or go meanwhile.
    """
    size = call.number("pageSize", min(_PAGE, most), 1, most)
    after = _opened(call.one("pageToken"))
    rest = sorted((pair for pair in items if pair[0] > after), key=lambda pair: pair[0])
    given = rest[: min(size, shown)]
    token = _sealed(given[-1][0]) if len(rest) > len(given) else None
    meta = {"key": name, "pageSize": size, "previousToken": None, "nextToken": token}
    return {name: [item for _, item in given], "meta": meta}


def _sealed(key: str) -> str:
    return base64.urlsafe_b64encode(f"after:{key}".encode()).decode()


def _opened(token: str | None) -> str:
    if token is None:
        return ""
    try:
        mark, _, key = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
    except ValueError:
        mark, key = "", ""
    if mark != "after":
        raise bad_request("pageToken is not one of this list")
    return key
