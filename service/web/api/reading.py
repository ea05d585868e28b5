"""Reading a JSON body, strictly: bounded, of the right type, an object, and nothing in it that is not known."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request

from service.web import body
from service.web.problems import ProblemError

LARGEST = 64 * 1024
"""Bytes of a body."""
_CLOSE = {"Connection": "close"}


async def json_object(request: Request, *, optional: bool = False) -> dict[str, Any]:
    """Return the body's object; {} for no body at all where it is `optional`.

    Raises ProblemError: 400, 408, 413, 415, and 422 for JSON that is not an object.
    """
    raw = await _read(request)
    if optional and not raw:
        return {}
    _check_type(request)
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ProblemError(400, "the body is not JSON", f"body: {_reason(error)}") from None
    if not isinstance(value, dict):
        raise ProblemError(422, "the body must be a JSON object", "body: is not an object")
    return value


def unknown(fields: Mapping[str, object], allowed: Sequence[str]) -> list[str]:
    """Return a sentence for each member that there is not."""
    known = ", ".join(allowed)
    return [f"{name[:64]}: there is no such member; there are {known}" for name in fields if name not in allowed]


async def _read(request: Request) -> bytes:
    if body.announced(dict(request.scope["headers"])) > LARGEST:
        raise _too_large()
    try:
        return await body.read(request.receive, LARGEST)
    except body.TooLargeError:
        raise _too_large() from None
    except body.IncompleteError:
        raise ProblemError(408, "the body did not arrive in time", headers=_CLOSE) from None


def _too_large() -> ProblemError:
    return ProblemError(413, f"the body is larger than {LARGEST} bytes", headers=_CLOSE)


def _check_type(request: Request) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ProblemError(415, "the body must be JSON: Content-Type: application/json")


def _reason(error: Exception) -> str:
    # msgspec tells the place and never the content.
    return str(error) if isinstance(error, msgspec.MsgspecError) else "is not UTF-8, or nested too deeply"
