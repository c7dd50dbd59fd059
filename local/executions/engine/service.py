"""Runs executions of workflows, up to the limit of the service, and resumes them after a crash."""

import asyncio
import logging
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local.data.disk import DiskUnavailable, backoffs_s, log_waiting_for_disk
from local.executions.data.database import Database, Statement
from local.executions.data.executions import ENTRIES_A_PART, ExecutionStore
from local.executions.data.instant import instant
from local.executions.data.workflows import Revision, WorkflowRegistry
from local.executions.engine.callbacks import Callbacks
from local.executions.engine.deployment import Deployments
from local.executions.engine.journal import Journal, JournalDiffers
from local.executions.engine.live import PerformEffect, drive
from local.executions.engine.step_entries import History
from local.executions.engine.turns import Turns
from local.executions.engine.variables import built_in_variables
from local.http.api_error import ApiError
from local.workflows.effects import Value
from local.workflows.errors import WorkflowError
from local.workflows.json_text import compact
from local.workflows.stdlib.json import loads

MAX_CONCURRENT = 10_000
MAX_BACKLOGGED = 100_000
MAX_ARGUMENT_BYTES = 32 * 1024
CANCELLED = {"payload": '"Execution cancelled"', "context": "Execution cancelled"}  # the error of a cancelled execution

_log = logging.getLogger("mando.executions")


class ExecutionService:
    """Starts, cancels and finishes executions.

    perform_as(service_account, execution) gives the function that performs effects, with that account's tokens.
    changed(execution) is called after an execution was created, has left the line of the QUEUED, or has ended.
    """

    def __init__(
        self,
        database: Database,
        callbacks: Callbacks,
        perform_as: Callable[[str | None, str], PerformEffect],
        max_concurrent: int = MAX_CONCURRENT,
        changed: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> None:
        self._changed = changed
        self.registry = WorkflowRegistry(database)
        self.store = ExecutionStore(database)
        self.deployments = Deployments(self.registry)
        self._database = database
        self._callbacks = callbacks
        self._perform_as = perform_as
        self._running: dict[str, asyncio.Task[None]] = {}
        self._histories: dict[str, History] = {}
        self._cancelled: set[str] = set()
        self._turns = Turns()
        self._max_concurrent = max_concurrent
        self._places = asyncio.Semaphore(max_concurrent)

    async def start(self) -> None:
        """Resume the executions that an earlier process did not finish."""
        for number, workflow, execution in self.store.unfinished():
            self._launch(number, workflow, execution)

    async def stop(self) -> None:
        """Stop all running executions; they stay unfinished in the store, and the next start() resumes them."""
        self._database.commit_waiting()
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def create(self, workflow: str, argument: str | None, *, may_queue: bool = True, **settings: Any) -> dict[str, Any]:
        """Create an execution of the newest revision.  It begins at once, or is queued if too many run.

        settings are members of the Execution; labels are added to the workflow's.  Raises ApiError.
        """
        revision = self.registry.newest(workflow)
        if revision is None:
            raise ApiError(404, f"workflow {workflow} not found")
        # Invalid JSON is refused now, not when it runs.  Source: recorded, without an argument it is "null".
        argument = compact(parse_argument(argument)) if argument else "null"
        beyond = len(self._running) - self._max_concurrent
        is_full = beyond >= 0
        if is_full and (not may_queue or beyond >= MAX_BACKLOGGED):
            raise ApiError(429, "Too many executions run at once.", "RESOURCE_EXHAUSTED")
        now = instant()
        labels = {**revision.settings.labels, **settings.pop("labels", {})}
        execution = {
            "name": f"{workflow}/executions/{uuid.uuid4()}",
            "createTime": now,
            **({} if is_full else {"startTime": now}),
            "state": "QUEUED" if is_full else "ACTIVE",
            "argument": argument,
            "workflowRevisionId": revision.revision_id,
            **({"labels": labels} if labels else {}),
            **settings,
        }
        number = self.store.insert(workflow, execution)
        self._changed(execution)
        self._launch(number, workflow, execution)
        return execution

    async def cancel(self, name: str) -> dict[str, Any]:
        """Cancel an execution and return it.  Raises ApiError: 404, or FAILED_PRECONDITION if it had ended."""
        self.get(name)
        running = self._running.get(name)
        if running is None:
            raise ApiError(400, f"execution {name} is not active", "FAILED_PRECONDITION")
        if name not in self._cancelled:
            self._cancelled.add(name)
            running.cancel()
        await asyncio.wait([running])
        return self.get(name)

    def get(self, name: str) -> dict[str, Any]:
        """The Execution, with its current step.  Raises ApiError(404)."""
        execution = self.store.get(name)
        if execution is None:
            raise ApiError(404, f"execution {name} not found")
        return self.with_step(execution)

    def with_step(self, execution: dict[str, Any]) -> dict[str, Any]:
        """The stored Execution, with its current step while it runs."""
        history = self._histories.get(execution["name"])
        return execution if history is None else execution | _status(history)

    def place_of(self, name: str) -> tuple[str, str]:
        """The routine and the step that an execution is in now; "" where it does not run."""
        history = self._histories.get(name)
        return history.place() if history is not None else ("", "")

    def delete_workflow(self, workflow: str) -> None:
        """Delete a workflow with its revisions and executions; those that run are stopped."""
        with self._database.transaction():
            self.deployments.delete(workflow)
            self.store.delete_all(workflow)
        for name, task in self._running.items():
            if name.startswith(f"{workflow}/executions/"):
                task.cancel()

    def is_running(self, name: str) -> bool:
        return name in self._running

    def history(self, name: str) -> list[dict[str, Any]]:
        """The step entries of an execution so far, in order."""
        running = self._histories.get(name)
        return running.entries if running is not None else self.store.history(name)

    def _launch(self, number: int, workflow: str, execution: dict[str, Any]) -> None:
        task = asyncio.create_task(self._run(number, workflow, execution), name=execution["name"])
        self._running[task.get_name()] = task
        task.add_done_callback(self._forget)

    def _forget(self, task: "asyncio.Task[None]") -> None:
        name = task.get_name()
        self._running.pop(name, None)
        self._histories.pop(name, None)
        self._cancelled.discard(name)

    async def _run(self, number: int, workflow: str, execution: dict[str, Any]) -> None:
        name = execution["name"]
        try:
            async with self._places:
                if execution["state"] == "QUEUED":
                    execution = {**execution, "state": "ACTIVE", "startTime": instant()}
                    await self._database.committed(self.store.update(number, execution))
                    self._changed(execution)
                await self._run_to_its_end(number, workflow, execution)
        except asyncio.CancelledError:
            if name not in self._cancelled:
                raise
            if name in self._histories:
                self._histories[name].cancel()
            await self._finish(number, execution, state="CANCELLED", error=CANCELLED)

    async def _run_to_its_end(self, number: int, workflow: str, execution: dict[str, Any]) -> None:
        """Drive an execution.  While the store cannot be read, resume it from its journal, as after a crash."""
        for wait_s in backoffs_s():
            try:
                await self._drive(number, workflow, execution)
            except DiskUnavailable as error:
                log_waiting_for_disk(error)
                self._callbacks.end(execution["name"])
            except JournalDiffers as error:
                message = _journal_differs_message(self._histories[execution["name"]], error)
                _log.error("%s: %s", execution["name"], message)
                differs = WorkflowError.tagged("SystemError", message).as_execution_error()
                await self._finish(number, execution, state="FAILED", error=differs)
                return
            except Exception:
                _log.exception("%s ended by a mistake of ours", execution["name"])
                error_of_ours = WorkflowError.tagged("SystemError", "internal error").as_execution_error()
                await self._finish(number, execution, state="FAILED", error=error_of_ours)
                return
            else:
                return
            await asyncio.sleep(wait_s)

    async def _drive(self, number: int, workflow: str, execution: dict[str, Any]) -> None:
        name = execution["name"]
        revision = self.registry.revision(workflow, execution["workflowRevisionId"])
        if revision is None:
            return  # the workflow was deleted, and its executions with it
        await self.deployments.prepare(revision.settings.source)
        journal = Journal(self._database, number, execution["startTime"], instant)
        history = History(name, journal.last_outcome_at, with_variables=_is_detailed(execution, revision))
        self._histories[name] = history
        argument = loads(execution.get("argument", "null"))
        account = revision.settings.service_account
        env = {**revision.settings.env, **built_in_variables(name, revision.revision_id, account)}
        run = self.deployments.compiled(revision).run(argument, env, history.observe)
        try:
            result = await drive(run, self._perform_as(revision.settings.service_account, name), journal, self._turns)
        except WorkflowError as error:
            await self._finish(number, execution, state="FAILED", error=error.as_execution_error())
        else:
            await self._finish(number, execution, state="SUCCEEDED", result=compact(result))

    async def _finish(self, number: int, execution: dict[str, Any], **changes: Any) -> None:
        """Store the end of an execution; before that its step entries, in parts, as there may be 100,000."""
        name, history = execution["name"], self._histories.get(execution["name"])
        end = datetime.now(UTC)
        start = datetime.fromisoformat(execution.get("startTime") or instant(end))
        duration = f"{max((end - start).total_seconds(), 0):.6f}s"
        done = {**execution, "endTime": instant(end), "duration": duration, **changes}
        writes: list[Statement] = []
        if history is not None:
            done |= _status(history)
            for part, first in enumerate(range(0, len(history), ENTRIES_A_PART)):
                if part:
                    await self._database.committed(*writes)
                entries = history.shown(first, first + ENTRIES_A_PART)
                writes = [self.store.put_history(number, part, entries)]
        await self._database.committed(*writes, *self.store.finish(number, done))
        self._changed(done)
        self._callbacks.end(name)


def _status(history: History) -> dict[str, Any]:
    steps = history.current_steps()
    return {"status": {"currentSteps": steps}} if steps else {}


def _journal_differs_message(history: History, error: JournalDiffers) -> str:
    steps = [repr(step) for step in history.waiting_steps()]
    who = f"the step {steps[0]}" if len(steps) == 1 else f"one of the steps {', '.join(steps)}"
    if not steps:
        who = "the workflow"
    return f"{who} {error}: the execution was begun with other code and cannot go on; start it again"


def _is_detailed(execution: dict[str, Any], revision: Revision) -> bool:
    """The execution's own level overrides the workflow's."""
    return (execution.get("executionHistoryLevel") or revision.settings.history_level) == "EXECUTION_HISTORY_DETAILED"


def parse_argument(argument: str) -> Value:
    """The value of an execution's argument.  Raises ApiError(400) if it is too large or not JSON."""
    if len(argument.encode(errors="surrogatepass")) > MAX_ARGUMENT_BYTES:
        raise ApiError(400, f"The argument is larger than {MAX_ARGUMENT_BYTES} bytes.")
    try:
        return loads(argument)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"The argument is not valid JSON: {error}") from None
