"""The local Discord's channel as its page sees it: each message as it changes.  Called by send.py."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp

_COME_BACK_S = 0.5

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Final:
    """A message that is no longer "thinking…", and when we saw it (the event loop's seconds)."""

    message: Json
    seen_s: float


class Watch:
    """Sees the channel as the page does, by its events.  Comes back by itself where the connection breaks."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._finals: defaultdict[str, asyncio.Future[Final]] = defaultdict(asyncio.Future)

    async def final(self, interaction_id: str) -> Final:
        """The first message of the interaction that is no longer "thinking…"."""
        return await asyncio.shield(self._finals[interaction_id])

    async def listen(self, revision: int) -> None:
        """Follow the events after that revision until cancelled."""
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                headers = {"Last-Event-ID": str(revision)}
                async with self._session.get("/api/client/events", headers=headers) as answer:
                    async for kind, seen, data in _events(answer):
                        revision = seen
                        await self._see(kind, data)
            await asyncio.sleep(_COME_BACK_S)

    async def _see(self, kind: str, data: Json) -> None:
        if kind == "RESET":
            await self._ask_anew()
        elif kind != "MESSAGE_DELETE":
            self._note(data)

    def _note(self, message: Json) -> None:
        interaction_id = message.get("interaction_metadata", {}).get("id") or message.get("nonce")
        if interaction_id is None or message["state"] == "thinking":
            return
        final = self._finals[interaction_id]
        if not final.done():
            final.set_result(Final(message, asyncio.get_running_loop().time()))

    async def _ask_anew(self) -> None:
        """We have missed too much to be told: ask for each that we still wait for."""
        for interaction_id in [key for key, final in self._finals.items() if not final.done()]:
            async with self._session.get(f"/api/client/interactions/{interaction_id}") as answer:
                for message in (await answer.json())["messages"]:
                    self._note(message)


async def _events(answer: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, int, Json]]:
    """Kind, revision and data of each event.  Source: HTML, "Server-sent events"; each field is one line here."""
    fields: dict[str, str] = {}
    async for line in answer.content:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif "data" in fields:
            yield fields["event"], int(fields["id"]), json.loads(fields["data"])
            fields = {}
        else:
            fields = {}
