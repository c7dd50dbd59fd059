"""What changes is told at once, in order, and to a listener that was away as well."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from local.discord.engine import events
from tests.discord.application import Running, until

Event = tuple[str, int, dict[str, Any]]


class Listener:
    """Reads the stream; a comment is an event of kind ":"."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def next(self) -> Event:
        fields: dict[str, str] = {}
        async with asyncio.timeout(30):
            async for line in self._answer.content:
                text = line.decode().rstrip("\n")
                if text.startswith(":"):
                    return ":", 0, {}
                name, _, value = text.partition(": ")
                if name:
                    fields[name] = value
                elif "event" in fields:
                    return fields["event"], int(fields["id"]), json.loads(fields["data"])
        raise AssertionError("the stream has ended")

    async def several(self, count: int) -> list[Event]:
        return [await self.next() for _ in range(count)]


@contextlib.asynccontextmanager
async def listening(here: Running, after: int | None = None, query: str = "") -> AsyncIterator[Listener]:
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    async with here.session.get(f"{here.base}/api/client/events{query}", headers=headers) as answer:
        assert answer.content_type == "text/event-stream"
        assert await answer.content.readline() == b"retry: 1000\n"
        yield Listener(answer)


async def test_a_reply_is_told_from_thinking_to_its_deletion(here: Running) -> None:
    revision = (await here.channel())["revision"]
    async with listening(here, revision) as listener:
        await here.interact()
        await here.call("PATCH", here.reply_url, json={"content": "done"})
        await here.call("DELETE", here.reply_url)
        created, updated, deleted = await listener.several(3)
    assert [created[0], updated[0], deleted[0]] == ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"]
    assert created[2]["state"] == "thinking"
    assert (updated[2]["state"], updated[2]["content"]) == ("replied", "done")
    assert deleted[2] == {"id": created[2]["id"], "channel_id": here.discord.identities.channel_id}
    assert created[1] < updated[1] < deleted[1]


async def test_a_listener_that_comes_back_learns_what_it_has_missed_and_nothing_twice(here: Running) -> None:
    revision = (await here.channel())["revision"]
    async with listening(here, revision) as listener:
        await here.interact()
        ((_, seen, first),) = await listener.several(1)
    await here.call("PATCH", here.reply_url, json={"content": "done"})
    await here.interact()
    async with listening(here, seen) as listener:
        updated, created = await listener.several(2)
        assert (updated[0], updated[2]["id"], updated[2]["content"]) == ("MESSAGE_UPDATE", first["id"], "done")
        assert created[0] == "MESSAGE_CREATE"
        await here.call("PATCH", here.reply_url, json={"content": "also done"})
        assert (await listener.next())[2]["id"] == created[2]["id"]


async def test_the_address_may_say_where_to_begin_and_the_header_goes_before_it(here: Running) -> None:
    await here.interact()
    await here.interact()
    async with listening(here, query="?after=1") as listener:
        assert (await listener.next())[1] == 2
    async with listening(here, after=1, query="?after=0") as listener:
        assert (await listener.next())[1] == 2


async def test_without_a_beginning_only_what_is_new_is_told(here: Running) -> None:
    await here.interact()
    async with listening(here) as listener:
        second = await here.interact()
        assert (await listener.next())[2]["interaction_metadata"]["id"] == second["id"]


@pytest.mark.parametrize("after", [10**6, 0])
async def test_who_has_missed_too_much_or_is_ahead_is_told_to_begin_afresh(
    here: Running, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_MISSED", 2)
    for _ in range(3):
        await here.interact()
    async with listening(here, after) as listener:
        assert await listener.next() == ("RESET", 3, {})
        await here.interact()
        assert (await listener.next())[:2] == ("MESSAGE_CREATE", 4)


async def test_a_stream_is_kept_by_somebody_or_ends_too_soon(here: Running) -> None:
    """What proxies and browsers do: an idle connection ends after 30 s and more; what is missed is a page or two."""
    assert (events.HEARTBEAT_S, events.MOST_MISSED) == (15, 500)
    async with here.session.get(f"{here.base}/api/client/events") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("missed", "told"), [(2, ["MESSAGE_CREATE"] * 2), (3, ["RESET"])])
async def test_who_has_missed_as_much_as_is_told_is_told_to_begin_afresh(
    here: Running, monkeypatch: pytest.MonkeyPatch, missed: int, told: list[str]
) -> None:
    monkeypatch.setattr(events, "MOST_MISSED", 2)
    for number in range(missed):
        await here.discord.run(here.discord.channel.say, f"{number}")
    async with listening(here, after=0) as listener:
        assert [(await listener.next())[0] for _ in told] == told
        await here.discord.run(here.discord.channel.say, "next")
        kind, revision, message = await listener.next()
        assert (kind, revision, message["content"]) == ("MESSAGE_CREATE", missed + 1, "next")
    async with listening(here, after=missed + 1) as listener:  # it has missed nothing
        await here.discord.run(here.discord.channel.say, "last")
        assert (await listener.next())[2]["content"] == "last"
    async with listening(here, after=missed + 3) as listener:  # of another store
        assert (await listener.next())[:2] == ("RESET", missed + 2)


@pytest.mark.parametrize("after", ["x", "-1", "1" * 19, "١", "1.0", ""])
async def test_a_beginning_that_is_none_is_taken(here: Running, after: str) -> None:
    await here.interact()
    async with listening(here, query=f"?after={after}") as listener:
        await here.discord.run(here.discord.channel.say, "new")
        assert (await listener.next())[2]["content"] == "new", "as without one"


async def test_a_silent_stream_still_shows_that_it_lives(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.05)
    async with listening(here) as listener:
        assert (await listener.next())[0] == ":"
        assert (await listener.next())[0] == ":"


async def test_a_listener_that_does_not_read_is_let_go_and_delays_nobody(
    here: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_MISSED", 5)
    with here.discord.broadcast.subscribe() as unread:
        async with listening(here) as listener:
            for _ in range(7):
                await here.interact()
                await listener.next()
        # 5 changes wait, and the end after them
        assert [unread.get_nowait() is None for _ in range(unread.qsize())] == [False] * 5 + [True]


async def test_the_end_of_the_local_discord_ends_every_stream(here: Running) -> None:
    async with listening(here) as listener:
        await here.interact()
        await listener.next()
        here.discord.broadcast.end()
        with pytest.raises(AssertionError, match="ended"):
            await listener.next()


async def test_a_listener_that_has_gone_is_forgotten(here: Running) -> None:
    async with listening(here):
        pass

    async def is_forgotten() -> bool:
        await here.interact()
        return not here.discord.broadcast._queues

    await until(is_forgotten, "the queue of the listener is gone")


async def test_a_change_while_a_listener_catches_up_is_told_once(
    here: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = here.discord.channel
    catch_up = channel.catch_up

    def late_catch_up(after: int | None, most: int) -> Any:
        channel.say("meanwhile")
        return catch_up(after, most)

    monkeypatch.setattr(channel, "catch_up", late_catch_up)
    async with listening(here, after=0) as listener:
        assert (await listener.next())[2]["content"] == "meanwhile"
        await here.discord.run(channel.say, "later")
        assert (await listener.next())[2]["content"] == "later"
