"""Deploys workflows and runs executions of them, as many at once as the service allows."""

import asyncio
import json
import secrets
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from local.api_error import ApiError
from local.executions.history import History
from local.executions.live import drive
from local.executions.store import ExecutionStore, Revision
from local.workflows.compile import Workflow, compile_workflow
from local.workflows.effects import Leaf, Outcome
from local.workflows.errors import WorkflowError, WorkflowSyntaxError

MAX_CONCURRENT = 10_000
MAX_ARGUMENT_BYTES = 32 * 1024

_UNSPECIFIED = "EXECUTION_HISTORY_LEVEL_UNSPECIFIED"

Perform = Callable[[Leaf], Awaitable[Outcome]]


class ExecutionService:
    """perform_as(service_account) gives what performs the effects of an execution that runs as that account."""

    def __init__(self, store: ExecutionStore, perform_as: Callable[[str | None], Perform]) -> None:
        self._store = store
        self._perform_as = perform_as
        self._compiled: dict[tuple[str, str], Workflow] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._histories: dict[str, History] = {}
        self._places = asyncio.Semaphore(MAX_CONCURRENT)

    async def start(self) -> None:
        """Runs again what a process before did not finish."""
        for workflow, execution in self._store.unfinished():
            self._launch(workflow, execution)

    async def stop(self) -> None:
        """Leaves what runs unfinished in the store: the next start() goes on with it."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def deploy(
        self, workflow: str, source: str, service_account: str | None, env: Mapping[str, str], **settings: Any
    ) -> Revision:
        """A new revision if source or service account changed, else the present one with the other settings.

        Raises ApiError(400) with every problem of the source.
        """
        present = self._store.revision(workflow)
        now = instant()
        revision = Revision(
            workflow=workflow,
            revision_id=f"{(present.number if present else 0) + 1:06}-{secrets.token_hex(2)[:3]}",
            number=(present.number if present else 0) + 1,
            source=source,
            service_account=service_account,
            env=dict(env),
            create_time=present.create_time if present else now,
            update_time=now,
            revision_create_time=now,
            **settings,
        )
        if present and (present.source, present.service_account) == (source, service_account):
            revision = replace(
                revision,
                revision_id=present.revision_id,
                number=present.number,
                revision_create_time=present.revision_create_time,
            )
        self._compile(revision)
        self._store.put_revision(revision)
        return revision

    def create(self, workflow: str, argument: str | None, **settings: Any) -> dict[str, Any]:
        """A new execution of the workflow's newest revision; it begins at once.  Raises ApiError."""
        revision = self._store.revision(workflow)
        if revision is None:
            raise ApiError(404, f"workflow {workflow} not found")
        if argument is not None:
            _check_argument(argument)
        now = instant()
        execution = {
            "name": f"{workflow}/executions/{uuid.uuid4()}",
            "createTime": now,
            "startTime": now,
            "state": "ACTIVE",
            **({"argument": argument} if argument is not None else {}),
            "workflowRevisionId": revision.revision_id,
            **settings,
        }
        if self._places.locked():
            execution["state"] = "QUEUED"
        self._store.insert(workflow, execution)
        self._launch(workflow, execution)
        return execution

    def cancel(self, name: str) -> dict[str, Any]:
        """Raises ApiError: 404, or FAILED_PRECONDITION for one that has ended."""
        execution = self._store.get(name)
        if execution is None:
            raise ApiError(404, f"execution {name} not found")
        running = self._running.get(name)
        if running is None:
            raise ApiError(400, f"execution {name} is not active", "FAILED_PRECONDITION")
        running.cancel()
        error = {"payload": json.dumps("Execution cancelled"), "context": "Execution cancelled"}
        return self._finish(execution, state="CANCELLED", error=error)

    def is_running(self, name: str) -> bool:
        return name in self._running

    def history(self, name: str) -> list[dict[str, Any]]:
        """The step entries of an execution so far, the first first."""
        running = self._histories.get(name)
        return running.entries if running is not None else self._store.history(name)

    def _launch(self, workflow: str, execution: dict[str, Any]) -> None:
        task = asyncio.create_task(self._run(workflow, execution))
        self._running[execution["name"]] = task
        task.add_done_callback(lambda _: self._running.pop(execution["name"], None))

    async def _run(self, workflow: str, execution: dict[str, Any]) -> None:
        async with self._places:
            if execution["state"] == "QUEUED":
                execution = {**execution, "state": "ACTIVE", "startTime": instant()}
                self._store.update(execution)
            revision = self._store.revision(workflow, execution["workflowRevisionId"])
            if revision is None:
                return  # the workflow was deleted, and its executions with it
            compiled = self._compile(revision)
            argument = json.loads(execution.get("argument", "null"))
            history = self._begin_history(execution, revision)
            run = compiled.run(argument, _environment(revision, execution["name"]), history.observe)
            try:
                result = await drive(run, self._perform_as(revision.service_account))
                self._finish(execution, state="SUCCEEDED", result=json.dumps(result, ensure_ascii=False))
            except WorkflowError as error:
                self._finish(execution, state="FAILED", error=error.as_execution_error())
            finally:
                self._histories.pop(execution["name"], None)
                self._store.put_history(execution["name"], history.entries)

    def _begin_history(self, execution: dict[str, Any], revision: Revision) -> History:
        """The execution's own level overrides the workflow's."""
        level = execution.get("executionHistoryLevel", _UNSPECIFIED)
        level = revision.history_level if level == _UNSPECIFIED else level
        history = History(execution["name"], instant, with_variables=level == "EXECUTION_HISTORY_DETAILED")
        self._histories[execution["name"]] = history
        return history

    def _finish(self, execution: dict[str, Any], **changes: Any) -> dict[str, Any]:
        end = datetime.now(UTC)
        duration_s = (end - datetime.fromisoformat(execution["startTime"])).total_seconds()
        done = {**execution, "endTime": instant(end), "duration": f"{max(duration_s, 0):.6f}s", **changes}
        self._store.update(done)
        return done

    def _compile(self, revision: Revision) -> Workflow:
        key = (revision.workflow, revision.revision_id)
        if key not in self._compiled:
            try:
                self._compiled[key] = compile_workflow(revision.source, "main.yaml")
            except WorkflowSyntaxError as error:
                raise ApiError(400, str(error)) from None
        return self._compiled[key]


def _check_argument(argument: str) -> None:
    if len(argument.encode()) > MAX_ARGUMENT_BYTES:
        raise ApiError(400, f"The argument is larger than {MAX_ARGUMENT_BYTES} bytes.")
    try:
        json.loads(argument)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"The argument is not valid JSON: {error}") from None


def _environment(revision: Revision, execution: str) -> dict[str, str]:
    """Source: Workflows, "Built-in environment variables"."""
    _, project, _, location, _, workflow, _, execution_id = execution.split("/")
    return {
        **revision.env,
        "GOOGLE_CLOUD_PROJECT_ID": project,
        "GOOGLE_CLOUD_PROJECT_NUMBER": "1",
        "GOOGLE_CLOUD_LOCATION": location,
        "GOOGLE_CLOUD_WORKFLOW_ID": workflow,
        "GOOGLE_CLOUD_WORKFLOW_REVISION_ID": revision.revision_id,
        "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": execution_id,
    }


def instant(moment: datetime | None = None) -> str:
    return (moment or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
