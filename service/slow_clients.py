"""uvicorn's HTTP/1.1 with a deadline for what a client sends, and a bound on the clients that have not sent it yet.

Both doors are served by it, in one event loop a process: a client that sends slowly holds a socket and no thread.
uvicorn itself waits for a head or a body for ever.  Source: uvicorn, issue 157.
"""

from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn_worker import UvicornWorker

from service.log import JsonLines

# From a request's first byte to its last; a new connection has as long for its first byte.  Discord and Google's
# services send a few kilobytes at once; and what comes later could not be answered within Discord's 3 s.
REQUEST_WITHIN_S = 2.5
MOST_HEAD_BYTES = 64 * 1024  # of a head that comes in pieces; Google's front ends let half of it through
# Connections of one process without a whole request.  Beyond it the oldest is closed: a genuine client needs
# milliseconds, so it is not the oldest.  Half of the 1,024 files that a process may have open in many places.
MOST_WAITING = 512
# Requests of one connection that wait for the answer to an earlier one.  uvicorn keeps each that it has read, and reads
# on after each answer: a client that sends and never reads would fill the memory.
MOST_AHEAD = 16


class _Crooked(Exception):
    """Raised in a callback of the parser; uvicorn answers 400 and hangs up."""


class ImpatientProtocol(HttpToolsProtocol):
    """One connection.  A request that is not whole in time gets 408, or no answer if nothing of it came."""

    _waiting: ClassVar[dict["ImpatientProtocol", None]] = {}

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._timer: Any = None
        self._is_arriving = self._is_in_body = False
        self._head_bytes = 0
        self._start_waiting()

    def data_received(self, data: bytes) -> None:
        if self._timer is None and not self._is_busy():
            self._start_waiting()  # also for empty lines, which begin no request
        if not self._is_in_body:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        self.app_state = {"arrived_s": self.loop.time()}  # the application finds it in the request's scope
        self._is_arriving, self._is_in_body = True, False
        self._start_waiting()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= MOST_AHEAD:
            self.pipeline.clear()
            self.transport.abort()
            raise _Crooked  # so that the rest of what was read is not parsed
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise _Crooked  # Source: RFC 9112, 3.2
        if self.parser.should_upgrade():
            raise _Crooked  # the parser would leave the body unread.  No client of ours asks for another protocol
        self._is_in_body, self._head_bytes = True, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_arriving = self._is_in_body = False
        self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._is_busy() and not self.transport.is_closing():
            self._waiting.setdefault(self)  # for how long, says uvicorn's timeout_keep_alive

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_waiting()

    def _is_busy(self) -> bool:
        """Whether a request is under way, towards us or answered by us."""
        return self._is_arriving or (self.cycle is not None and not self.cycle.response_complete)

    def _start_waiting(self) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(REQUEST_WITHIN_S, self._give_up)
        self._waiting.setdefault(self)
        while len(self._waiting) > MOST_WAITING:
            oldest = next(iter(self._waiting))
            oldest._stop_waiting()
            oldest.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_waiting(self) -> None:
        self._stop_timer()
        self._waiting.pop(self, None)

    def _give_up(self) -> None:
        is_unanswered = self.cycle is None or self.cycle.response_complete
        if self._is_in_body:
            is_unanswered = not self.cycle.response_started and not self.pipeline
        if self._is_arriving and is_unanswered:
            self._refuse(b"408 Request Timeout")
        else:
            self.transport.close()
        self._stop_waiting()

    def _refuse(self, status: bytes) -> None:
        """Say so and hang up; an application that waits for the body is told that its client is gone."""
        headers = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
        self.transport.write(b"HTTP/1.1 " + status + b"\r\n" + headers % (len(status) + 1) + status + b"\n")
        if self._is_in_body:
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
        "proxy_headers": False,  # nobody asks for the client's address
        "log_config": {  # uvicorn's own, of an error that no application caught
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonLines}},
            "handlers": {"out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
            "loggers": {"uvicorn.error": {"level": "ERROR", "handlers": ["out"], "propagate": False}},
        },
    }


def serve_functions_so() -> None:
    """functions-framework names uvicorn's own worker class, whose settings are read when a worker starts."""
    UvicornWorker.CONFIG_KWARGS = Worker.CONFIG_KWARGS
