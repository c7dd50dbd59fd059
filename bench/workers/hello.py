"""A worker that is the target of HTTP calls: an aiohttp server on loopback, which answers {"hello": "world"}.

Its jobs: address() gives its URL, received() how many calls have come, and rate_of(count) waits for so many more,
and tells how many of them came in a second.
"""

import asyncio
import threading
import time

from aiohttp import web

from bench.workers.jobs import serve

_DEADLINE_S = 60


def main() -> None:
    listening, found, calls = threading.Event(), [""], [0]

    async def hello(_: web.Request) -> web.Response:
        calls[0] += 1
        return web.json_response({"hello": "world"})

    async def listen() -> None:
        app = web.Application()
        app.router.add_route("*", "/", hello)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        found[0] = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        listening.set()
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(listen()), daemon=True).start()
    listening.wait(timeout=10)

    def rate_of(count: int) -> float:
        """TimeoutError after _DEADLINE_S."""
        before, began_s = calls[0], time.perf_counter()
        while (come := calls[0] - before) < count:
            if time.perf_counter() - began_s > _DEADLINE_S:
                raise TimeoutError(f"{come} of {count} calls within {_DEADLINE_S} s")
            time.sleep(0.002)
        return come / (time.perf_counter() - began_s)

    serve({"address": lambda: found[0], "received": lambda: calls[0], "rate_of": rate_of})


if __name__ == "__main__":
    main()
