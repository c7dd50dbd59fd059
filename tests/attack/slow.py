"""Opens many sockets that send less than they announce and stay open as long as the server allows."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from tests.attack.client import Answer
from tests.running import until

SOCKETS = 200
WITHIN_S = 2.0  # a server that waits for a slow socket answers only after its timeout of 2.5 s
_DRIP_EVERY_S = 0.2
_HEAD = b"POST /generate-image HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"

# What each sends at once.  A shape that begins with "drip" sends one more byte now and then.
SHAPES: Mapping[str, bytes] = {
    "one byte of body": _HEAD + b"Content-Length: 1000\r\n\r\n{",
    "half a head": _HEAD + b"X-A: ",
    "drip": _HEAD + b"X-Drip: ",
    "drip of body": _HEAD + b"Content-Length: 1000\r\n\r\n{",
    "no bytes": b"",
}


@asynccontextmanager
async def slow_sockets_open(port: int, shapes: list[str], count: int = SOCKETS) -> AsyncIterator[None]:
    """Keep `count` sockets open at the port, with these shapes in turn, until the block ends."""
    held: list[asyncio.StreamWriter] = []

    async def hold(shape: str) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(30):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            held.append(writer)
            writer.write(SHAPES[shape])
            while shape.startswith("drip"):
                await asyncio.sleep(_DRIP_EVERY_S)
                writer.write(b"x")

    holding = [asyncio.create_task(hold(shapes[number % len(shapes)])) for number in range(count)]
    try:
        with contextlib.suppress(TimeoutError):
            await until(lambda: len(held) == count, 30)
        assert len(held) == count, f"{len(held)} of {count} sockets were taken"
        await asyncio.sleep(0.2)
        yield
    finally:
        for one in holding:
            one.cancel()
        await asyncio.gather(*holding, return_exceptions=True)
        for writer in held:
            writer.transport.abort()


async def least_of(measured: Callable[[], Awaitable[float]], within_s: float = WITHIN_S, times: int = 3) -> float:
    """Of a few measurements, up to the first within_s: a machine stalls now and then, a bad server each time."""
    least_s = await measured()
    for _ in range(times - 1):
        if least_s >= within_s:
            least_s = min(least_s, await measured())
    return least_s


async def slowest_of(ask: Callable[[], Awaitable[Answer]], right: int, times: int = 4) -> float:
    """The longest wait of a few genuine requests in sequence.  AssertionError for a wrong answer."""
    slowest_s = 0.0
    for _ in range(times):
        began_s = time.monotonic()
        answer = await ask()
        took_s = time.monotonic() - began_s
        slowest_s = max(slowest_s, took_s)
        assert answer.status == right, f"status {answer.status} after {took_s:.1f} s, right is {right}"
        if took_s > WITHIN_S:
            break
        await asyncio.sleep(0.1)
    return slowest_s
