"""Members who ask as fast as they are answered: signed interactions, and a client that needs less time than any server.

One thread sends them all, over connections that are kept.  aiohttp's client takes 0.2 ms for a request, which is more
than the fastest of the servers; this one takes a tenth of it.
"""

import asyncio
import functools
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

from tests.interactions import Signer, an_interaction

_GIVE_UP_AFTER_S = 120
_ids = itertools.count(1310000000000000001)  # no two requests of a run have one: the queue would know the second


def signed(discord: Signer, count: int, kind: int) -> list[bytes]:
    """So many whole HTTP requests, each of another member; kind: 1 is a PING, 2 is /mando."""
    ids = map(str, itertools.islice(_ids, count))
    return [_request(discord, {**an_interaction(one), **_where(one), "type": kind}) for one in ids]


def _where(user_id: str) -> dict[str, Any]:
    """The member, the channel and the server with all that Discord says of them: libraries read more of it than we do.

    Source: Discord, "Guild Member Object", "User Object", "Channel Object", and an interaction's partial guild.
    """
    user: dict[str, Any] = {
        "id": user_id,
        "username": "mina",
        "global_name": "Mina",
        "avatar": "a" * 32,
        "discriminator": "0",
    }
    user |= {"avatar_decoration_data": None, "clan": None, "primary_guild": None, "public_flags": 0}
    member: dict[str, Any] = {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "deaf": False,
        "flags": 0,
    }
    member |= {"joined_at": "2024-05-01T12:00:00.000000+00:00", "mute": False, "nick": None, "pending": False}
    member |= {"permissions": "2147483647", "premium_since": None, "roles": [], "unusual_dm_activity_until": None}
    channel: dict[str, Any] = {
        "id": "1146847361212375003",
        "name": "general",
        "type": 0,
        "permissions": "2147483647",
        "position": 1,
    }
    channel |= {"flags": 0, "guild_id": "1146847361212375001", "last_message_id": None, "nsfw": False}
    guild = {"id": "1146847361212375001", "locale": "en-US", "features": ["COMMUNITY", "NEWS"]}
    return {"member": {**member, "user": user}, "channel": channel, "guild": guild}


def _request(discord: Signer, interaction: dict[str, Any]) -> bytes:
    body = json.dumps(interaction).encode()
    headers = {"Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{name}: {value}\r\n" for name, value in (headers | discord.headers(body)).items()]
    return f"POST / HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + body


class _Member(asyncio.Protocol):
    """One connection: sends the next request as soon as the last one is answered."""

    def __init__(self, requests: Iterator[bytes], answer_type: int, done: asyncio.Future[None]) -> None:
        self._requests = requests
        self._answer_type = answer_type
        self._done = done
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send_next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        if not head.startswith(b"HTTP/1.1 200 ") or json.loads(body)["type"] != self._answer_type:
            self._fail(f"answered {self._received!r}")
        self._received = b""
        self._send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"closed the connection: {exc}")

    def _send_next(self) -> None:
        request = next(self._requests, None)
        if request is not None:
            self._transport.write(request)
        elif not self._done.done():
            self._done.set_result(None)

    def _fail(self, message: str) -> None:
        if not self._done.done():
            self._done.set_exception(RuntimeError(message))


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])


def seconds_for(requests: Sequence[bytes], port: int, answer_type: int, connections: int) -> float:
    """How long it takes until all are answered.  Raises RuntimeError if one is answered otherwise."""

    async def send() -> float:
        loop, left = asyncio.get_running_loop(), iter(requests)
        ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
        transports = []
        began_s = time.perf_counter()
        async with asyncio.timeout(_GIVE_UP_AFTER_S):
            for end in ends:
                member = functools.partial(_Member, left, answer_type, end)
                transports.append((await loop.create_connection(member, "127.0.0.1", port))[0])
            await asyncio.gather(*ends)
        taken_s = time.perf_counter() - began_s
        for transport in transports:
            transport.close()
        return taken_s

    return asyncio.run(send())
