"""Run a load and a fault on a running `mando up`, over real HTTP → what became of it.  Called by foresight.

Each request is sent at its time, whatever has become of those before; its time to the reply counts from there.
"""

import asyncio
import contextlib
import math
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp

from bench.report.figure import Effort
from bench.stand_in.processors import Processors, Used
from cli.channel import ChannelWatcher, FinalMessage, Json
from tests.system.up import PLACE, Up

_PATHS = {"generate": "/generate-image", "reply": "/reply-discord"}
_FIRST_MEMBER_ID = 10**17
_PAGE = 500
_WAIT_S = 120.0  # for a reply


@dataclass(frozen=True, slots=True)
class Break:
    """A fault of /faults, from begins_s to ends_s after the load's begin."""

    fault: Mapping[str, Any]
    begins_s: float
    ends_s: float


@dataclass(frozen=True, slots=True)
class Reply:
    """One request; sent_at: seconds since 1970, when it was due.  to_picture_s counts from there, None: none came."""

    id: str
    sent_at: float
    to_picture_s: float | None


@dataclass(frozen=True, slots=True)
class Lived:
    """A run.  calls: of all requests; used: seconds of the processors; load_average: of the last minute."""

    replies: Sequence[Reply]
    calls: Mapping[str, int]
    most_at_once: int
    used: Used
    load_average: float

    @property
    def times_s(self) -> list[float]:
        return sorted(one.to_picture_s for one in self.replies if one.to_picture_s is not None)


class Members:
    """Act as Discord's members against one `mando up`."""

    def __init__(self, up: Up, effort: Effort) -> None:
        self._up = up
        self._quiet_s = 0.1 if effort.is_short else 0.5  # before a run and after it
        self.processors = Processors(up)
        self._sent = 0

    def run(self, arrivals: Sequence[float], broken: Break | None = None, at_once: int = 100_000) -> Lived:
        """at_once: a request waits while so many others have no reply; of a load that is open nobody waits."""
        return asyncio.run(self._run(arrivals, broken, asyncio.Semaphore(at_once)))

    async def _run(self, arrivals: Sequence[float], broken: Break | None, slots: asyncio.Semaphore) -> Lived:
        log = self._up.data / "steps.log"
        logged, seen = log.stat().st_size, len(executions_of(self._up))
        connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=None, sock_connect=5)
        async with aiohttp.ClientSession(self._up.base, connector=connector, timeout=timeout) as session:
            watcher = ChannelWatcher(session)
            async with session.get("/api/client/channel") as answer:
                revision = (await answer.json())["revision"]
            listening = asyncio.create_task(watcher.listen(revision))
            await asyncio.sleep(self._quiet_s)
            before = self.processors.used()
            began_s = asyncio.get_running_loop().time()

            async def send(at_s: float) -> Reply:
                await asyncio.sleep(began_s + at_s - asyncio.get_running_loop().time())
                if not slots.locked():
                    async with slots:
                        return await self._send(session, watcher, began_s + at_s)
                async with slots:
                    return await self._send(session, watcher, asyncio.get_running_loop().time())

            sending = [asyncio.create_task(send(at_s)) for at_s in arrivals]
            breaking = asyncio.create_task(break_for(session, began_s, broken)) if broken else None
            replies = await asyncio.gather(*sending)
            used, load_average = self.processors.used().since(before), os.getloadavg()[0]
            if breaking is not None:
                await breaking
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening
        await asyncio.sleep(self._quiet_s)  # the last executions end
        with log.open() as lines:
            lines.seek(logged)
            calls = calls_in(lines)
        executions = executions_of(self._up)
        return Lived(replies, calls, most_at_once(executions[: len(executions) - seen]), used, load_average)

    async def _send(self, session: aiohttp.ClientSession, watcher: ChannelWatcher, at_s: float) -> Reply:
        loop = asyncio.get_running_loop()
        self._sent += 1  # another member each, so that no share of a member is used up
        async with session.post("/api/v10/interactions", json=command_of(self._sent)) as answer:
            acknowledged: Json = await answer.json()
        final: FinalMessage | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WAIT_S):
                final = await watcher.final_message(acknowledged["id"])
        is_picture = final is not None and has_picture(final.message)
        sent_at = time.time() + at_s - loop.time()
        return Reply(acknowledged["id"], sent_at, final.seen_s - at_s if final and is_picture else None)


async def break_for(session: aiohttp.ClientSession, began_s: float, broken: Break) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(began_s + broken.begins_s - loop.time())
    async with session.post("/faults", json=dict(broken.fault)) as answer:
        answer.raise_for_status()
    await asyncio.sleep(began_s + broken.ends_s - loop.time())
    async with session.delete("/faults") as answer:
        answer.raise_for_status()


def executions_of(up: Up, view: Literal["BASIC", "FULL"] = "BASIC") -> list[dict[str, Any]]:
    """The newest first."""
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        page = up.get(f"v1/{PLACE}/workflows/mando/executions?view={view}&pageSize={_PAGE}&pageToken={token}")
        found += page.get("executions", [])
        token = page.get("nextPageToken", "")
        if not token:
            return found


def command_of(number: int) -> Json:
    """The command of the member of that number."""
    return {"type": 2, "data": {"name": "mando"}, "user_id": str(_FIRST_MEMBER_ID + number)}


def has_picture(message: Json) -> bool:
    return any("image" in embed for embed in message["embeds"])


def calls_in(log: Iterable[str]) -> dict[str, int]:
    """Of each step, in the lines of the steps' log."""
    calls = dict.fromkeys(_PATHS, 0)
    for line in log:
        for name, path in _PATHS.items():
            calls[name] += f'"{path} ' in line
    return calls


def most_at_once(executions: Sequence[Mapping[str, Any]]) -> int:
    """RFC 3339 in UTC sorts as text; one that ends when another begins comes first."""
    changes = [(one["startTime"], 1) for one in executions]
    changes += [(one["endTime"], -1) for one in executions if "endTime" in one]
    most = now = 0
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most


def quantile(values: Sequence[float], share: float) -> float:
    """Of sorted values: the smallest that is not exceeded by that share of them."""
    return values[max(0, math.ceil(share * len(values)) - 1)]
