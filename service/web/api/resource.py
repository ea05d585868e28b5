"""What all resources share: a route with its methods, its parameters, and the form of its answers."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.web.problems import ProblemError

Handler = Callable[[Request], Awaitable[Response]]

# Keys in Redis are made from ids. What is no id of ours, or of Twilio's, is no key either.
_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")


def resource(path: str, handlers: Mapping[str, Handler], parameters: Sequence[str] = ()) -> Route:
    """Return the route of one address with all its methods; any other query parameter is refused by name."""

    async def handle(request: Request) -> Response:
        _check_parameters(request, parameters)
        return await handlers["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, handle, methods=list(handlers))


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a value as JSON, not to be kept by anybody on the way."""
    body = msgspec.json.encode(value)
    return Response(body, status, {"cache-control": "no-store", **(headers or {})}, media_type="application/json")


def is_id(text: str) -> bool:
    """Return whether a text can be an id at all."""
    return _ID.fullmatch(text) is not None


def path_id(request: Request, noun: str) -> str:
    """Return the id in the path. Raises ProblemError (404) for what cannot be one."""
    found: str = request.path_params["id"]
    if not is_id(found):
        raise missing(noun)
    return found


def missing(noun: str) -> ProblemError:
    """Return the error for an id that nothing is known of."""
    return ProblemError(404, f"there is no {noun} of this id")


def _check_parameters(request: Request, allowed: Sequence[str]) -> None:
    given = Counter(name for name, _ in request.query_params.multi_items())
    known = f"; there are {', '.join(allowed)}" if allowed else ""
    mistakes = [f"{name[:64]}: there is no such parameter{known}" for name in given if name not in allowed]
    mistakes += [f"{name}: is given more than once" for name in allowed if given[name] > 1]
    if mistakes:
        raise ProblemError(400, "the query is not understood", *mistakes)
