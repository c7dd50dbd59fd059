"""The local faces of Workflows and Workflow Executions on a free port, and a target for the workflows' calls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from local.api_error import api_errors
from local.executions.live import LivePerformer
from local.executions.rest import routes
from local.executions.service import ExecutionService
from local.executions.store import ExecutionStore
from tests.running import served, until

PARENT = "projects/demo/locations/us-central1"
WORKFLOW = f"{PARENT}/workflows/w"


@dataclass
class Face:
    """calls: the paths that the target was asked for."""

    url: str
    service: ExecutionService
    store: ExecutionStore
    calls: list[str] = field(default_factory=list)

    def deploy(self, source: str, **env: str) -> None:
        self.service.deploy(WORKFLOW, source, None, {"TARGET": f"{self.url}/target", **env})

    async def ended(self, name: str) -> dict[str, Any]:
        await until(lambda: (self.store.get(name) or {}).get("state") not in ("ACTIVE", "QUEUED"))
        execution = self.store.get(name)
        assert execution is not None
        return execution

    async def run(self, argument: str | None = None) -> dict[str, Any]:
        return await self.ended(self.service.create(WORKFLOW, argument)["name"])


@asynccontextmanager
async def a_face(folder: Path) -> AsyncIterator[Face]:
    store = ExecutionStore(folder / "executions.sqlite")
    async with aiohttp.ClientSession() as session:
        performer = LivePerformer(session, lambda auth: f"token-for-{auth.audience}", "", lambda data, severity: None)
        service = ExecutionService(store, lambda account: performer.perform)
        app = web.Application(middlewares=[api_errors])
        calls: list[str] = []

        async def target(request: web.Request) -> web.Response:
            calls.append(request.path_qs)
            return web.json_response(
                {"authorization": request.headers.get("Authorization"), "got": await request.text()}
            )

        app.add_routes(routes(service, store))
        app.router.add_route("*", "/target{tail:.*}", target)
        async with served(app) as url:
            await service.start()
            yield Face(url, service, store, calls)
            await service.stop()
    store.close()
