"""Request → named task; "already exists" is success.  Called by main.handle_request.

In: Request.  Out: the task's full name.  Raises QueueUnavailable; the member then gets a message at once.
"""

import asyncio
import base64
import contextlib
import json
import time
from typing import Any, NewType

from ingress.config import Config
from ingress.luck import Luck
from schemas.request import Request
from service.cloud_tasks import FAILURES, CloudTasks, already_exists, describe, is_final
from service.deployment import INGRESS_REQUESTS
from service.step_tasks import task_id
from service.trace import HEADER, traceparent

SECOND_CALL_AFTER_S = 0.9  # most calls are answered within 0.1 s; what takes this long is often lost
PAUSE_S = 0.5  # between a first call that failed and the second: short enough for both, long enough for a restart
# Calls at once: two for every request that Cloud Run sends us.  If all of them hang, the next member gets a message at
# once.
MAX_CALLS = 2 * INGRESS_REQUESTS
# A call that hangs times out this long after the deadline: many time-outs at once need processor time, and the members'
# answers must not wait for it.
CALL_TIMEOUT_MARGIN_S = 1.0

TaskName = NewType("TaskName", str)  # the full name
Task = dict[str, Any]  # as Cloud Tasks takes it

_EXECUTIONS = "https://workflowexecutions.googleapis.com/v1"


class QueueUnavailable(Exception):
    """Raised when the queue did not say before the deadline that it holds the task."""


class TaskQueue:
    """The queue between Discord and the workflow, or the steps.  Its connections are kept open."""

    def __init__(self, config: Config, luck: Luck) -> None:
        self._config = config
        self._luck = luck
        self._client = CloudTasks(config.tasks_endpoint, MAX_CALLS)
        self._calls: set[asyncio.Task[None]] = set()

    async def enqueue(self, request: Request, deadline_s: float) -> TaskName:
        """Put the request into the queue once, however often it is called; deadline_s is of time.monotonic().

        If the first call fails or is slow, a second one starts, and the first good answer counts.  Both create a task
        of the same name, so there is only one.
        """
        task = self._task(request)
        name = TaskName(task["name"])
        first = self._start(task, deadline_s)
        calls = [first]
        await asyncio.wait(calls, timeout=min(SECOND_CALL_AFTER_S, _left_s(deadline_s)))
        if first.done():
            if self._holds_task(first):
                return name
            await asyncio.sleep(min(PAUSE_S, _left_s(deadline_s)))
        if _left_s(deadline_s) > 0:
            with contextlib.suppress(QueueUnavailable):  # too many are under way: the first call may still succeed
                calls.append(self._start(task, deadline_s))
        pending = set(calls)
        while pending:
            done, pending = await asyncio.wait(
                pending, timeout=_left_s(deadline_s), return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                raise QueueUnavailable("no answer in time")
            if any(self._holds_task(call) for call in done):
                return name
        raise QueueUnavailable(describe(calls[-1].exception()))

    def _start(self, task: Task, deadline_s: float) -> asyncio.Task[None]:
        """A call that nobody needs any more goes on until its own end: its luck counts too."""
        if len(self._calls) >= MAX_CALLS:
            raise QueueUnavailable(f"{MAX_CALLS} calls are under way")
        call = asyncio.create_task(self._create(task, deadline_s))
        self._calls.add(call)
        call.add_done_callback(self._end)
        return call

    def _end(self, call: asyncio.Task[None]) -> None:
        self._calls.remove(call)
        if not call.cancelled():
            call.exception()  # asyncio logs an error that nobody has looked at

    async def _create(self, task: Task, deadline_s: float) -> None:
        if (left_s := _left_s(deadline_s)) == 0:
            raise TimeoutError("the process stood still before the call")
        timeout_s = left_s + CALL_TIMEOUT_MARGIN_S
        with self._luck.counted():
            created = await self._client.create_task(self._config.queue, task, timeout_s)
        if _last_part(created) != _last_part(task["name"]):
            raise ValueError("the answer is not the task")

    @staticmethod
    def _holds_task(call: asyncio.Task[None]) -> bool:
        """Whether this finished call created or found the task.  Raises QueueUnavailable if a retry cannot help."""
        try:
            call.result()
        except FAILURES as error:
            if is_final(error):
                raise QueueUnavailable(describe(error)) from None
            return already_exists(error)
        return True

    def _task(self, request: Request) -> Task:
        """Source: Cloud Tasks, "REST Resource: projects.locations.queues.tasks": bytes are base64."""
        name = f"{self._config.queue}/tasks/{task_id(request.interaction_id)}"
        if tasks := self._config.step_tasks:
            return tasks.task(name, "/generate-image", request.interaction_id, request.to_json())
        body = json.dumps({"argument": json.dumps(request.to_json(), ensure_ascii=False)}).encode()
        return {
            "name": name,
            "httpRequest": {
                "url": f"{_EXECUTIONS}/{self._config.workflow}/executions",
                "httpMethod": "POST",
                "headers": {"Content-Type": "application/json", HEADER: traceparent(request.interaction_id)},
                "body": base64.b64encode(body).decode(),
                "oauthToken": {"serviceAccountEmail": self._config.task_service_account},
            },
        }


def _left_s(deadline_s: float) -> float:
    return max(0.0, deadline_s - time.monotonic())


def _last_part(name: str) -> str:
    return name.rpartition("/")[2]
