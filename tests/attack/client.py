"""An HTTP client that sends raw bytes, so that it can send what no library would send."""

import asyncio
import contextlib
import re
from dataclasses import dataclass

CLOSED = 0  # the status where the server closed the connection without an answer
HUNG = -1  # the status where no answer came and the connection stayed open until the timeout
PATIENCE_S = 10.0

_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
_INTERIM = re.compile(rb"HTTP/1\.1 1[0-9]{2} ")
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """status may be CLOSED or HUNG; count is how many answers came to one request, which is one or none."""

    status: int
    body: bytes = b""
    head: bytes = b""
    count: int = 1


class Connection:
    """A connection to one local port, reused for the next request, and opened again after the server closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, message: bytes, patience_s: float = PATIENCE_S) -> Answer:
        """The answer to a request with a recognizable end."""
        try:
            async with asyncio.timeout(patience_s):
                was_kept = self._streams is not None
                answer = await self._asked(message)
                if answer.status == CLOSED and was_kept:  # it had been idle for too long
                    answer = await self._asked(message)
        except TimeoutError:
            self.close()
            return Answer(HUNG)
        return answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _asked(self, message: bytes) -> Answer:
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(message)
            answer = _whole(await _one_answer(reader))
        except OSError:
            answer = Answer(CLOSED)
        if answer.status == CLOSED or _CLOSE.search(answer.head + b"\r\n"):
            self.close()
        return answer


async def ask(port: int, message: bytes, patience_s: float = PATIENCE_S) -> Answer:
    """The answer to a request that is alone on its connection."""
    connection = Connection(port)
    try:
        return await connection.ask(message, patience_s)
    finally:
        connection.close()


async def say(port: int, message: bytes, *, is_cut: bool = False) -> Answer:
    """The answers to any bytes: the first, and their number.  is_cut: end the sending side without waiting."""
    received = b""
    try:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(message)
                if not is_cut:
                    received = await _one_answer(reader)
                with contextlib.suppress(OSError):
                    writer.write_eof()
                while part := await reader.read(65536):
                    received += part
            finally:
                writer.close()
    except TimeoutError:
        if not received:
            return Answer(HUNG)
    except OSError:  # a reset: what came before it counts
        pass
    return _whole(received)


async def _one_answer(reader: asyncio.StreamReader) -> bytes:
    """Its bytes, or those that arrived before the server closed the connection."""
    try:
        while _INTERIM.match(head := await reader.readuntil(b"\r\n\r\n")):
            pass
        length = _LENGTH.search(head)
        return head + (await reader.readexactly(int(length[1])) if length else b"")
    except asyncio.IncompleteReadError as error:
        return error.partial


def _whole(received: bytes) -> Answer:
    if not received:
        return Answer(CLOSED)
    head, _, body = received.partition(b"\r\n\r\n")
    return Answer(_status(head), body, head, len(_STATUS.findall(received)))


def _status(head: bytes) -> int:
    found = _STATUS.match(head)
    return int(found[1]) if found else CLOSED


def request(method: str, path: str, headers: list[tuple[str, str]], body: bytes = b"") -> bytes:
    """A request with a valid form; its parts may hold anything."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers), "", ""]).encode("utf-8") + body
