"""uvicorn's HTTP/1.1 with a deadline for each request to arrive, and a limit on connections that have not sent one.

The ingress and the steps are served by it, in one event loop a process: a slow client holds a socket and no thread.
uvicorn itself waits for a head or a body without end.  Source: uvicorn, issue 157.
"""

import asyncio
from contextlib import suppress
from types import FrameType
from typing import Any, ClassVar

import uvicorn_worker._workers
from gunicorn.config import ControlSocketDisable
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import Server
from uvicorn_worker import UvicornWorker

from service.garbage import visit_seldom
from service.log import JsonLines
from service.sharing import DOOR

# From a request's first byte to its last; a new connection has the same time for its first byte.  Discord and Google's
# services send a few kilobytes at once.  A request that comes later could not be answered within Discord's 3 s.
REQUEST_WITHIN_S = 2.5
MAX_HEAD_BYTES = 64 * 1024  # of a request's head; Google's front ends accept half of it
# Connections of one process without a whole request.  When there are more, the oldest is closed: a genuine client needs
# milliseconds, so it is not the oldest.  Half of 1,024, a usual limit on the files that a process has open.
MAX_INCOMPLETE = 512
# Requests of one connection that wait for the answer to an earlier one.  uvicorn keeps every request that it has read,
# so a client that sends and never reads would fill the memory.
MAX_PIPELINED = 16
_TICK_S = 1.0  # the answers' Date changes each second


class _BadRequest(Exception):
    """Raised in a callback of the parser; uvicorn answers 400 and hangs up."""


class DeadlineProtocol(HttpToolsProtocol):
    """One connection.  A request that is not complete in time gets 408, or no answer if none of it came."""

    _incomplete: ClassVar[dict["DeadlineProtocol", None]] = {}

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._timer: Any = None
        self._is_arriving = self._is_in_body = self._has_begun = False
        self._head_bytes = 0
        self._start_deadline()

    def data_received(self, data: bytes) -> None:
        self._has_begun = False
        if not self._is_in_body:
            self._head_bytes += len(data)
        super().data_received(data)
        # Also after empty lines, which do not begin a request.  One that came whole needs no timer.
        is_awaited = self._is_arriving if self._has_begun else self._timer is None and not self._is_busy()
        if is_awaited:
            self._start_deadline()
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        self.app_state = {"arrived_s": self.loop.time()}  # the application finds it in the request's scope
        self._is_arriving, self._is_in_body, self._has_begun = True, False, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= MAX_PIPELINED:
            self.pipeline.clear()
            self.transport.abort()
            raise _BadRequest  # ends the parser: the rest of the data is not parsed
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise _BadRequest  # Source: RFC 9112, 3.2
        if self.parser.should_upgrade():
            raise _BadRequest  # the parser would not read the body.  No client of ours asks for another protocol
        self._is_in_body, self._head_bytes = True, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_arriving = self._is_in_body = False
        self._stop_deadline()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._is_busy() and not self.transport.is_closing():
            self._incomplete.setdefault(self)  # uvicorn's timeout_keep_alive limits the time

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_deadline()

    def _is_busy(self) -> bool:
        """Whether a request is arriving or being answered."""
        return self._is_arriving or (self.cycle is not None and not self.cycle.response_complete)

    def _start_deadline(self) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(REQUEST_WITHIN_S, self._time_out)
        self._incomplete.setdefault(self)
        while len(self._incomplete) > MAX_INCOMPLETE:
            oldest = next(iter(self._incomplete))
            oldest._stop_deadline()
            oldest.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_deadline(self) -> None:
        self._stop_timer()
        self._incomplete.pop(self, None)

    def _time_out(self) -> None:
        is_unanswered = self.cycle is None or self.cycle.response_complete
        if self._is_in_body:
            is_unanswered = not self.cycle.response_started and not self.pipeline
        if self._is_arriving and is_unanswered:
            self._refuse(b"408 Request Timeout")
        else:
            self.transport.close()
        self._stop_deadline()

    def _refuse(self, status: bytes) -> None:
        """Answer with the status and close; an application that waits for the body gets ClientDisconnect."""
        headers = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
        self.transport.write(b"HTTP/1.1 " + status + b"\r\n" + headers % (len(status) + 1) + status + b"\n")
        if self._is_in_body:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()


class OneRequestProtocol(DeadlineProtocol):
    """A connection that ends with its first answer: a client that keeps it would come back to the same process."""

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self.cycle.keep_alive = False


class SteadyServer(Server):
    """uvicorn's server, which wakes once a second: to look ten times whether it shall end costs 1 % of the drawing."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._ends = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        visit_seldom()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._ends.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        asyncio.get_running_loop().call_soon_threadsafe(self._ends.set)  # also from a signal's handler


class SharingServer(SteadyServer):
    """A server whose connections come through the door of the process."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets=[])
        DOOR.open(sockets, self._protocol)

    async def shutdown(self, sockets: Any = None) -> None:
        DOOR.close()
        await super().shutdown(sockets)

    def _protocol(self) -> DeadlineProtocol:
        return OneRequestProtocol(self.config, self.server_state, self.lifespan.state)


class Worker(UvicornWorker):
    """gunicorn's worker class for the steps."""

    CONFIG_KWARGS: dict[str, Any] = {  # noqa: RUF012 -- as the base class declares it
        "loop": "asyncio",
        "http": DeadlineProtocol,
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

    async def _serve(self) -> None:
        """As the base class, with another server."""
        self.config.app = self.wsgi
        self._install_sigquit_handler()
        await SharingServer(self.config).serve(self.sockets)


def use_deadlines_in_functions_framework() -> None:
    """Give the settings of our worker, and a server of ours, to uvicorn's own class, which functions-framework uses.

    And gunicorn opens no socket for commands, as app.yaml tells it: functions-framework passes no such option on.
    """
    UvicornWorker.CONFIG_KWARGS = Worker.CONFIG_KWARGS
    uvicorn_worker._workers.Server = SteadyServer  # type: ignore[attr-defined]
    ControlSocketDisable.default = True
