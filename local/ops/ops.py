"""What /ops tells scripts: deployed files, queues, executions, faults.  Called by local/server.py."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from local.executions.data.pages import Query
from local.executions.engine.service import ExecutionService
from local.faults.faults import Faults
from local.form import Form
from local.live_files import LiveFile
from local.tasks.rules import QueueConfig
from local.tasks.store import TaskStore
from local.tasks.wire import instant
from local.waiting import REPLAY_LABEL, names_of_tasks, waits_in

_LATEST = 30


class Ops:
    """workflow: the full name of the workflow whose executions are shown."""

    def __init__(
        self,
        workflow: str,
        files: Sequence[LiveFile],
        executions: ExecutionService,
        tasks: TaskStore,
        faults: Faults,
        form: Form,
    ) -> None:
        self._workflow = workflow
        self._files = files
        self._executions = executions
        self._tasks = tasks
        self._faults = faults
        self._form = form

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/ops/state", self._state),
            web.post("/ops/replay/{execution}", self._replay),
        ]

    async def _state(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "workflow": self._workflow,
                "form": self._form.in_words,
                "files": [
                    {"path": one.path.name, "inForce": one.in_force, "problem": one.problem} for one in self._files
                ],
                "queues": [self._queue(one) for one in self._tasks.queues()],
                "counts": self._executions.store.counts(self._workflow),
                "latest": self._latest(),
                "faults": [fault.as_json() for fault in self._faults.pending],
            }
        )

    def _latest(self) -> list[dict[str, Any]]:
        page = self._executions.store.page(self._workflow, Query.of({}, {}, _LATEST, _LATEST))
        return [self._executions.with_step(one) | self._waits(one) for one in page.items]

    def _waits(self, execution: Mapping[str, Any]) -> dict[str, Any]:
        """Where the request waits that the execution left to a task, and until when; nothing if no task is left."""
        task_id = waits_in(execution.get("result", ""))
        if task_id is None:
            return {}
        first_id, last_id = names_of_tasks(task_id)
        found = [self._tasks.latest(config.name, first_id, last_id) for config in self._tasks.queues()]
        task = max((one for one in found if one), key=lambda one: one.number, default=None)
        if task is None:
            return {}
        return {"waits": {"queue": task.queue.rpartition("/")[2], "until": instant(task.schedule_s)}}

    def _queue(self, config: QueueConfig) -> dict[str, Any]:
        return {
            "name": config.name.rpartition("/")[2],
            "state": config.state,
            "perSecond": config.rate.max_dispatches_per_s,
            "burst": config.rate.max_burst_size,
            "waiting": self._tasks.depth(config.name),
        }

    async def _replay(self, request: web.Request) -> web.Response:
        """Start another execution with the same argument."""
        original = request.match_info["execution"]
        argument = self._executions.get(f"{self._workflow}/executions/{original}").get("argument")
        return web.json_response(self._executions.create(self._workflow, argument, labels={REPLAY_LABEL: original}))
