"""One wide line for each request to the admin process: the route's template and not its address, no header, no body."""

import time
from collections.abc import Sequence
from typing import Any

import structlog
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.web.gate import OPEN

log = structlog.get_logger()


class RequestLog:
    """Writes `admin.request`; what probes ask every few seconds is written at level debug while it goes well."""

    def __init__(self, app: ASGIApp, routes: Sequence[Route]) -> None:
        """`routes` give the templates."""
        self._app = app
        self._templates: dict[Any, str] = {route.endpoint: route.path for route in routes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and write what became of it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began, status = time.perf_counter(), 500

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            return await self._app(scope, receive, note)
        finally:
            self._write(scope, status, round((time.perf_counter() - began) * 1000, 2))

    def _write(self, scope: Scope, status: int, ms: float) -> None:
        route = self._templates.get(scope.get("endpoint"))
        probe = route in OPEN and status < 400  # noqa: PLR2004 - the errors begin there
        (log.debug if probe else log.info)(
            "admin.request",
            # A method may be any text; ours are short.
            method=scope["method"][:16],
            route=route,
            status=status,
            ms=ms,
            **{name: value for name, value in scope.get("path_params", {}).items() if status < 400},  # noqa: PLR2004
        )
