"""The local faces of Workflows and Workflow Executions on a free port, and a target for the calls of workflows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from local.executions.api.executions_api import ExecutionsApi
from local.executions.api.rest import routes
from local.executions.api.workflows_api import WorkflowsApi
from local.executions.data.database import Database, Statement
from local.executions.data.workflows import Settings
from local.executions.engine.callbacks import Callbacks
from local.executions.engine.live import LivePerformer, PerformEffect
from local.executions.engine.service import MAX_CONCURRENT, ExecutionService
from local.http.api_error import api_errors
from local.http.outgoing import outgoing_session
from tests.running import served, until

PARENT = "projects/demo/locations/us-central1"
WORKFLOW = f"{PARENT}/workflows/w"


@dataclass
class Face:
    """The faces at url.  calls: the paths that the target was called with."""

    url: str
    service: ExecutionService
    calls: list[str] = field(default_factory=list)

    def deploy(self, source: str, **env: str) -> None:
        self.service.deployments.deploy(WORKFLOW, Settings(source, env={"TARGET": f"{self.url}/target", **env}))

    async def ended(self, name: str) -> dict[str, Any]:
        await until(lambda: self.service.get(name)["state"] not in ("ACTIVE", "QUEUED"))
        return self.service.get(name)

    async def run(self, argument: str | None = None) -> dict[str, Any]:
        return await self.ended(self.service.create(WORKFLOW, argument)["name"])


def write(database: Database, *writes: Statement) -> None:
    for statement, values in writes:
        database.run(statement, *values)


def service_alone(database: Database) -> ExecutionService:
    """A service without a server, for tests of the store: nothing runs."""

    def perform_as(*_: object) -> PerformEffect:
        raise AssertionError

    return ExecutionService(database, Callbacks(database, ""), perform_as)


@asynccontextmanager
async def a_face(folder: Path, max_concurrent: int = MAX_CONCURRENT, port: int = 0) -> AsyncIterator[Face]:
    database = Database(folder / "executions.sqlite")
    callbacks = Callbacks(database, "")
    async with outgoing_session() as session:

        def perform_as(account: str | None, execution: str) -> PerformEffect:
            token = f"token-for-{account}"
            return LivePerformer(
                session, lambda _: token, "", lambda *_: None, callbacks=callbacks, execution=execution
            ).perform

        service = ExecutionService(database, callbacks, perform_as, max_concurrent)
        app = web.Application(middlewares=[api_errors])
        calls: list[str] = []

        async def target(request: web.Request) -> web.Response:
            calls.append(request.path_qs)
            return web.json_response(
                {"authorization": request.headers.get("Authorization"), "got": await request.text()}
            )

        app.add_routes(routes(WorkflowsApi(service), ExecutionsApi(service, database), callbacks))
        app.router.add_route("*", "/target{tail:.*}", target)
        async with served(app, port) as url:
            callbacks.base_url = url
            await service.start()
            try:
                yield Face(url, service, calls)
            finally:  # so that a failed test leaves no call in progress
                await service.stop()
    database.close()
