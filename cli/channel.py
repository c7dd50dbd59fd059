"""Follow the local Discord's channel by the events that its page reads.  Called by send.py."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp

_RECONNECT_AFTER_S = 0.5

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FinalMessage:
    """A message that is no longer "thinking…"; seen_s is the event loop's time at which its event came."""

    message: Json
    seen_s: float


class ChannelWatcher:
    """Reads the channel's events and keeps the final message of each interaction.  Reconnects by itself."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._finals: defaultdict[str, asyncio.Future[FinalMessage]] = defaultdict(asyncio.Future)

    async def final_message(self, interaction_id: str) -> FinalMessage:
        """Wait for the interaction's first message that is no longer "thinking…"."""
        return await asyncio.shield(self._finals[interaction_id])

    async def listen(self, revision: int) -> None:
        """Follow the events after that revision until cancelled."""
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                headers = {"Last-Event-ID": str(revision)}
                async with self._session.get("/api/client/events", headers=headers) as answer:
                    async for kind, seen, data in _events(answer):
                        revision = seen
                        await self._handle(kind, data)
            await asyncio.sleep(_RECONNECT_AFTER_S)

    async def _handle(self, kind: str, data: Json) -> None:
        if kind == "RESET":
            await self._reload_awaited()
        elif kind != "MESSAGE_DELETE":
            self._record(data)

    def _record(self, message: Json) -> None:
        interaction_id = message.get("interaction_metadata", {}).get("id") or message.get("nonce")
        if interaction_id is None or message["state"] == "thinking":
            return
        final = self._finals[interaction_id]
        if not final.done():
            final.set_result(FinalMessage(message, asyncio.get_running_loop().time()))

    async def _reload_awaited(self) -> None:
        """After a RESET events are missing: ask for the messages of each interaction that is still awaited."""
        for interaction_id in [key for key, final in self._finals.items() if not final.done()]:
            async with self._session.get(f"/api/client/interactions/{interaction_id}") as answer:
                for message in (await answer.json())["messages"]:
                    self._record(message)


async def _events(answer: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, int, Json]]:
    """Yield kind, revision and data of each event.  Source: HTML, "Server-sent events"; here a field is one line."""
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
