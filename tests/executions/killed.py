"""A process that runs executions, for the test that kills it."""

import asyncio
from pathlib import Path

from local.executions.data.database import Database
from local.executions.data.workflows import Settings
from local.executions.engine.callbacks import Callbacks
from local.executions.engine.live import LivePerformer, PerformEffect
from local.executions.engine.service import ExecutionService
from local.http.outgoing import outgoing_session
from tests.executions.face import WORKFLOW

EXECUTIONS, CALLS = 30, 8
SOURCE = """
main:
  steps:
  - one: {call: call, args: {effect: 0}}
  - two: {call: call, args: {effect: 1}}
  - nap: {call: sys.sleep, args: {seconds: 0.01}}
  - side_by_side:
      parallel:
        for: {value: v, range: [3, 5], steps: [{three: {call: call, args: {effect: "${v}"}}}]}
  - last: {for: {value: v, range: [6, 8], steps: [{each: {call: call, args: {effect: "${v}"}}}]}}
call:
  params: [effect]
  steps:
  - post:
      try:
        call: http.post
        args:
          url: ${sys.get_env("TARGET")}
          query: {execution: '${sys.get_env("GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID")}', effect: "${effect}"}
      retry: {predicate: "${always}", max_retries: 0, backoff: {initial_delay: 1, max_delay: 1, multiplier: 1}}
always:
  params: [error]
  steps: [{r: {return: true}}]
"""


def main(path: Path, url: str) -> None:
    """Resumes what is in the file, or begins; ends when every execution has ended."""
    asyncio.run(_main(path, url))


async def _main(path: Path, url: str) -> None:
    database = Database(path)
    callbacks = Callbacks(database, "")
    async with outgoing_session() as session:

        def perform_as(account: str | None, execution: str) -> PerformEffect:
            return LivePerformer(session, lambda _: "", "", lambda *_: None, execution=execution).perform

        service = ExecutionService(database, callbacks, perform_as)
        if service.registry.newest(WORKFLOW) is None:
            service.deployments.deploy(WORKFLOW, Settings(SOURCE, env={"TARGET": url}))
        await service.start()
        for _ in range(EXECUTIONS - len(database.rows("SELECT 1 FROM executions"))):
            service.create(WORKFLOW, None)
        while service.store.unfinished():
            await asyncio.sleep(0.01)
