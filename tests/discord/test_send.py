"""`mando send` reports what became of every interaction, as the channel shows it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web

from tests.command import mando
from tests.discord.application import (
    PICTURE,
    Interaction,
    Running,
    a_form,
    a_picture,
    answering,
    deferred,
    served,
)
from tests.servers import free_port


@dataclass
class Ended:
    """What `mando send` has printed, and its exit code."""

    code: int
    errors: str
    sent: list[dict[str, Any]]
    summary: dict[str, Any]


async def mando_send(port: int, *arguments: str) -> Ended:
    ended = await asyncio.to_thread(mando, "send", "--port", str(port), *arguments)
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    summary = lines.pop()["summary"] if lines else {}
    return Ended(ended.returncode, ended.stderr, lines, summary)


def port_of(here: Running) -> int:
    return int(here.base.rpartition(":")[2])


def replying(here: Running, reply: Callable[[str], Awaitable[None]]) -> list[str]:
    """The application acknowledges, then does that with the address of the reply.  The addresses so far."""
    urls: list[str] = []
    tasks: set[asyncio.Task[None]] = set()

    async def answer(interaction: Interaction) -> web.Response:
        url = here.reply_url

        async def later() -> None:
            while (await here.call("GET", url))[0] == 404:
                await asyncio.sleep(0.01)
            await reply(url)

        urls.append(url)
        tasks.add(asyncio.create_task(later()))
        return await deferred(interaction)

    here.application.answer = answer
    return urls


async def draw(here: Running, url: str) -> None:
    status, _ = await here.call("PATCH", url, data=a_form(PICTURE, ("mandala.png", a_picture())))
    assert status == 200


async def test_every_picture_is_reported_and_summed_up(here: Running) -> None:
    replying(here, lambda url: draw(here, url))
    ended = await mando_send(port_of(here), "--count", "20", "--rate", "100", "--words", "my cat")
    assert (ended.code, ended.errors) == (0, "")
    assert len({one["id"] for one in ended.sent}) == 20
    for one in ended.sent:
        assert one["outcome"] == "picture"
        assert one["visible_replies"] == 1
        assert one["acknowledged"]["status"] == 200
        assert 0 < one["acknowledged"]["ms"] < one["ms_to_picture"] < 60_000
    assert (ended.summary["sent"], ended.summary["picture"], ended.summary["visible_replies"]) == (20, 20, 20)
    assert ended.summary["acknowledged_ms"]["max"] == max(one["acknowledged"]["ms"] for one in ended.sent)
    words = [interaction["data"]["options"][0]["value"] for interaction in here.application.interactions]
    assert words == ["my cat"] * 20


async def test_interactions_are_sent_at_the_rate(here: Running) -> None:
    replying(here, lambda url: draw(here, url))
    arrivals_s: list[float] = []
    reply = here.application.answer

    async def answer(interaction: Interaction) -> web.Response:
        arrivals_s.append(asyncio.get_running_loop().time())
        return await reply(interaction)

    here.application.answer = answer
    await mando_send(port_of(here), "--count", "11", "--rate", "20")
    # Half a second, if the first and the last are on their way for equally long; not at once, and not one a second.
    assert 0.3 <= arrivals_s[-1] - arrivals_s[0] <= 9


async def test_two_deliveries_count_as_one_interaction(here: Running) -> None:
    replying(here, lambda url: draw(here, url))
    ended = await mando_send(port_of(here), "--deliveries", "2")
    assert len(here.application.interactions) == 2
    assert [(one["outcome"], one["visible_replies"]) for one in ended.sent] == [("picture", 1)]


async def test_a_second_visible_reply_is_counted_and_makes_it_fail(here: Running) -> None:
    is_doubled = asyncio.Event()

    async def reply(url: str) -> None:
        if url == urls[0]:
            await draw(here, url)
            await here.call("POST", url.removesuffix("/messages/@original"), json={"content": "and again"})
            is_doubled.set()
        # Everything is counted when the last outcome is there.
        await is_doubled.wait()
        await draw(here, url)

    urls = replying(here, reply)
    ended = await mando_send(port_of(here), "--count", "2")
    assert ended.code == 1
    assert [(one["outcome"], one["visible_replies"]) for one in ended.sent] == [("picture", 2), ("picture", 1)]


async def test_a_reply_without_a_picture_is_told_in_its_words(here: Running) -> None:
    here.application.answer = answering({"type": 4, "data": {"content": "Too busy.", "flags": 64}})
    ended = await mando_send(port_of(here))
    assert (ended.code, ended.sent[0]["outcome"], ended.sent[0]["words"]) == (1, "words", "Too busy.")


async def test_an_application_that_does_not_respond_is_a_failure(here: Running) -> None:
    here.application.answer = answering({}, status=500)
    ended = await mando_send(port_of(here), "--count", "2")
    assert ended.code == 1
    assert [(one["outcome"], one["visible_replies"]) for one in ended.sent] == [("failed", 0)] * 2
    assert ended.summary["failed"] == 2


async def test_a_reply_that_cannot_be_shown_is_told_apart_from_a_failure(here: Running) -> None:
    here.application.answer = answering({"type": 10})
    ended = await mando_send(port_of(here))
    assert (ended.code, ended.sent[0]["outcome"]) == (1, "unshown")
    assert "shows no upgrade button" in ended.sent[0]["words"]


async def test_a_bot_that_thinks_for_ever_is_not_waited_for_longer(here: Running) -> None:
    ended = await mando_send(port_of(here), "--wait", "0.3")
    assert ended.code == 1
    assert ended.sent[0]["outcome"] == "nothing"


async def test_what_discord_refuses_is_told(here: Running) -> None:
    ended = await mando_send(port_of(here), "--words", "x" * 201)
    assert ended.code == 1
    assert ended.sent[0]["outcome"] == "refused"
    assert "200 or fewer" in ended.sent[0]["words"]


async def test_where_nothing_runs_one_line_says_so() -> None:
    ended = await mando_send(free_port())
    assert ended.code == 2
    assert ended.errors.startswith("mando send: nothing answers at http://127.0.0.1:")
    assert ended.errors.count("\n") == 1


async def test_where_something_else_runs_one_line_says_so() -> None:
    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    async with served([web.get("/", hello)]) as url:
        ended = await mando_send(int(url.rpartition(":")[2]))
    assert ended.code == 2
    assert "is no `mando up`" in ended.errors
    assert ended.errors.count("\n") == 1


async def test_where_it_goes_away_meanwhile_one_line_says_so() -> None:
    async def channel(_: web.Request) -> web.Response:
        return web.json_response({"revision": 0})

    async def interact(_: web.Request) -> web.Response:
        return web.json_response({"id": "1", "acknowledged": {"status": 200, "ms": 1}})

    async def gone(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    routes: list[web.AbstractRouteDef] = [
        web.get("/api/client/channel", channel),
        web.post("/api/v10/interactions", interact),
        web.get("/api/client/interactions/1", gone),
    ]
    async with served(routes) as url:
        ended = await mando_send(int(url.rpartition(":")[2]), "--wait", "0.1")
    assert (ended.code, ended.errors.count("\n")) == (1, 1)
    assert "no longer answers: " in ended.errors


@pytest.mark.parametrize(
    "arguments", [("--count", "0"), ("--count", "x"), ("--rate", "0"), ("--rate", "nan"), ("--deliveries", "-1")]
)
async def test_a_senseless_number_is_refused_by_its_option(arguments: tuple[str, str]) -> None:
    ended = await mando_send(free_port(), *arguments)
    assert ended.code == 2
    assert ended.errors.startswith(f"mando send: {arguments[0]}: ")
