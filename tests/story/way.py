"""A local cloud with an ingress and steps of a few lines, on real ports, for the tests of the story."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from local.deployed import deploy_files
from local.faults.incident import Incident
from local.form import DEFAULT_FORM, Form
from local.project import QUEUE, WORKFLOW, Ports
from local.server import LocalCloud
from service.step_tasks import task_id
from tests.running import served
from tests.servers import ROOT, free_port

COMMAND = json.loads((ROOT / "deploy" / "command.json").read_bytes())
HANGS, GIVES_UP = 504, 0
PICTURE = {"object": f"pictures/{'a' * 32}.png", "title": "t", "description": "d", "colour": 1}


@dataclass
class Way:
    """statuses: what the steps answer, by path; 200 where nothing is set, HANGS for no answer until the end.

    GIVES_UP: 200 with an error, as a step answers a task whose reply can never be shown.
    """

    cloud: LocalCloud
    base: str
    session: aiohttp.ClientSession
    statuses: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    refusal: str = ""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        async with self.session.request(method, self.base + path, json=body) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if answer.content_type == "application/json" else text

    async def story(self, interaction: str) -> dict[str, Any]:
        status, story = await self.ask("GET", f"/ops/requests/{interaction}")
        assert status == 200, story
        found: dict[str, Any] = story
        return found

    async def send(self, words: str = "a quiet sea") -> str:
        """A member types /mando; the interaction's id."""
        options = [{"name": "words", "type": 3, "value": words}]
        _, sent = await self.ask("POST", "/api/v10/interactions", {"data": {"name": "mando", "options": options}})
        interaction: str = sent["id"]
        return interaction

    async def until(
        self, interaction: str, kind: str, holds: Callable[[dict[str, Any]], object] = lambda _: True
    ) -> dict[str, Any]:
        """The story when the request is of that kind and the condition holds."""
        async with asyncio.timeout(60):
            while (story := await self.story(interaction))["summary"]["kind"] != kind or not holds(story):
                await asyncio.sleep(0.005)
        return story


@asynccontextmanager
async def a_way(
    data: Path, form: Form = DEFAULT_FORM, port: int | None = None, incidents: Sequence[Incident] = ()
) -> AsyncIterator[Way]:
    (data / "cloud").mkdir(exist_ok=True)
    ports = Ports(port or free_port(5))
    ingress, steps = web.Application(), web.Application()
    async with aiohttp.ClientSession() as session:
        cloud = LocalCloud(data / "cloud", ports.cloud, f"http://127.0.0.1:{ports.ingress}", None, form, incidents)
        way = Way(cloud, f"http://127.0.0.1:{ports.cloud}", session)
        ingress.router.add_post("/", partial(_acknowledge, way))
        for path in ("/generate-image", "/reply-discord"):
            steps.router.add_post(path, partial(_step, way))
        async with served(ingress, ports.ingress), served(steps, ports.steps), cloud:
            cloud.files.extend(deploy_files(cloud, _quick_files(data / "files")))
            await cloud.begin([COMMAND])
            yield way
            way.ended.set()


def _quick_files(root: Path) -> Path:
    """The files of the repository with waits of a few hundredths of a second."""
    (root / "workflows").mkdir(parents=True, exist_ok=True)
    workflow = (ROOT / "workflows" / "mando.yaml").read_text()
    for knob in ("hiccup_wait_s", "token_wait_s", "mistake_wait_s"):
        workflow = re.sub(rf"{knob}: [0-9.]+", f"{knob}: 0.02", workflow)
    (root / "workflows" / "mando.yaml").write_text(workflow)
    (root / "queue.yaml").write_text((ROOT / "queue.yaml").read_text())
    return root


async def _acknowledge(way: Way, request: web.Request) -> web.Response:
    interaction = await request.json()
    if way.refusal:
        return web.json_response({"type": 4, "data": {"content": way.refusal, "flags": 64}})
    now = datetime.now(UTC)
    passed = {
        "interaction_id": interaction["id"],
        "received_at": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}",
        "expires_at": f"{now + timedelta(minutes=15):%Y-%m-%dT%H:%M:%S.%fZ}",
    }
    way.tokens[interaction["id"]] = f"{interaction['application_id']}/{interaction['token']}"
    task: dict[str, Any] = {"name": f"{QUEUE}/tasks/{task_id(interaction['id'])}"}
    body: dict[str, Any] = {"argument": json.dumps(passed)}
    call: dict[str, Any] = {"headers": {"Content-Type": "application/json"}}
    if way.cloud.form.has_workflow:
        call["url"] = f"https://workflowexecutions.googleapis.com/v1/{WORKFLOW}/executions"
    else:
        call["url"], body = f"{way.cloud.app_engine.url}/generate-image", passed
    task["httpRequest"] = {**call, "body": base64.b64encode(json.dumps(body).encode()).decode()}
    created, _ = await way.ask("POST", f"/v2/{QUEUE}/tasks", {"task": task})
    assert created in (200, 409, 503)
    return web.json_response({"type": 5})


async def _step(way: Way, request: web.Request) -> web.Response:
    body = await request.json()
    status = way.statuses.get(request.path, 200)
    if status == HANGS:
        await way.ended.wait()
    if status >= 300 or status == GIVES_UP:
        error = {"kind": "mistake", "error": {"status": status or 400, "message": "broken by the test"}}
        return web.json_response(error, status=status or 200)
    if request.path == "/generate-image":
        return web.json_response(PICTURE)
    said = {"content": "Something went wrong."} if body.get("failure") else {"embeds": [_EMBED]}
    edit = f"/api/v10/webhooks/{way.tokens[body['request']['interaction_id']]}/messages/@original"
    edited, message = await way.ask("PATCH", edit, said)
    if edited != 200:
        error = {"kind": "discord", "error": {"status": 503, "message": f"Discord answered {edited}"}}
        return web.json_response(error, status=503)
    return web.json_response({"message_id": message["id"]})


_EMBED = {"title": "t", "image": {"url": "https://example.com/a.png"}}
