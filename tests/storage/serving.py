"""The bucket's routes on a free port of this machine, in a thread, for tests whose clients block."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from local.http.listening import listening
from local.storage.objects import ObjectStore
from local.storage.rest import routes

BUCKET = "demo-mandalas"


@contextlib.contextmanager
def serving_bucket(root: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Iterator[str]:
    """The base URL of a server over that folder; the bucket is made if it is not there."""
    store = ObjectStore(root, now=now)
    store.buckets.ensure(BUCKET)
    app = web.Application()
    app.add_routes(routes(store))
    try:
        with serving_app(app) as url:
            yield url
    finally:
        store.close()


@contextlib.contextmanager
def serving_app(app: web.Application) -> Iterator[str]:
    """The base URL of an aiohttp application, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    stack = contextlib.AsyncExitStack()
    served = stack.enter_async_context(listening(web.AppRunner(app), "127.0.0.1", 0))
    try:
        yield f"http://127.0.0.1:{asyncio.run_coroutine_threadsafe(served, loop).result(10)}"
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextlib.contextmanager
def client_of(base_url: str) -> Iterator[storage.Client]:
    """The real google-cloud-storage client, sent there instead of to Google."""
    client = storage.Client(
        project="demo", credentials=AnonymousCredentials(), client_options={"api_endpoint": base_url}
    )
    try:
        yield client
    finally:
        client.close()
