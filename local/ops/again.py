"""What an operator's buttons do with a request: replay it, reply again without drawing, cancel it.

Called by requests.py, forms.py and replays.py.  Each uses what the cloud uses: an execution, or a task of a queue.  All
raise ApiError.
"""

import json
import secrets
from typing import Any

from local.executions.engine.service import ExecutionService
from local.form import Form
from local.http.api_error import ApiError
from local.project import QUEUE, REPLY_QUEUE, STEPS_AUDIENCE, STEPS_URL, URGENT_QUEUE, WORKFLOW, account, reply_place
from local.story.reading import StoryReading
from local.story.recorder import Recorder
from local.story.span import Span
from local.story.summary import Summary
from local.tasks.dispatcher import Dispatcher
from local.tasks.store import TaskStore
from local.tasks.task import AppEngineRequest, HttpRequest, NewTask, TaskRequest, Token
from local.waiting import REPLAY_LABEL

_DEADLINE_S = 30.0  # service/step_tasks.py
_CANCELLED = "an operator has cancelled it"


class Again:
    def __init__(
        self,
        executions: ExecutionService,
        tasks: TaskStore,
        dispatcher: Dispatcher,
        recorder: Recorder,
        form: Form,
    ) -> None:
        self._executions = executions
        self._tasks = tasks
        self._dispatcher = dispatcher
        self._recorder = recorder
        self._reading = StoryReading(recorder.store)
        self._form = form

    def replay(self, interaction: int) -> dict[str, Any]:
        """Start the workflow again with the same request; without a workflow, the drawing's task.

        A picture that is drawn already is not drawn anew where no workflow is: the name of its reply's task is used.
        """
        summary, _ = self._known(interaction)
        request, picture = self._carried(interaction)
        if self._form.has_workflow:
            labels = {REPLAY_LABEL: summary.execution} if summary.execution else {}
            execution = self._executions.create(WORKFLOW, json.dumps(request), labels=labels)
            return {"execution": execution["name"]}
        if picture is not None:
            return self.reply(interaction)
        if summary.rounds > 1:
            raise _refused("its reply has had a task, whose name is used: without a workflow it cannot be drawn again")
        return self._put(QUEUE, "/generate-image", interaction, request, "replay")

    def reply(self, interaction: int) -> dict[str, Any]:
        """Show the picture that was drawn, without drawing it again."""
        self._known(interaction)
        request, picture = self._carried(interaction)
        if picture is None:
            raise _refused("no picture was drawn for it; replay it")
        return self._put(REPLY_QUEUE, "/reply-discord", interaction, {"request": request, "picture": picture}, "reply")

    async def cancel(self, interaction: int) -> dict[str, Any]:
        """Stop its executions, delete its tasks, and tell the member."""
        summary, spans = self._known(interaction)
        if summary.is_over:
            raise _refused(f"it is over already: {summary.kind}")
        request, _ = self._carried(interaction)
        self._recorder.cancel(interaction, _CANCELLED)
        running = [f"{WORKFLOW}/executions/{one}" for one in _open_executions(spans)]
        stopped = [name for name in running if self._executions.is_running(name)]
        for name in stopped:
            await self._executions.cancel(name)
        deleted = [name for name in dict.fromkeys(span.task for span in spans if span.task) if self._delete(name)]
        told = self._put(
            URGENT_QUEUE, "/reply-discord", interaction, {"request": request, "failure": "cancelled"}, "cancel"
        )
        return {"executions": stopped, "tasks": deleted, "tells": told["task"]}

    def _delete(self, name: str) -> bool:
        queue, _, task_id = name.partition("/tasks/")
        task, config = self._tasks.get(queue, task_id), self._tasks.queue(queue)
        if task is None or config is None:
            return False
        self._tasks.leave_tombstones([task], self._dispatcher.now_s() + config.tombstone_s)
        return True

    def _put(self, queue: str, path: str, interaction: int, body: dict[str, Any], why: str) -> dict[str, Any]:
        if self._tasks.queue(queue) is None:
            raise ApiError(404, f"there is no queue {queue}")
        now_s = self._dispatcher.now_s()
        new = NewTask(f"{why}-{secrets.token_hex(4)}-{interaction}", self._call(path, interaction, body), now_s)
        task = self._tasks.create(queue, new, now_s)
        self._dispatcher.wake(queue)
        return {"task": task.name}

    def _call(self, path: str, interaction: int, body: dict[str, Any]) -> TaskRequest:
        """The call of a step, as the steps themselves make its tasks (service/step_tasks.py)."""
        content = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "X-Dedup-Key": str(interaction)}
        is_reply = path == "/reply-discord"
        if self._form.is_app_engine_task(is_reply=is_reply):
            return AppEngineRequest(path, "POST", headers, content, deadline_s=_DEADLINE_S)
        place, audience = reply_place(self._form) if is_reply else (STEPS_URL, STEPS_AUDIENCE)
        token = Token("OIDC", account(self._form.steps_caller), audience)
        return HttpRequest(place + path, "POST", headers, content, token, _DEADLINE_S)

    def _known(self, interaction: int) -> tuple[Summary, list[Span]]:
        found = self._reading.one(interaction)
        if found is None:
            raise ApiError(404, f"nothing is known of interaction {interaction}")
        return found

    def _carried(self, interaction: int) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """The request and the picture."""
        request, picture = self._recorder.store.carried(interaction)
        if request is None:
            raise _refused("it has not passed the ingress: there is no request to go on with")
        return json.loads(request), json.loads(picture) if picture else None


def _refused(words: str) -> ApiError:
    return ApiError(409, words, "FAILED_PRECONDITION")


def _open_executions(spans: list[Span]) -> list[str]:
    return [span.execution for span in spans if span.what == "execution" and span.end_s is None]
