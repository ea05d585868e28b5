"""One request to Twilio, and lists page by page: what every client of this package does in the same way.

JSON in, JSON out. Nothing is repeated here but a GET, once, whose connection turned out to be closed: whoever calls
decides from the error, which says who is at fault and whether anything was sent.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from service.twilio.api.deadline import within
from service.twilio.api.pace import Pace, Unpaced
from service.twilio.errors import MissingError, ThrottledError, UnreachableError, error_of, retry_after
from service.twilio.resources.reading import Json, id_of, lacks, mapping

WHOLE_ANSWER = 30.0
"""Seconds for a request, from its first byte out to the last one in."""
LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes; a page of a thousand conversations, each with its configuration, has a few million."""
MOST_PAGES = 1_000
"""Pages of a list that are read before it counts as endless."""
PAGE_SIZE = 100
"""Items asked for at once."""

Query = Sequence[tuple[str, str | int]]

# The pool's own timeout means, too, that nothing has left us.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_CLOSED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


class Answer(msgspec.Struct, frozen=True):
    """A 2xx: status, headers with lower-case names, and the JSON object; empty where there was no body."""

    status: int
    headers: Mapping[str, str]
    body: Json

    @property
    def retry_after(self) -> float | None:
        """Seconds that Twilio asks us to wait before the next look, or None."""
        return retry_after(self.headers.get("retry-after"), datetime.now(UTC))


class Caller:
    """Calls one API of Twilio; every method raises a TwilioError when it did not get what it asked for."""

    def __init__(self, http: httpx.Client, pace: Pace | None = None) -> None:
        """`http` has base URL and credentials; `pace` is asked before each request."""
        self.http = http
        self._pace = pace or Unpaced()

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Json | None = None,
        query: Query = (),
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer where it is a 2xx with a JSON object, or a 202, which may come without a body."""
        request = self.http.build_request(method, path, json=json, params=list(query) or None, headers=headers)
        status, found, content = self._sent(request)
        body = _object(content, may_be_empty=status == httpx.codes.ACCEPTED)
        if body is not None and httpx.codes.is_success(status):
            return Answer(status, found, body)
        error = error_of(status, found, body, datetime.now(UTC))
        if isinstance(error, ThrottledError) or error.retry_after is not None:
            self._pace.slow_down(error.retry_after)
        raise error

    def _sent(self, request: httpx.Request) -> tuple[int, Mapping[str, str], bytes]:
        try:
            try:
                return self._exchange(request)
            except _CLOSED:
                if request.method != "GET":
                    raise
                return self._exchange(request)
        except _NOT_SENT as error:
            raise UnreachableError(type(error).__name__, sent=False) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnreachableError(type(error).__name__) from error

    def _exchange(self, request: httpx.Request) -> tuple[int, Mapping[str, str], bytes]:
        self._pace.wait()
        with within(WHOLE_ANSWER):
            answer = self.http.send(request, stream=True)
            try:
                return answer.status_code, answer.headers, _content(answer)
            finally:
                answer.close()

    def items(self, path: str, member: str, query: Query = ()) -> Iterator[Any]:
        """Yield the items of a list, page by page, in Twilio's order; `member` is where a page holds them."""
        seen: set[str] = set()
        token: str | None = None
        while True:
            page = self.call("GET", path, query=[*query, *([("pageToken", token)] if token else ())]).body
            yield from _items(page, member)
            token = _next_token(page)
            if token is None:
                return
            if token in seen:
                raise UnreachableError("the pages of the list go round in a circle")
            seen.add(token)
            if len(seen) >= MOST_PAGES:
                raise UnreachableError(f"the list does not end within {MOST_PAGES} pages")

    def whole_items(self, path: str, member: str, needed: Collection[str], query: Query = ()) -> Iterator[Json]:
        """Yield the items of a list as objects; one that has not all the `needed` members is fetched by itself.

        Lists were seen with partial items, and with ids in place of objects. What has gone since is passed over.
        """
        for item in self.items(path, member, query):
            if not lacks(item, needed):
                yield item
                continue
            found = id_of(item)
            if found is None:
                raise UnreachableError(f"the list of {member} holds an item without an id")
            whole = self._still_there(f"{path}/{segment(found)}")
            if whole is not None:
                yield {"id": found, **whole}

    def _still_there(self, path: str) -> Json | None:
        try:
            return self.call("GET", path).body
        except MissingError:
            return None


def segment(text: str) -> str:
    """Return an id as one segment of a path. Raises MissingError for one that would name another path."""
    if text.strip(".") == "":
        raise MissingError(f"{text!r} is no id of a resource", sent=False)
    return quote(text, safe="")


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Return whether scheme, host and port are the same: only there may our credentials go."""
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def _content(answer: httpx.Response) -> bytes:
    content = bytearray()
    for chunk in answer.iter_bytes():
        content += chunk
        if len(content) > LARGEST_ANSWER:
            raise UnreachableError(f"the answer is larger than {LARGEST_ANSWER} bytes", status=answer.status_code)
    return bytes(content)


def _object(content: bytes, *, may_be_empty: bool) -> Json | None:
    """Return the JSON object, whatever its media type is called: pages of proxies call themselves many things."""
    if may_be_empty and not content.strip():
        return {}
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _items(page: Json, member: str) -> list[Any]:
    found = page.get(member)
    if not isinstance(found, list):
        raise UnreachableError(f"the answer holds no list of {member}")
    return found


def _next_token(page: Json) -> str | None:
    token = mapping(page, "meta").get("nextToken")
    return str(token) if isinstance(token, str | int) and not isinstance(token, bool) and token != "" else None
