"""`mando send`: act as Discord against a running `mando up`, and report the outcome of every interaction."""

import asyncio
import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
import click
from tqdm import tqdm

from cli.channel import ChannelWatcher, FinalMessage, Json
from cli.errors import CannotStart, Failed
from cli.options import option, port, positive_number, utf8, whole_number
from local.project import url

_MAX_PARALLEL_CALLS = 20
_FIRST_MEMBER_ID = 10**17


@dataclass(slots=True)
class SentInteraction:
    """One interaction and its outcome.  id is None if the local Discord refused it; refusal says why."""

    began_s: float
    id: str | None = None
    acknowledged: Json | None = None
    final: FinalMessage | None = None
    visible_replies: int = 0
    refusal: str | None = None

    @property
    def outcome(self) -> str:
        """One word.

        picture · words (a reply without a picture) · failed (not acknowledged) · refused · unshown (a reply that the
        local Discord cannot show) · nothing (no reply within --wait)
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


@click.command()
@option("--count", type=whole_number(1), default=1, metavar="N", help="how many interactions")
@option("--rate", type=positive_number, default=5.0, metavar="R", help="how many a second")
@port("send", "where `mando up` runs")
@option("--words", type=utf8, help="the words of each; without them every mandala is new")
@option("--deliveries", type=whole_number(1), default=1, metavar="N", help="how often each is delivered, up to 10")
@option("--wait", type=positive_number, default=120.0, metavar="S", help="how long to wait for each outcome")
def command(count: int, rate: float, port: int, words: str | None, deliveries: int, wait: float) -> int:
    """Prints a line of JSON for each interaction, and one that sums up.

    Exit codes: 0 each ended in one picture, 1 not each, 2 no `mando up` answers.
    """
    data: Json = {"name": "mando"}
    if words is not None:
        data["options"] = [{"name": "words", "value": words}]
    call = {"type": 2, "data": data, "deliveries": deliveries}
    base = url(port)
    try:
        sent = asyncio.run(_send_all(base, call, count, rate, wait))
    except aiohttp.ClientError as error:
        raise Failed(
            f"{base} no longer answers: {type(error).__name__}; the outcome of the interactions is not known"
        ) from None
    for one in sent:
        print(json.dumps(one.to_json(), ensure_ascii=False))
    print(json.dumps({"summary": _summary(sent)}))
    return 0 if all(one.outcome == "picture" and one.visible_replies == 1 for one in sent) else 1


async def _send_all(base: str, call: Json, count: int, rate_per_s: float, wait_s: float) -> list[SentInteraction]:
    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=None, sock_connect=5)
    async with aiohttp.ClientSession(base, connector=connector, timeout=timeout) as session:
        watcher = ChannelWatcher(session)
        revision = await _revision(session, base)
        listening = asyncio.create_task(watcher.listen(revision))
        began_s = asyncio.get_running_loop().time()
        with tqdm(total=count, unit=" mandalas", disable=None) as bar:

            async def send(number: int) -> SentInteraction:
                await asyncio.sleep(began_s + number / rate_per_s - asyncio.get_running_loop().time())
                member = {
                    "user_id": str(_FIRST_MEMBER_ID + number)
                }  # another member each, so that no share of a member is used up
                sent = await _send(session, watcher, call | member, wait_s)
                bar.update()
                return sent

            interactions = await asyncio.gather(*map(send, range(count)))
        listening.cancel()
        # Counted last: a second delivery of an interaction may still be answered after the first has its picture.
        slots = asyncio.Semaphore(_MAX_PARALLEL_CALLS)
        await asyncio.gather(*(_count_replies(session, one, slots) for one in interactions))
        return interactions


async def _revision(session: aiohttp.ClientSession, base: str) -> int:
    """The channel's newest revision.  Raises CannotStart."""
    try:
        async with session.get("/api/client/channel") as answer:
            return int((await answer.json())["revision"])
    except (aiohttp.ClientConnectionError, OverflowError):
        raise CannotStart(f"nothing answers at {base}; start it with `mando up`, or give its --port") from None
    except (aiohttp.ClientError, ValueError, KeyError, TypeError):
        raise CannotStart(f"what answers at {base} is no `mando up`; give the port of one with --port") from None


async def _send(session: aiohttp.ClientSession, watcher: ChannelWatcher, call: Json, wait_s: float) -> SentInteraction:
    sent = SentInteraction(asyncio.get_running_loop().time())
    try:
        async with asyncio.timeout(wait_s):
            async with session.post("/api/v10/interactions", json=call) as answer:
                body = await answer.json()
                if answer.status != 200:
                    sent.refusal = json.dumps(body, ensure_ascii=False)
                    return sent
            sent.id, sent.acknowledged = body["id"], body["acknowledged"]
            sent.final = await watcher.final_message(body["id"])
    except TimeoutError:
        pass
    except aiohttp.ClientError as error:
        sent.refusal = f"{type(error).__name__}: {error}"
    return sent


async def _count_replies(session: aiohttp.ClientSession, sent: SentInteraction, slots: asyncio.Semaphore) -> None:
    if sent.id is None:
        return
    async with slots, session.get(f"/api/client/interactions/{sent.id}") as answer:
        messages = (await answer.json())["messages"]
    sent.visible_replies = sum(message["state"] == "replied" for message in messages)


def _has_picture(message: Json) -> bool:
    return any("image" in embed for embed in message["embeds"]) or any(
        "width" in file for file in message["attachments"]
    )


def _summary(sent: Sequence[SentInteraction]) -> Json:
    acknowledged = [one.acknowledged["ms"] for one in sent if one.acknowledged and one.acknowledged["ms"] is not None]
    pictures = [one.ms_to_picture for one in sent if one.ms_to_picture is not None]
    outcomes = {name: sum(one.outcome == name for one in sent) for name in sorted({one.outcome for one in sent})}
    return {
        "sent": len(sent),
        **outcomes,
        "visible_replies": sum(one.visible_replies for one in sent),
        "acknowledged_ms": _percentiles(acknowledged),
        "ms_to_picture": _percentiles(pictures),
    }


def _percentiles(values: list[float]) -> Json | None:
    if not values:
        return None
    ordered = sorted(values)
    p95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
    return {"median": round(statistics.median(ordered), 1), "p95": p95, "max": ordered[-1]}
