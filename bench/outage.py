"""Break Discord for a while under load, on a `mando up`, and count what became of everybody.

It needs the whole machine: what others compute meanwhile delays the pictures.  There is no peer.
"""

import asyncio
import contextlib
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench.report import alone
from bench.report.figure import OURS, Effort, Figure, Goal
from bench.stand_in.live import (
    Break,
    break_for,
    calls_in,
    command_of,
    executions_of,
    has_picture,
    most_at_once,
    quantile,
)
from cli.channel import ChannelWatcher, Json
from tests.servers import ROOT
from tests.system.up import Up, mando_up, sources_with_short_waits

_LOOK_EVERY_S = 1.0
_SETTLED_WITHIN_S = 900.0  # the token's life
_PARALLEL = 20


@dataclass(frozen=True, slots=True)
class Load:
    """Requests, evenly: per_s of them, before_s and after_s with Discord, and down_s between without it."""

    per_s: float
    before_s: float
    down_s: float
    after_s: float

    @property
    def back_s(self) -> float:
        """When Discord is back, after the load's begin."""
        return self.before_s + self.down_s

    def arrivals(self) -> list[float]:
        return [number / self.per_s for number in range(round(self.per_s * (self.back_s + self.after_s)))]


@dataclass(slots=True)
class Seen:
    """What was looked at while it ran.  lines: the most tasks of each queue that waited.

    to_picture: when each request was due, and when its picture came, in seconds after the load's begin.
    """

    lines: Counter[str] = field(default_factory=Counter)
    to_picture: list[tuple[float, float]] = field(default_factory=list)


class Pictures(ChannelWatcher):
    """Notes when each interaction's picture appears, by the event loop's clock."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        super().__init__(session)
        self.at_s: dict[str, float] = {}

    def _record(self, message: Json) -> None:
        super()._record(message)
        interaction_id = message.get("interaction_metadata", {}).get("id") or message.get("nonce")
        if interaction_id is not None and has_picture(message):
            self.at_s.setdefault(interaction_id, asyncio.get_running_loop().time())


def measure(effort: Effort) -> Iterator[Figure]:
    load = Load(2.0, 0.5, 1.0, 0.5) if effort.is_short else Load(12.0, 10.0, 150.0, 30.0)
    with tempfile.TemporaryDirectory() as folder:
        root = sources_with_short_waits(Path(folder) / "sources") if effort.is_short else ROOT
        with mando_up(Path(folder) / "data", root) as up:
            messages, seen = asyncio.run(_run(up, load))
            calls = calls_in((up.data / "steps.log").read_text().splitlines())
            executions = executions_of(up)
    about = f"Discord is down for {load.down_s:g} s at {load.per_s:g} requests a second"
    for what, unit, better, value, goals in _rows(messages, calls, executions, seen, load):
        yield Figure(f"{about}: {what}", unit, better, {OURS: [value]}, goals)


async def _run(up: Up, load: Load) -> tuple[dict[str, list[Json]], Seen]:
    """The messages of each interaction that was acknowledged, at the end."""
    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=None, sock_connect=5)
    async with aiohttp.ClientSession(up.base, connector=connector, timeout=timeout) as session:
        pictures, seen = Pictures(session), Seen()
        looking = [asyncio.create_task(pictures.listen(0)), asyncio.create_task(_look(session, seen))]
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        broken = Break({"target": "discord", "kind": "503"}, load.before_s, load.back_s)
        breaking = asyncio.create_task(break_for(session, began_s, broken))
        arrivals = load.arrivals()
        ids = await asyncio.gather(*(_send(session, began_s + at_s, number) for number, at_s in enumerate(arrivals)))
        await breaking
        await _settled(session, loop.time() + _SETTLED_WITHIN_S)
        messages = await _messages(session, [one for one in ids if one is not None])
        for task in looking:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
    for one, at_s in zip(ids, arrivals, strict=True):
        if one in pictures.at_s:
            seen.to_picture.append((at_s, pictures.at_s[one] - began_s))
    return messages, seen


def _rows(
    messages: Mapping[str, Sequence[Json]],
    calls: Mapping[str, int],
    executions: Sequence[Json],
    seen: Seen,
    load: Load,
) -> Iterator[tuple[str, str, Any, float, Sequence[Goal]]]:
    """What, unit, which is better, value, and the goals of the promise."""
    requests, all_of_them = len(load.arrivals()), [Goal(1.0, False)]
    with_picture = sum(any(map(has_picture, found)) for found in messages.values())
    with_one_reply = sum(sum(one["state"] == "replied" for one in found) == 1 for found in messages.values())
    yield "acknowledged", "of 1", "more", len(messages) / requests, all_of_them
    yield "pictures", "of 1", "more", with_picture / requests, all_of_them
    yield "members who see one reply, no more and no less", "of 1", "more", with_one_reply / requests, all_of_them
    yield "calls of /generate-image for each", "calls", "less", calls["generate"] / requests, [Goal(1.1, True)]
    yield "calls of /reply-discord for each", "calls", "less", calls["reply"] / requests, [Goal(10, True)]
    yield "executions for each", "executions", "less", len(executions) / requests, ()
    failed = sum(one["state"] not in ("SUCCEEDED", "ACTIVE") for one in executions)
    yield "executions that failed", "executions", "less", failed, ()
    yield "most executions at once", "executions", "less", most_at_once(executions), [Goal(150, True)]
    for queue, count in sorted(seen.lines.items()):
        yield f"most tasks of {queue}", "tasks", "less", count, ()
    last_s = max((seen_s for at_s, seen_s in seen.to_picture if at_s < load.back_s), default=0.0) - load.back_s
    yield "last picture of those who waited, after the end", "s", "less", last_s, [Goal(60, True)]
    later_s = sorted(seen_s - at_s for at_s, seen_s in seen.to_picture if at_s >= load.back_s)
    for share in (0.5, 0.95, 1) if later_s else ():
        yield f"picture of those who come later, p{100 * share:g}", "s", "less", quantile(later_s, share), ()


async def _send(session: aiohttp.ClientSession, at_s: float, number: int) -> str | None:
    """The id of a member's interaction; None if there is no answer."""
    await asyncio.sleep(at_s - asyncio.get_running_loop().time())
    async with session.post("/api/v10/interactions", json=command_of(number)) as answer:
        return str((await answer.json())["id"]) if answer.ok else None


async def _look(session: aiohttp.ClientSession, seen: Seen) -> None:
    while True:
        for queue in (await _get(session, "/ops/state"))["queues"]:
            seen.lines[queue["name"]] = max(seen.lines[queue["name"]], queue["waiting"])
        await asyncio.sleep(_LOOK_EVERY_S)


async def _settled(session: aiohttp.ClientSession, deadline_s: float) -> None:
    """Wait until no task waits and no execution runs; what has no picture at the deadline is counted as it is."""
    while asyncio.get_running_loop().time() < deadline_s:
        state = await _get(session, "/ops/state")
        counts = defaultdict(int, state["counts"])
        if not any(queue["waiting"] for queue in state["queues"]) and not counts["ACTIVE"] + counts["QUEUED"]:
            return
        await asyncio.sleep(_LOOK_EVERY_S)


async def _messages(session: aiohttp.ClientSession, ids: Sequence[str]) -> dict[str, list[Json]]:
    """Of each interaction that was acknowledged."""
    slots = asyncio.Semaphore(_PARALLEL)

    async def of(one: str) -> tuple[str, list[Json]]:
        async with slots:
            return one, (await _get(session, f"/api/client/interactions/{one}"))["messages"]

    found = await asyncio.gather(*map(of, ids))
    return {one: messages for one, messages in found if any(each["state"] != "failed" for each in messages)}


async def _get(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(path) as answer:
        answer.raise_for_status()
        return await answer.json()


if __name__ == "__main__":
    alone.main(measure, __doc__)
