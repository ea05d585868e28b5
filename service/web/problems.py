"""Errors of the admin API: problem details (RFC 9457), with a sentence for each mistake.

Nothing here repeats a token, a secret or what Redis said.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import structlog
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

log = structlog.get_logger()

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER = 5
"""Seconds after which to ask again while Redis is away."""

_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Problem(msgspec.Struct, frozen=True):
    """An answer that is an error: what is wrong in one sentence, and each mistake in one of its own.

    `more` are members beside those of every problem (RFC 9457, 3.2).
    """

    status: int
    detail: str
    mistakes: tuple[str, ...] = ()
    headers: Mapping[str, str] = {}
    more: Mapping[str, object] = {}


class ProblemError(Exception):
    """The request cannot be done; it is answered with `problem`."""

    def __init__(
        self,
        status: int,
        detail: str,
        *mistakes: str,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(status, detail, mistakes, headers or {}, more or {})


def response(problem: Problem) -> Response:
    """Return a problem as an HTTP answer."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES[problem.status],
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.mistakes:
        body["mistakes"] = problem.mistakes
    return Response(
        msgspec.json.encode({**body, **problem.more}),
        problem.status,
        {"cache-control": "no-store", **problem.headers},
        media_type=CONTENT_TYPE,
    )


def unavailable(detail: str, *mistakes: str) -> ProblemError:
    """Return the error for what may go away by itself, with the time after which to ask again."""
    return ProblemError(503, detail, *mistakes, headers={"Retry-After": str(RETRY_AFTER)})


async def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - so the table says
    return response(error.problem)


async def _routed(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - so the table says
    if error.status_code == 405:  # noqa: PLR2004 - Method Not Allowed
        methods = (error.headers or {}).get("Allow", "").split(", ")
        allow = ", ".join(sorted(methods))
        return response(Problem(405, f"this address takes {allow}", headers={"Allow": allow}))
    return response(Problem(404, "there is nothing at this address"))


async def _away(_: Request, error: Exception) -> Response:
    log.warning("admin.redis_failed", error=type(error).__name__)
    return response(unavailable("Redis does not answer; try again in a moment").problem)


async def _surprised(_: Request, __: Exception) -> Response:
    return response(Problem(500, "this is our fault; the log says what happened"))


HANDLERS: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    ProblemError: _told,
    HTTPException: _routed,
    RedisError: _away,
    OSError: _away,
    Exception: _surprised,
}
"""What each kind of exception is answered with, for Starlette."""
