"""What changes, told at once to everyone who listens: server-sent events for the page and for `mando send`.

A listener that comes back names the last event that it saw and is told what changed since.  One that was away for too
long is told to start afresh; one that is too slow is let go, and comes back.  Source: HTML, "Server-sent events".
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from aiohttp import web

from local.discord.rows import Change

HEARTBEAT_S = 15.0
MOST_MISSED = 500
_RECONNECT_MS = 1000

# (the revision after which to begin or None, how many at most) → (the newest revision, the changes in between)
CatchUp = Callable[[int | None, int], Awaitable[tuple[int, list[Change]]]]
_Queue = asyncio.Queue[Change | None]


class Broadcast:
    """Gives every change to every listener, and waits for none."""

    def __init__(self) -> None:
        self._queues: set[_Queue] = set()

    def publish(self, change: Change) -> None:
        for queue in list(self._queues):
            if queue.qsize() < MOST_MISSED:
                queue.put_nowait(change)
            else:
                self._let_go(queue)

    def end(self) -> None:
        """Let every listener go."""
        for queue in list(self._queues):
            self._let_go(queue)

    @contextlib.contextmanager
    def listening(self) -> Iterator[_Queue]:
        """A queue of the changes from now on; None stands for its end."""
        queue: _Queue = asyncio.Queue()
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    def _let_go(self, queue: _Queue) -> None:
        self._queues.discard(queue)
        queue.put_nowait(None)


async def stream(
    request: web.Request, broadcast: Broadcast, catch_up: CatchUp, show: Callable[[Change], dict[str, Any]]
) -> web.StreamResponse:
    """Answer with the changes after the revision that the request names, or from now on, until the listener goes.

    An event's id is its revision, its type the kind of the change; RESET says that too much was missed.
    """
    after = _last_seen(request)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    with broadcast.listening() as queue, contextlib.suppress(ConnectionResetError):
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
    """A browser sends the header when it comes back by itself, and the query as it first asked."""
    text = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _event(kind: str, revision: int, data: dict[str, Any]) -> bytes:
    return f"event: {kind}\nid: {revision}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
