"""HTTP/1.1 to one server, in the event loop, over connections that are kept.  Used by cloud_tasks.py, metadata.py and
steps/certificates.py.

It reads what Google's services send: answers with a length or in chunks.  It follows no redirect, and knows no proxy.
Nothing here ends a call: whoever makes one gives it a time-out.  A call of requests takes a thread and nine times as
much of the processor, one of aiohttp twice as much, and 0.13 s at the start (docs/decisions/087-one-loop-calls-too.md).
"""

import asyncio
import functools
import select
import ssl
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import certifi
import httptools

_MOST_BYTES = 1024 * 1024  # of one answer; Cloud Tasks sends a few kilobytes


class Answer(NamedTuple):
    """headers: by their names in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@functools.cache
def _tls() -> ssl.SSLContext:
    """One for all: to read certifi's certificates takes 22 ms."""
    return ssl.create_default_context(cafile=certifi.where())


class Server:
    """url: where it is, e.g. https://cloudtasks.googleapis.com.  Belongs to one event loop, the first that calls it."""

    def __init__(self, url: str, most_kept: int) -> None:
        parts = urlsplit(url)
        self._host, self._netloc, self._prefix = parts.hostname or "", parts.netloc, parts.path.rstrip("/")
        self._tls = _tls() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._most_kept = most_kept
        self._kept: list[_Connection] = []

    async def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Raises OSError, and ValueError if the answer is no HTTP.  A call that is cancelled hangs up."""
        connection = self._one_that_is_kept() or await self._connected()
        lines = [f"{method} {self._prefix}{path} HTTP/1.1", f"Host: {self._netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        try:
            answer = await connection.ask("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        except BaseException:
            connection.hang_up()
            raise
        if connection.may_be_kept and len(self._kept) < self._most_kept:
            self._kept.append(connection)
        else:
            connection.hang_up()
        return answer

    def hang_up(self) -> None:
        """Close all connections that are kept."""
        while self._kept:
            self._kept.pop().hang_up()

    def _one_that_is_kept(self) -> "_Connection | None":
        while self._kept:
            connection = self._kept.pop()
            if connection.is_idle():
                return connection
            connection.hang_up()
        return None

    async def _connected(self) -> "_Connection":
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, self._host, self._port, ssl=self._tls)
        return connection


class _Connection(asyncio.Protocol):
    """One call at a time; the parser calls on_header, on_body and on_message_complete."""

    may_be_kept = False
    _headers: dict[str, str]
    _answer: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._poll = select.poll()
        self._poll.register(transport.get_extra_info("socket"), select.POLLIN)

    async def ask(self, request: bytes) -> Answer:
        self._parser = httptools.HttpResponseParser(self)
        self._body, self._headers, self._received = b"", {}, 0
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def is_idle(self) -> bool:
        """False if the server closed it, also if the loop has not seen that yet: a process may have been paused."""
        return not self._transport.is_closing() and not self._poll.poll(0)

    def hang_up(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._answer is None or self._answer.done():
            self.hang_up()  # nothing was asked
        elif self._received > _MOST_BYTES:
            self._fail(ValueError(f"the answer is larger than {_MOST_BYTES} bytes"))
        else:
            try:
                self._parser.feed_data(data)
            except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
                self._fail(ValueError(f"the answer is no HTTP: {error}"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # Source: RFC 9110, 15.2: the real answer follows
            self._headers = {}
            return
        assert self._answer is not None  # noqa: S101 -- data_received has looked
        if self._answer.done():
            self.hang_up()  # two answers to one request
            return
        self.may_be_kept = self._parser.should_keep_alive()
        self._answer.set_result(Answer(status, self._body, self._headers))

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionError("the server closed the connection before the end of its answer"))

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
