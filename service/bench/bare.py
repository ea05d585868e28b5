"""The ceiling: `python -m service.bench.bare FD` is Starlette that reads the body and answers 204, and nothing else.

Served exactly as the receiver is, so that what lies between the two is what receiving costs.
"""

import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from service.cli.asgi import Address, Drain, run
from service.web.inbound import ORCHESTRATOR


async def _take(request: Request) -> Response:
    await request.body()
    return Response(status_code=204)


async def _make() -> tuple[ASGIApp, Drain]:
    return Starlette(routes=[Route(ORCHESTRATOR, _take, methods=["POST"])]), Drain()


if __name__ == "__main__":
    run(_make, Address("127.0.0.1", 0, int(sys.argv[1])))
