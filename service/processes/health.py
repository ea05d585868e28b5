"""Waiting until programs answer."""

import asyncio
from collections.abc import Iterable

import httpx

FIRST_LOOK = 0.05
"""Seconds between the first looks; they grow to a second."""
LONGEST_LOOK = 1.0
ANSWER_TIMEOUT = 5.0
"""Seconds for one answer."""


async def until_ready(urls: Iterable[str]) -> None:
    """Return when each URL has answered GET with 200, however long that takes."""
    # Proxies from the environment are for the world outside, not for this machine.
    async with httpx.AsyncClient(timeout=ANSWER_TIMEOUT, trust_env=False) as http:
        await asyncio.gather(*(_until_ready(http, url) for url in urls))


async def _until_ready(http: httpx.AsyncClient, url: str) -> None:
    pause = FIRST_LOOK
    while not await _answers(http, url):
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_LOOK)


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
