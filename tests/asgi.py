"""An ASGI app in a thread of this process, so that a test can own its clock and what it works with."""

import contextlib
import socket
import time
from collections.abc import Iterator
from threading import Thread
from typing import Any

import uvicorn

from tests.servers import wait_until


@contextlib.contextmanager
def serving_asgi(app: Any) -> Iterator[str]:
    """The base URL.  Each request carries the instant of its arrival, as our worker for gunicorn says it."""

    async def stamped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        scope["state"] = {"arrived_s": time.monotonic()}
        await app(scope, receive, send)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(stamped, lifespan="off", log_config=None, access_log=False))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            wait_until(lambda: server.started, "uvicorn serves the app")
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
