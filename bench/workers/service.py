"""The service of executions as `mando up` runs it, with its journal and its history, but without its faces."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from local.executions.data.database import Database
from local.executions.data.workflows import Settings
from local.executions.engine.callbacks import Callbacks
from local.executions.engine.live import LivePerformer, PerformEffect
from local.executions.engine.service import ExecutionService
from local.http.outgoing import outgoing_session
from service.garbage import visit_seldom
from tests.running import until

WORKFLOW = "projects/demo/locations/us-central1/workflows/w"


@asynccontextmanager
async def service_in(folder: Path, source: str) -> AsyncIterator[ExecutionService]:
    """A service with one workflow, WORKFLOW.  folder is empty, or that of a service before."""
    database = Database(folder / "executions.sqlite")
    async with outgoing_session() as session:

        def perform_as(_: str | None, execution: str) -> PerformEffect:
            return LivePerformer(session, lambda _: "", "", lambda *_: None, execution=execution).perform

        service = ExecutionService(database, Callbacks(database, ""), perform_as)
        service.deployments.deploy(WORKFLOW, Settings(source))
        visit_seldom()
        try:
            yield service
        finally:
            await service.stop()
            database.close()


async def result_of(service: ExecutionService, name: str) -> dict[str, Any]:
    """The execution, when it has ended."""
    await until(lambda: not service.is_running(name), deadline_s=60)
    return service.get(name)
