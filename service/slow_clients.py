"""uvicorn's HTTP/1.1 with a deadline for what a client sends, and a bound on the clients that have not sent it yet.

Both doors are served by it, in one event loop a process: a client that sends slowly holds a socket and no thread.
uvicorn itself waits for a head or a body for ever.  Source: uvicorn, issue 157.
"""

from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn_worker import UvicornWorker

# From a request's first byte to its last; a new connection has as long for its first byte.  Discord and Google's
# services send a few kilobytes at once; and what comes later could not be answered within Discord's 3 s.
REQUEST_WITHIN_S = 2.5
# Connections of one process without a whole request.  Beyond it the oldest is closed: a genuine client needs
# milliseconds, so it is not the oldest.  Half of the 1,024 files that a process may have open in many places.
MOST_WAITING = 512

# States of a client that has sent all that it may.
_WHOLE = (h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR, h11.MIGHT_SWITCH_PROTOCOL)  # type: ignore[attr-defined]
_TOO_SLOW = b"the request took too long to arrive\n"


class ImpatientProtocol(H11Protocol):
    """One connection.  A request that is not whole in time gets 408, or no answer if nothing of it came."""

    _waiting: ClassVar[dict["ImpatientProtocol", None]] = {}

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._timer: Any = None
        self._mark_arrival()
        self._start_waiting()

    def data_received(self, data: bytes) -> None:
        if self.conn.their_state is h11.IDLE and not self._has_begun_a_head():
            self._mark_arrival()
            self._start_timer()
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        self._mark_arrival()  # of the next request, if it has been sent already
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_waiting()

    def _mark_arrival(self) -> None:
        """The application finds it in the request's scope."""
        self.app_state = {"arrived_s": self.loop.time()}

    def _has_begun_a_head(self) -> bool:
        return self.conn.trailing_data[0] != b""

    def _look(self) -> None:
        """After each event: is there still something to wait for?"""
        state = self.conn.their_state
        if self.transport.is_closing() or state in _WHOLE:
            self._stop_waiting()
        elif state is h11.IDLE and not self._has_begun_a_head():
            self._stop_timer()  # between two requests; how long that may be is uvicorn's timeout_keep_alive
            self._waiting.setdefault(self)
        elif self._timer is None:
            self._start_waiting()

    def _start_waiting(self) -> None:
        self._start_timer()
        self._waiting.setdefault(self)
        while len(self._waiting) > MOST_WAITING:
            oldest = next(iter(self._waiting))
            oldest._stop_waiting()
            oldest.transport.close()

    def _start_timer(self) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(REQUEST_WITHIN_S, self._give_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_waiting(self) -> None:
        self._stop_timer()
        self._waiting.pop(self, None)

    def _give_up(self) -> None:
        self._stop_waiting()
        is_answerable = self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE)
        if is_answerable and (self.conn.their_state is h11.SEND_BODY or self._has_begun_a_head()):
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            response = h11.Response(status_code=408, headers=headers, reason=b"Request Timeout")
            for event in (response, h11.Data(data=_TOO_SLOW), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
            if self.cycle is not None:  # the application, which waits for the body, is told that the client is gone
                self.cycle.disconnected = True
                self.cycle.message_event.set()
        self.transport.close()


class Worker(UvicornWorker):
    """gunicorn's worker class for the steps."""

    CONFIG_KWARGS: dict[str, Any] = {  # noqa: RUF012 -- as the base class declares it
        "loop": "asyncio",
        "http": ImpatientProtocol,
        "ws": "none",
        "lifespan": "off",
        "access_log": False,
    }


def serve_functions_so() -> None:
    """functions-framework names uvicorn's own worker class, whose settings are read when a worker starts."""
    UvicornWorker.CONFIG_KWARGS = Worker.CONFIG_KWARGS
