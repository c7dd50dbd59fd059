"""A running local Discord, and a real application over HTTP that receives its interactions."""

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import PIL.Image
from aiohttp import web
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from local.discord.api.routes import routes
from local.discord.engine.discord import LocalDiscord
from local.http.guard import add_security_headers, guard
from local.http.listening import listening
from tests.servers import ROOT

COMMAND = json.loads((ROOT / "deploy" / "command.json").read_bytes())
BOT_TOKEN = "a-bot-token"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)

Interaction = dict[str, Any]
Answer = Callable[[Interaction], Awaitable[web.Response]]
Result = TypeVar("Result")


async def deferred(_: Interaction) -> web.Response:
    return web.json_response({"type": 5})


def answering(body: Any, status: int = 200, **more: Any) -> Answer:
    async def answer(_: Interaction) -> web.Response:
        return web.json_response(body, status=status, **more)

    return answer


class Clock:
    """Does not move unless a test advances it."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@dataclass
class Application:
    """Checks every signature, and answers with `answer`; by default it defers ("thinking…")."""

    clock: Clock
    public_key_hex: str = ""
    answer: Answer = deferred
    interactions: list[Interaction] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        signed = request.headers["X-Signature-Timestamp"].encode() + body
        try:
            key = VerifyKey(bytes.fromhex(self.public_key_hex))
            key.verify(signed, bytes.fromhex(request.headers["X-Signature-Ed25519"]))
        except BadSignatureError:
            return web.Response(status=401)
        assert int(request.headers["X-Signature-Timestamp"]) == int(self.clock().timestamp())
        self.headers.append(dict(request.headers))
        interaction = json.loads(body)
        if interaction["type"] == 1:
            return web.json_response({"type": 1})
        self.interactions.append(interaction)
        return await self.answer(interaction)


@dataclass
class Running:
    """A local Discord at `base`, its application, and a session to call it with."""

    discord: LocalDiscord
    application: Application
    base: str
    session: aiohttp.ClientSession
    clock: Clock

    @property
    def api(self) -> str:
        return f"{self.base}/api/v10"

    async def interact(self, **more: Any) -> dict[str, Any]:
        """Use /mando; more is what else the client's call holds."""
        body = {"data": {"name": "mando"}} | more
        async with self.session.post(f"{self.api}/interactions", json=body) as answer:
            assert answer.status == 200, await answer.text()
            outcome: dict[str, Any] = await answer.json()
            return outcome

    @property
    def reply_url(self) -> str:
        """Of the last interaction."""
        interaction = self.application.interactions[-1]
        return f"{self.api}/webhooks/{interaction['application_id']}/{interaction['token']}/messages/@original"

    async def call(self, method: str, url: str, **more: Any) -> tuple[int, Any]:
        """The status and the JSON of the answer, None where there is no body."""
        async with self.session.request(method, url, **more) as answer:
            body = await answer.read()
            return answer.status, json.loads(body) if body else None

    async def channel(self) -> dict[str, Any]:
        _, channel = await self.call("GET", f"{self.base}/api/client/channel")
        assert isinstance(channel, dict)
        return channel

    async def messages(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = (await self.channel())["messages"]
        return listed


@contextlib.asynccontextmanager
async def local_discord(
    folder: Path, clock: Clock | None = None, bot_token: str | None = BOT_TOKEN
) -> AsyncIterator[Running]:
    """Both on free ports of this machine; /mando is registered."""
    clock = clock or Clock()
    application = Application(clock)
    async with contextlib.AsyncExitStack() as stack:
        application_url = await stack.enter_async_context(served([web.post("/", application.handle)]))
        discord = LocalDiscord(folder / "discord.sqlite", application_url, bot_token, clock)
        await stack.enter_async_context(discord)
        application.public_key_hex = discord.public_key_hex
        await discord.register([COMMAND])
        base = await stack.enter_async_context(served(routes(discord)))
        stack.callback(discord.broadcast.end)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield Running(discord, application, base, session, clock)


@contextlib.asynccontextmanager
async def served(served: list[web.AbstractRouteDef]) -> AsyncIterator[str]:
    app = web.Application(middlewares=[guard])
    app.on_response_prepare.append(add_security_headers)
    app.add_routes(served)
    runner = web.AppRunner(app)
    async with listening(runner, "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


def a_picture(side_px: int = 64, colour: str = "teal") -> bytes:
    """A PNG."""
    content = io.BytesIO()
    PIL.Image.new("RGB", (side_px, side_px), colour).save(content, "PNG")
    return content.getvalue()


def a_form(message: Any, *files: tuple[str, bytes]) -> aiohttp.FormData:
    """Multipart: payload_json and files[0], files[1], …; each file is (filename, bytes)."""
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("payload_json", json.dumps(message), content_type="application/json")
    for index, (filename, content) in enumerate(files):
        form.add_field(f"files[{index}]", io.BytesIO(content), filename=filename, content_type="image/png")
    return form


PICTURE = {
    "content": "",
    "embeds": [
        {
            "title": "Lotus of the quiet hour",
            "description": "Twelve petals in amethyst and gold.",
            "color": 0x8A4FFF,
            "image": {"url": "attachment://mandala.png"},
        }
    ],
    "attachments": [{"id": 0, "filename": "mandala.png", "description": "Twelve petals in amethyst and gold."}],
    "allowed_mentions": {"parse": []},
}


async def until(condition: Callable[[], Awaitable[Result]], what: str, deadline_s: float = 60) -> Result:
    """The condition's first true result; AssertionError with `what` after deadline_s."""
    async with asyncio.timeout(deadline_s):
        while not (result := await condition()):
            await asyncio.sleep(0.01)
    return result
