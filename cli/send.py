"""`mando send`: act as Discord against a running `mando up`, and report what becomes of every interaction."""

import argparse
import asyncio
import contextlib
import json
import math
import statistics
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from tqdm import tqdm

_COME_BACK_S = 0.5
_ASK_AT_ONCE = 20
_FIRST_MEMBER = 10**17

Json = dict[str, Any]


class NothingThere(Exception):
    """Raised when no `mando up` answers; the message is one line for the terminal."""


@dataclass(frozen=True, slots=True)
class Final:
    """A message that is no longer "thinking…", and when we saw it (the event loop's seconds)."""

    message: Json
    seen_s: float


@dataclass(slots=True)
class Sent:
    """One interaction.  id is None where Discord did not take it; then refusal says why."""

    began_s: float
    id: str | None = None
    acknowledged: Json | None = None
    final: Final | None = None
    visible_replies: int = 0
    refusal: str | None = None

    @property
    def outcome(self) -> str:
        """picture, words (a reply without one), failed (not acknowledged), refused, or nothing while we waited.

        unshown is a reply that the local Discord cannot show.
        """
        if self.refusal is not None:
            return "refused"
        if self.final is None:
            return "nothing"
        if self.final.message["state"] in ("failed", "unshown"):
            return str(self.final.message["state"])
        return "picture" if _has_picture(self.final.message) else "words"

    @property
    def ms_to_picture(self) -> float | None:
        if self.outcome != "picture" or self.final is None:
            return None
        return round((self.final.seen_s - self.began_s) * 1000, 1)

    def to_json(self) -> Json:
        shown = {
            "id": self.id,
            "acknowledged": self.acknowledged,
            "outcome": self.outcome,
            "ms_to_picture": self.ms_to_picture,
            "visible_replies": self.visible_replies,
        }
        if self.refusal is not None:
            shown["words"] = self.refusal
        elif self.outcome == "words" and self.final is not None:
            shown["words"] = self.final.message["content"]
        elif self.outcome == "unshown" and self.final is not None:
            shown["words"] = self.final.message["note"]
        return shown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=_count, default=1, metavar="N", help="how many interactions (default: 1)")
    parser.add_argument("--rate", type=positive, default=5.0, metavar="R", help="how many a second (default: 5)")
    parser.add_argument("--port", type=int, default=8080, help="where `mando up` runs (default: 8080)")
    parser.add_argument("--words", help="what each is drawn from (default: every mandala is new)")
    parser.add_argument(
        "--deliveries", type=_count, default=1, metavar="N", help="how often each is delivered, up to 10 (default: 1)"
    )
    parser.add_argument(
        "--wait", type=positive, default=120.0, metavar="S", help="how long to wait for each outcome (default: 120)"
    )


def run(arguments: argparse.Namespace) -> int:
    """1 where an interaction did not end in one picture, 2 where no `mando up` answers."""
    data: Json = {"name": "mando"}
    if arguments.words is not None:
        data["options"] = [{"name": "words", "value": arguments.words}]
    call = {"type": 2, "data": data, "deliveries": arguments.deliveries}
    base = f"http://127.0.0.1:{arguments.port}"
    try:
        sent = asyncio.run(_send_all(base, call, arguments.count, arguments.rate, arguments.wait))
    except NothingThere as error:
        sys.stderr.write(f"mando send: {error}\n")
        return 2
    for one in sent:
        print(json.dumps(one.to_json(), ensure_ascii=False))
    print(json.dumps({"summary": _summary(sent)}))
    return 0 if all(one.outcome == "picture" and one.visible_replies == 1 for one in sent) else 1


async def _send_all(base: str, call: Json, count: int, rate_per_s: float, wait_s: float) -> list[Sent]:
    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=None, sock_connect=5)
    async with aiohttp.ClientSession(base, connector=connector, timeout=timeout) as session:
        watch = Watch(session)
        revision = await _revision(session, base)
        listening = asyncio.create_task(watch.listen(revision))
        began_s = asyncio.get_running_loop().time()
        with tqdm(total=count, unit=" mandalas", disable=None) as bar:

            async def send(number: int) -> Sent:
                await asyncio.sleep(began_s + number / rate_per_s - asyncio.get_running_loop().time())
                member = {"user_id": str(_FIRST_MEMBER + number)}  # each is a member of their own, as in a crowd
                sent = await _send(session, watch, call | member, wait_s)
                bar.update()
                return sent

            every = await asyncio.gather(*map(send, range(count)))
        listening.cancel()
        # Only now has every delivery, also a late one of an interaction that was sent twice, had its time.
        slots = asyncio.Semaphore(_ASK_AT_ONCE)
        await asyncio.gather(*(_count_replies(session, one, slots) for one in every))
        return every


async def _revision(session: aiohttp.ClientSession, base: str) -> int:
    """The channel's newest revision.  Raises NothingThere."""
    try:
        async with session.get("/api/client/channel") as answer:
            return int((await answer.json())["revision"])
    except (aiohttp.ClientConnectionError, OverflowError):
        raise NothingThere(f"nothing answers at {base}; start it with `mando up`, or give its --port") from None
    except (aiohttp.ClientError, ValueError, KeyError, TypeError):
        raise NothingThere(f"what answers at {base} is no `mando up`; give the port of one with --port") from None


async def _send(session: aiohttp.ClientSession, watch: "Watch", call: Json, wait_s: float) -> Sent:
    sent = Sent(asyncio.get_running_loop().time())
    try:
        async with asyncio.timeout(wait_s):
            async with session.post("/api/v10/interactions", json=call) as answer:
                body = await answer.json()
                if answer.status != 200:
                    sent.refusal = json.dumps(body, ensure_ascii=False)
                    return sent
            sent.id, sent.acknowledged = body["id"], body["acknowledged"]
            sent.final = await watch.final(body["id"])
    except TimeoutError:
        pass
    except aiohttp.ClientError as error:
        sent.refusal = f"{type(error).__name__}: {error}"
    return sent


async def _count_replies(session: aiohttp.ClientSession, sent: Sent, slots: asyncio.Semaphore) -> None:
    if sent.id is None:
        return
    async with slots, session.get(f"/api/client/interactions/{sent.id}") as answer:
        messages = (await answer.json())["messages"]
    sent.visible_replies = sum(message["state"] == "replied" for message in messages)


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


def _has_picture(message: Json) -> bool:
    return any("image" in embed for embed in message["embeds"]) or any(
        "width" in file for file in message["attachments"]
    )


def _summary(sent: Sequence[Sent]) -> Json:
    acknowledged = [one.acknowledged["ms"] for one in sent if one.acknowledged and one.acknowledged["ms"] is not None]
    pictures = [one.ms_to_picture for one in sent if one.ms_to_picture is not None]
    outcomes = {name: sum(one.outcome == name for one in sent) for name in sorted({one.outcome for one in sent})}
    return {
        "sent": len(sent),
        **outcomes,
        "visible_replies": sum(one.visible_replies for one in sent),
        "acknowledged_ms": _spread(acknowledged),
        "ms_to_picture": _spread(pictures),
    }


def _spread(values: list[float]) -> Json | None:
    if not values:
        return None
    ordered = sorted(values)
    p95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
    return {"median": round(statistics.median(ordered), 1), "p95": p95, "max": ordered[-1]}


def _count(text: str) -> int:
    count = int(text) if text.isascii() and text.isdecimal() else 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return count


def positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value
