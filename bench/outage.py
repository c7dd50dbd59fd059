"""Break Discord for a while under load, on a `mando up` that it starts, and print what became of everybody.

It needs the whole machine: what others compute meanwhile delays the pictures.
"""

import argparse
import asyncio
import contextlib
import os
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench.stand_in.live import most_at_once, quantile
from cli.channel import ChannelWatcher, Json
from tests.system.up import PLACE, Up, mando_up

_FIRST_MEMBER_ID = 10**17
_BEFORE_S = 10.0
_LOOK_EVERY_S = 1.0
_SETTLED_WITHIN_S = 900.0  # the token's life
_PAGE = 500
_PARALLEL = 20
_CALLS = {"generate": '"/generate-image ', "reply": '"/reply-discord '}


@dataclass(frozen=True, slots=True)
class Load:
    """Requests, evenly: per_s of them, down_s of it without Discord and after_s when it is back."""

    per_s: float
    down_s: float
    after_s: float

    @property
    def back_s(self) -> float:
        """When Discord is back, after the load's begin."""
        return _BEFORE_S + self.down_s

    def arrivals(self) -> list[float]:
        return [number / self.per_s for number in range(round(self.per_s * (self.back_s + self.after_s)))]


@dataclass(slots=True)
class Seen:
    """What was looked at while it ran.  Each line: the most tasks of a queue that waited."""

    lines: Counter[str] = field(default_factory=Counter)
    load_averages: list[float] = field(default_factory=list)


class Pictures(ChannelWatcher):
    """Notes when each interaction's picture appears, by the event loop's clock."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        super().__init__(session)
        self.at_s: dict[str, float] = {}

    def _record(self, message: Json) -> None:
        super()._record(message)
        interaction_id = message.get("interaction_metadata", {}).get("id") or message.get("nonce")
        if interaction_id is not None and _has_picture(message):
            self.at_s.setdefault(interaction_id, asyncio.get_running_loop().time())


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.outage", description=__doc__)
    parser.add_argument("--rate", type=float, default=12.0, help="requests a second")
    parser.add_argument("--down", type=float, default=150.0, help="for how many seconds Discord is down")
    parser.add_argument("--after", type=float, default=60.0, help="for how many seconds more requests come")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, mando_up(Path(folder) / "data") as up:
        asyncio.run(_measure(up, Load(given.rate, given.down, given.after)))


async def _measure(up: Up, load: Load) -> None:
    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=None, sock_connect=5)
    async with aiohttp.ClientSession(up.base, connector=connector, timeout=timeout) as session:
        pictures, seen = Pictures(session), Seen()
        looking = [asyncio.create_task(pictures.listen(0)), asyncio.create_task(_look(session, seen))]
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        breaking = asyncio.create_task(_break(session, began_s, load))
        arrivals = load.arrivals()
        ids = await asyncio.gather(*(_send(session, began_s + at_s, number) for number, at_s in enumerate(arrivals)))
        await breaking
        await _settled(session, loop.time() + _SETTLED_WITHIN_S)
        messages = await _messages(session, [one for one in ids if one is not None])
        for task in looking:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        executions = await _executions(session)
    to_picture = [
        (pictures.at_s[one] - began_s, at_s) for one, at_s in zip(ids, arrivals, strict=True) if one in pictures.at_s
    ]
    last_s = max((seen_s for seen_s, at_s in to_picture if at_s < load.back_s), default=0.0) - load.back_s
    later = sorted(seen_s - at_s for seen_s, at_s in to_picture if at_s >= load.back_s)
    print(
        f"{len(ids)} requests, {load.per_s:g}/s; Discord is down from {_BEFORE_S:g} to {load.back_s:g} s;"
        f" load average {min(seen.load_averages):.1f} to {max(seen.load_averages):.1f}"
    )
    for name, value, goal in _rows(messages, _calls(up), executions, seen, len(ids)):
        print(f"  {name:<42}{value:>15}  {goal}")
    print(f"  {'last picture of those who waited':<42}{last_s:>13.1f} s  at most 60 s after Discord is back")
    for share in (0.5, 0.95, 1) if later else ():
        print(f"  {f'picture of those who come later, p{100 * share:g}':<42}{quantile(later, share):>13.2f} s")


def _rows(
    messages: Mapping[str, Sequence[Json]],
    calls: Mapping[str, int],
    executions: Sequence[Json],
    seen: Seen,
    requests: int,
) -> Iterator[tuple[str, str, str]]:
    """Name, value, and the goal of the promise."""
    visible = Counter(sum(one["state"] == "replied" for one in found) for found in messages.values())
    with_picture = sum(any(map(_has_picture, found)) for found in messages.values())
    yield "acknowledged", str(sum(any(one["state"] != "failed" for one in found) for found in messages.values())), ""
    yield "pictures", str(with_picture), f"{requests}"
    yield "visible replies of each", " ".join(f"{count}×{number}" for number, count in sorted(visible.items())), "1"
    yield "calls of /generate-image for each", f"{calls['generate'] / requests:.3f}", "at most 1.1"
    yield "calls of /reply-discord for each", f"{calls['reply'] / requests:.2f}", "at most 10"
    yield "executions for each", f"{len(executions) / requests:.3f}", ""
    states = Counter(one["state"] for one in executions)
    yield "their states", ", ".join(f"{count} {state}" for state, count in sorted(states.items())), ""
    yield "most executions at once", str(most_at_once(executions)), "at most 150"
    for queue, count in sorted(seen.lines.items()):
        yield f"most tasks of {queue}", str(count), ""


async def _send(session: aiohttp.ClientSession, at_s: float, number: int) -> str | None:
    """The id of a member's interaction; None if there is no answer."""
    await asyncio.sleep(at_s - asyncio.get_running_loop().time())
    body = {"type": 2, "data": {"name": "mando"}, "user_id": str(_FIRST_MEMBER_ID + number)}
    async with session.post("/api/v10/interactions", json=body) as answer:
        return str((await answer.json())["id"]) if answer.ok else None


async def _break(session: aiohttp.ClientSession, began_s: float, load: Load) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(began_s + _BEFORE_S - loop.time())
    async with session.post("/faults", json={"target": "discord", "kind": "503"}) as answer:
        answer.raise_for_status()
    await asyncio.sleep(began_s + load.back_s - loop.time())
    async with session.delete("/faults") as answer:
        answer.raise_for_status()


async def _look(session: aiohttp.ClientSession, seen: Seen) -> None:
    while True:
        seen.load_averages.append(os.getloadavg()[0])
        for queue in (await _get(session, "/ops/state"))["queues"]:
            seen.lines[queue["name"]] = max(seen.lines[queue["name"]], queue["waiting"])
        await asyncio.sleep(_LOOK_EVERY_S)


async def _settled(session: aiohttp.ClientSession, deadline_s: float) -> None:
    """Wait until no task waits and no execution runs."""
    while asyncio.get_running_loop().time() < deadline_s:
        state = await _get(session, "/ops/state")
        counts = defaultdict(int, state["counts"])
        if not any(queue["waiting"] for queue in state["queues"]) and not counts["ACTIVE"] + counts["QUEUED"]:
            return
        await asyncio.sleep(_LOOK_EVERY_S)
    print("it did not settle")


async def _messages(session: aiohttp.ClientSession, ids: Sequence[str]) -> dict[str, list[Json]]:
    """Of each interaction."""
    slots = asyncio.Semaphore(_PARALLEL)

    async def of(one: str) -> tuple[str, list[Json]]:
        async with slots:
            return one, (await _get(session, f"/api/client/interactions/{one}"))["messages"]

    return dict(await asyncio.gather(*map(of, ids)))


async def _executions(session: aiohttp.ClientSession) -> list[Json]:
    found: list[Json] = []
    token = ""
    while True:
        page = await _get(session, f"/v1/{PLACE}/workflows/mando/executions?pageSize={_PAGE}&pageToken={token}")
        found += page.get("executions", [])
        token = page.get("nextPageToken", "")
        if not token:
            return found


def _calls(up: Up) -> dict[str, int]:
    lines = (up.data / "steps.log").read_text().splitlines()
    return {name: sum(text in line for line in lines) for name, text in _CALLS.items()}


async def _get(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(path) as answer:
        answer.raise_for_status()
        return await answer.json()


def _has_picture(message: Json) -> bool:
    return any("image" in embed for embed in message["embeds"])


if __name__ == "__main__":
    began_s = time.monotonic()
    main()
    print(f"{time.monotonic() - began_s:.0f} s in all")
