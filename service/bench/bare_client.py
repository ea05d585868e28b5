"""The ceiling of delivering: `python -m service.bench.bare_client POSTS` is a loop of aiohttp's client, no more.

It is aiohttp as anybody would take it, and sends bodies and headers like ours; all are made before the first is sent.
"""

import asyncio
import sys
from collections.abc import Iterator

import aiohttp
import msgspec
import uvloop
from yarl import URL

from service.bench.bare_delivery import delivery
from service.bench.callbacks import Series, bodies
from service.processes.parent import end_with_parent

IN_FLIGHT = 50
"""Requests under way at a time."""


class Posts(msgspec.Struct, frozen=True):
    """What to send: each event of the series to each of the URLs."""

    series: Series
    urls: tuple[str, ...]


async def _send(posts: Posts) -> None:
    at, conversations = posts.series.first_ms // 1000, posts.series.conversations
    made = [delivery(body, number // conversations, at) for number, body in enumerate(bodies(posts.series))]
    urls = [URL(url) for url in posts.urls]
    waiting = ((url, fields, body) for fields, body in made for url in urls)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        await asyncio.gather(*(_work(client, waiting) for _ in range(IN_FLIGHT)))


async def _work(client: aiohttp.ClientSession, waiting: Iterator[tuple[URL, dict[str, str], bytes]]) -> None:
    for url, fields, body in waiting:
        async with client.post(url, data=body, headers=fields, allow_redirects=False) as response:
            await response.read()


if __name__ == "__main__":
    end_with_parent()
    uvloop.run(_send(msgspec.json.decode(sys.argv[1], type=Posts)))
