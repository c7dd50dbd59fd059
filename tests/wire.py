"""A server that records each request byte by byte, and answers as the test says."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Wire:
    """heads and bodies of the requests in their order; connections: how many sent a request."""

    url: str = ""
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def first_lines(self) -> list[str]:
        return [head.partition("\r\n")[0] for head in self.heads]

    def headers(self, number: int = -1) -> dict[str, str]:
        """Names in lower case.  A name that came twice is a mistake."""
        lines = self.heads[number].removesuffix("\r\n\r\n").split("\r\n")[1:]
        pairs = [line.split(": ", 1) for line in lines]
        assert len({name.lower() for name, _ in pairs}) == len(pairs), lines
        return {name.lower(): value for name, value in pairs}


@asynccontextmanager
async def a_wire(answer: Callable[[int], bytes] = lambda _: OK, most: int | None = None) -> AsyncIterator[Wire]:
    """answer(number of the request on its connection, from 0) gives the bytes.

    The server closes the connection after empty bytes, after `Connection: close`, and after `most` answers.
    """
    wire, serving = Wire(), set[asyncio.Task[None] | None]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        number = 0
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError), contextlib.closing(writer):
            while True:
                wire.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
                wire.connections += number == 0
                length = int(wire.headers().get("content-length", "0"))
                wire.bodies.append(await reader.readexactly(length))
                sent = answer(number)
                if not sent:
                    break
                writer.write(sent)
                await writer.drain()
                number += 1
                if b"Connection: close" in sent or number == most:
                    break

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.gather(*filter(None, serving))
