"""Processes that listen on one socket share the work: one that computes lets an idle one take the next connection.

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

# How much later a process takes a connection, for each computation that it has: an idle process needs less to take it.
# More would be felt by replies, which come through the same door and hardly compute.
_LATER_S = 0.003
_LATEST_S = 0.03
_NEXT_AFTER_S = 0.002  # after a connection, which may be about to make this process compute
_RETRY_AFTER_S = 1.0  # as asyncio itself, when there is no file or memory for a connection


class Door:
    """The listening sockets of this process."""

    def __init__(self) -> None:
        self._turn, self._counting = threading.Lock(), threading.Lock()
        self._computing = 0  # also those that wait for their turn
        self._sockets: Sequence[socket.socket] = ()
        self._protocol: Callable[[], asyncio.Protocol] | None = None
        self._arriving: set[asyncio.Task[object]] = set()

    @contextlib.contextmanager
    def computing(self) -> Iterator[None]:
        """Around what computes, in a thread.

        One at a time: threads of Python that compute at once only delay each other, and those that call Discord.
        """
        self._count(1)
        try:
            with self._turn:
                yield
        finally:
            self._count(-1)

    def open(self, sockets: Sequence[socket.socket], protocol: Callable[[], asyncio.Protocol]) -> None:
        """Take connections from now on.  This and close() are called in the event loop."""
        self._sockets, self._protocol = sockets, protocol
        self._listen()

    def close(self) -> None:
        self._do_not_listen()
        self._sockets = ()

    def _count(self, more: int) -> None:
        with self._counting:
            self._computing += more

    def _listen(self) -> None:
        for one in self._sockets:
            asyncio.get_running_loop().add_reader(one.fileno(), self._hear, one)

    def _do_not_listen(self) -> None:
        for one in self._sockets:
            asyncio.get_running_loop().remove_reader(one.fileno())

    def _hear(self, listening: socket.socket) -> None:
        """A connection waits.  Who computes more is later, so that a process with less to do takes it."""
        if self._computing:
            self._do_not_listen()
            later_s = min(self._computing * _LATER_S, _LATEST_S)
            asyncio.get_running_loop().call_later(later_s, self._accept_late, listening)
        else:
            self._accept(listening)

    def _accept_late(self, listening: socket.socket) -> None:
        if self._sockets:
            self._listen()
            self._accept(listening)

    def _accept(self, listening: socket.socket) -> None:
        """Take one connection, if it still waits."""
        try:
            connection, _ = listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError:
            self._rest(_RETRY_AFTER_S)
            return
        assert self._protocol is not None  # noqa: S101 -- open() has been called
        loop = asyncio.get_running_loop()
        arriving = loop.create_task(loop.connect_accepted_socket(self._protocol, connection))
        self._arriving.add(arriving)
        arriving.add_done_callback(self._arriving.discard)
        self._rest(_NEXT_AFTER_S)

    def _rest(self, seconds: float) -> None:
        self._do_not_listen()
        asyncio.get_running_loop().call_later(seconds, self._listen)


DOOR = Door()
