"""Processes that listen on one socket share the work: one that computes takes no new connection.

slow_clients.py opens the door; steps/generate.py says when it computes.

gunicorn's workers race for each connection.  The one that draws wins too often: asyncio accepts all connections that
wait, and whoever has kept a connection gets its next request.  So one worker drew nearly everything beside an idle one.
Source: gunicorn, issues 1984 and 2670; uvicorn-worker, issue 34.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence

# After a connection, until the next one: it may be about to compute, and an idle process is faster than that.
_NEXT_AFTER_S = 0.002
_RETRY_AFTER_S = 1.0  # as asyncio itself, when there is no file or memory for a connection


class Door:
    """The listening sockets of this process."""

    def __init__(self) -> None:
        self._turn, self._counting = threading.Lock(), threading.Lock()
        self._computing = 0  # also those that wait for their turn
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sockets: Sequence[socket.socket] = ()
        self._protocol: Callable[[], asyncio.Protocol] | None = None
        self._arriving: set[asyncio.Task[object]] = set()

    @contextlib.contextmanager
    def computing(self) -> Iterator[None]:
        """Around what computes, in a thread.

        One at a time: threads of Python that compute at once only delay each other, and all that wait for Discord.
        """
        self._count(1)
        try:
            with self._turn:
                yield
        finally:
            self._count(-1)
            loop = self._loop
            if loop is not None and not self._computing:
                with contextlib.suppress(RuntimeError):  # the process ends, and its loop is closed
                    loop.call_soon_threadsafe(self._listen)

    def open(self, sockets: Sequence[socket.socket], protocol: Callable[[], asyncio.Protocol]) -> None:
        """Take connections from now on, in the running event loop."""
        self._loop, self._sockets, self._protocol = asyncio.get_running_loop(), sockets, protocol
        self._listen()

    def close(self) -> None:
        self._do_not_listen()
        self._loop, self._sockets = None, ()

    def _count(self, more: int) -> None:
        with self._counting:
            self._computing += more

    def _listen(self) -> None:
        for one in self._sockets:
            asyncio.get_running_loop().add_reader(one.fileno(), self._accept, one)

    def _do_not_listen(self) -> None:
        for one in self._sockets:
            asyncio.get_running_loop().remove_reader(one.fileno())

    def _accept(self, listening: socket.socket) -> None:
        """Take one connection that waits, if this process does not compute; another one may have taken it."""
        loop = asyncio.get_running_loop()
        self._do_not_listen()
        if self._computing:
            return
        try:
            connection, _ = listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            self._listen()
        except OSError:
            loop.call_later(_RETRY_AFTER_S, self._listen)
        else:
            assert self._protocol is not None  # noqa: S101 -- open() has been called
            arriving = loop.create_task(loop.connect_accepted_socket(self._protocol, connection))
            self._arriving.add(arriving)
            arriving.add_done_callback(self._arriving.discard)
            loop.call_later(_NEXT_AFTER_S, self._listen)


DOOR = Door()
