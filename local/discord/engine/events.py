"""Sends each change of a message to the page and to `mando send`, as server-sent events.

A listener that reconnects names the last event that it saw and gets the changes since then.  After too many changes it
is told to reload.  A listener that is too slow is disconnected and reconnects.  Source: HTML, "Server-sent events".
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from aiohttp import web

from local.discord.data.rows import Change

HEARTBEAT_S = 15.0
MOST_MISSED = 500
_RECONNECT_MS = 1000

# (last revision seen or None, maximum number) → (the newest revision, the changes in between)
CatchUp = Callable[[int | None, int], Awaitable[tuple[int, list[Change]]]]
_Queue = asyncio.Queue[Change | None]


class Broadcast:
    """Gives every change to every listener without waiting for them."""

    def __init__(self) -> None:
        self._queues: set[_Queue] = set()

    def publish(self, change: Change) -> None:
        for queue in list(self._queues):
            if queue.qsize() < MOST_MISSED:
                queue.put_nowait(change)
            else:
                self._disconnect(queue)

    def end(self) -> None:
        """Disconnect every listener."""
        for queue in list(self._queues):
            self._disconnect(queue)

    @contextlib.contextmanager
    def subscribe(self) -> Iterator[_Queue]:
        """A queue of the changes from now on; None is its end."""
        queue: _Queue = asyncio.Queue()
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    def _disconnect(self, queue: _Queue) -> None:
        self._queues.discard(queue)
        queue.put_nowait(None)


async def stream(
    request: web.Request, broadcast: Broadcast, catch_up: CatchUp, show: Callable[[Change], dict[str, Any]]
) -> web.StreamResponse:
    """Stream the changes after the revision in the request, or from now on, until the listener disconnects.

    An event's id is its revision, its type the kind of the change; RESET: the listener missed too many and must reload.
    """
    after = _last_seen(request)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    with broadcast.subscribe() as queue, contextlib.suppress(ConnectionResetError):
        await response.prepare(request)
        await response.write(f"retry: {_RECONNECT_MS}\n\n".encode())
        newest, missed = await catch_up(after, MOST_MISSED + 1)
        if after is not None and (after > newest or len(missed) > MOST_MISSED):
            await response.write(_event("RESET", newest, {}))
        else:
            for change in missed:
                await response.write(_event(change.kind, change.revision, show(change)))
        while True:
            try:
                next_change = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
            except TimeoutError:
                await response.write(b": still here\n\n")
                continue
            if next_change is None:
                break
            if next_change.revision > newest:
                await response.write(_event(next_change.kind, next_change.revision, show(next_change)))
    return response


def _last_seen(request: web.Request) -> int | None:
    """The last revision seen.  A browser sends it as a header when it reconnects, as a query in the first request."""
    text = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _event(kind: str, revision: int, data: dict[str, Any]) -> bytes:
    return f"event: {kind}\nid: {revision}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
