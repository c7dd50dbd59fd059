"""A worker that is mando's interpreter: compiles and runs workflows, and makes bare calls with aiohttp."""

import asyncio
import tempfile
from pathlib import Path

from bench.workers.jobs import serve
from bench.workers.service import WORKFLOW, result_of, service_in
from local.executions.engine.live import LivePerformer, drive
from local.http.outgoing import outgoing_session
from local.workflows.compile.workflow import Workflow, compile_workflow
from local.workflows.effects import Value
from local.workflows.limits import raise_recursion_limit

_compiled: dict[str, Workflow] = {}


def compile_(source: str) -> int:
    """Compile it, and keep it for execute()."""
    _compiled[source] = compile_workflow(source)
    return len(_compiled[source].routines)


def execute(source: str, argument: Value, times: int = 1) -> Value:
    """As `mando run` does.  Returns the last result."""

    async def run() -> Value:
        result: Value = None
        async with outgoing_session() as session:
            performer = LivePerformer(session, str, "", lambda *_: None)
            for _ in range(times):
                result = await drive(_compiled[source].run(argument, {}), performer.perform)
        return result

    return asyncio.run(run())


def execute_kept(source: str) -> float:
    """As `mando up` does: each outcome is in the journal before it is used, and the history is kept.

    Returns the seconds from the start of the execution, which has to succeed, to its end.
    """

    async def run() -> float:
        with tempfile.TemporaryDirectory() as folder:
            async with service_in(Path(folder), source) as service:
                execution = await result_of(service, service.create(WORKFLOW, None)["name"])
                assert execution["state"] == "SUCCEEDED", execution
                return float(execution["duration"].removesuffix("s"))

    return asyncio.run(run())


def bare(url: str, calls: int, at_once: int = 1) -> None:
    """The calls alone."""

    async def call_all() -> None:
        async with outgoing_session() as session:

            async def call_some() -> None:
                for _ in range(calls // at_once):
                    async with session.get(url) as answer:
                        await answer.read()

            await asyncio.gather(*(call_some() for _ in range(at_once)))

    asyncio.run(call_all())


if __name__ == "__main__":
    raise_recursion_limit()
    serve({"compile": compile_, "execute": execute, "execute_kept": execute_kept, "bare": bare})
