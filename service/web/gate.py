"""The gate of the admin API: nothing but health and metrics is answered without the token.

It stands before the routes, so that a stranger cannot tell an address that exists from one that does not.
"""

import hmac

from starlette.types import ASGIApp, Receive, Scope, Send

from service.web.problems import Problem, response

OPEN = frozenset({"/livez", "/readyz", "/metrics"})
"""Paths that need no token."""
REALM = 'Bearer realm="conversation-events"'


class Gate:
    """Lets a request through whose `Authorization` is `Bearer <token>` (RFC 6750)."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        """`token` is ADMIN_TOKEN, not empty."""
        self._app, self._token = app, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401, or pass the request on."""
        if scope["type"] != "http" or scope["path"] in OPEN:
            return await self._app(scope, receive, send)
        given = _bearer(scope)
        if given is not None and hmac.compare_digest(given, self._token):
            return await self._app(scope, receive, send)
        return await response(_refusal(given))(scope, receive, send)


def _bearer(scope: Scope) -> bytes | None:
    """Return the token of the one `Authorization` header, None where there is none, or several."""
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, token = values[0].partition(b" ") if len(values) == 1 else (b"", b"", b"")
    return token.strip() if scheme.lower() == b"bearer" else None


def _refusal(given: bytes | None) -> Problem:
    if given is None:
        return Problem(
            401, "a token is needed: Authorization: Bearer <ADMIN_TOKEN>", headers={"WWW-Authenticate": REALM}
        )
    return Problem(401, "this is not the token", headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'})
