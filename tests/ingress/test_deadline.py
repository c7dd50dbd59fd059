"""However the queue behaves and however many ask at once: each interaction is answered without waiting for it.

Source: Discord, "Receiving and Responding": the answer must come within 3 s.  Over HTTP, under functions-framework.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web

from service.deployment import INGRESS_REQUESTS
from tests.ingress.function import DISCORD, an_ingress
from tests.interactions import an_interaction
from tests.running import served

# The ingress answers after 2.5 s of Discord's 3 (test_outgoing.py holds it to that), and the queues here would keep it
# waiting for ever.  The rest is for a machine that others use too, on which a hundred answers take longer.
ANSWERED_WITHIN_S = 30.0


async def takes_it(request: web.Request) -> web.Response:
    return web.json_response({"name": (await request.json())["task"]["name"]})


async def slow(request: web.Request) -> web.Response:
    taken = await takes_it(request)
    await asyncio.sleep(1.5)
    return taken


async def hangs(request: web.Request) -> web.Response:
    await asyncio.Event().wait()
    return web.Response()


async def refuses(request: web.Request) -> web.Response:
    return web.json_response(
        {"error": {"code": 503, "message": "told by the test", "status": "UNAVAILABLE"}}, status=503
    )


async def resets(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


QUEUES: dict[str, tuple[Callable[[web.Request], Awaitable[web.StreamResponse]], int]] = {
    "slow": (slow, 5),
    "hangs": (hangs, 4),
    "refuses": (refuses, 4),
    "resets": (resets, 4),
}


async def answers(url: str, first_id: int, count: int) -> list[int]:
    """The type of each answer; TimeoutError where one does not come in time."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(ANSWERED_WITHIN_S)) as session:

        async def ask(number: int) -> int:
            body = json.dumps(an_interaction(str(number), user=str(number))).encode()
            async with session.post(url, data=body, headers=DISCORD.headers(body)) as answer:
                assert answer.status == 200
                told = await answer.json()
            assert told["type"] == 5 or told["data"]["content"], told
            kind: int = told["type"]
            return kind

        return await asyncio.gather(*(ask(number) for number in range(first_id, first_id + count)))


@pytest.mark.parametrize("queue", QUEUES)
async def test_whatever_the_queue_does_every_member_is_answered_in_time(queue: str) -> None:
    """Slow tasks are taken all the same; where nothing is taken, the member is told."""
    handler, expected = QUEUES[queue]
    app = web.Application()
    app.router.add_post("/{path:.*}", handler)
    app.router.add_get("/{path:.*}", hangs)  # nor does it tell how long the line is
    async with served(app) as queue_url:
        process, url = an_ingress(queue_url)
        with process:
            first_id = 1310000000000008000
            for count in (20, INGRESS_REQUESTS):
                kinds = Counter(await answers(url, first_id, count))
                first_id += count
                # A processor that others use answers later: the member is then told that we are too busy.
                assert kinds.total() == count
                assert kinds.keys() <= {expected, 4}
