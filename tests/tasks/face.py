"""Cloud Tasks' local face on a free port, and a target that counts what reaches it."""

import io
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from local.appengine import rest as appengine_rest
from local.appengine.service import Service
from local.http.api_error import api_errors
from local.http.outgoing import outgoing_session
from local.tasks.dispatcher import Dispatcher
from local.tasks.rest import routes
from local.tasks.sender import Sender
from local.tasks.store import TaskStore
from tests.issuer import issuer
from tests.running import served, until

PARENT = "projects/demo/locations/us-central1"
QUEUE = f"{PARENT}/queues/create-image-queue"


@dataclass
class Face:
    """arrivals: (time, path, headers, body) of what the target got; answers: what it gives, then 200 for ever.

    The target is below /target; the service of App Engine is the same one.
    """

    url: str
    store: TaskStore
    dispatcher: Dispatcher
    session: aiohttp.ClientSession
    arrivals: list[tuple[float, str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int | web.Response] = field(default_factory=list)

    async def arrived(self, count: int) -> None:
        await until(lambda: len(self.arrivals) >= count)

    async def ask(self, method: str, path: str, body: object = None, **query: str) -> tuple[int, dict[str, Any]]:
        """The status and the JSON of the answer; the path is below /v2/."""
        sent = None if body is None else io.BytesIO(json.dumps(body).encode())
        async with self.session.request(method, f"{self.url}/v2/{path}", data=sent, params=query) as answer:
            return answer.status, await answer.json()

    async def post(self, path: str, body: object = None) -> dict[str, Any]:
        status, answer = await self.ask("POST", path, body)
        assert status == 200, answer
        return answer

    async def create(self, queue: str, task_id: str | None = None, **changes: Any) -> dict[str, Any]:
        """A task for the target."""
        name = {"name": f"{queue}/tasks/{task_id}"} if task_id else {}
        return await self.post(f"{queue}/tasks", {"task": {**name, **a_task(self.url, **changes)}})


@asynccontextmanager
async def a_face(folder: Path) -> AsyncIterator[Face]:
    store = TaskStore(folder / "tasks.sqlite")
    async with aiohttp.ClientSession() as session, outgoing_session() as outgoing:
        app = web.Application(middlewares=[api_errors], client_max_size=4 * 1024 * 1024)
        faces: list[Face] = []

        async def target(request: web.Request) -> web.Response:
            face = faces[0]
            face.arrivals.append((time.monotonic(), request.path, dict(request.headers), await request.read()))
            answer = face.answers.pop(0) if face.answers else 200
            return web.Response(status=answer) if isinstance(answer, int) else answer

        sender = Sender(outgoing, issuer(), "http://127.0.0.1:1")
        dispatcher = Dispatcher(store, sender.send)
        app.add_routes(routes(store, dispatcher))
        app.add_routes(appengine_rest.routes())
        app.router.add_route("*", "/target{tail:.*}", target)
        async with served(app) as url:
            sender.base_url, sender.app_engine = url, Service(url)
            faces.append(Face(url, store, dispatcher, session))
            await dispatcher.start()
            try:
                yield faces[0]
            finally:  # a test that fails leaves no call under way to the next
                await dispatcher.stop()
    store.close()


def a_task(url: str, **changes: Any) -> dict[str, Any]:
    return {"httpRequest": {"url": f"{url}/target", "httpMethod": "POST", **changes}}
