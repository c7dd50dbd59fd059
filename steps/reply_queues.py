"""The tasks that show a reply: its next one, and where there is no workflow its first one.  Called by app.py."""

from datetime import datetime

from schemas.reply import Reply
from schemas.request import instant
from service.cloud_tasks import FAILURES, CloudTasksForThreads, already_exists, describe
from service.deployment import STEPS_THREADS
from service.step_tasks import StepTasks, task_id
from steps.errors import RetryableError

_TIMEOUT_S = 5.0  # a task is made in about 0.1 s


class ReplyQueues:
    """The two queues for replies; urgent_queue: of those whose token ends soon.  Connections are kept open.

    A task is made once, however often it is asked for.  Both methods raise RetryableError.
    """

    def __init__(self, tasks: StepTasks, queue: str, urgent_queue: str, endpoint: str | None) -> None:
        self._tasks = tasks
        self._queue = queue
        self._urgent_queue = urgent_queue
        self._client = CloudTasksForThreads(endpoint, STEPS_THREADS)

    def put(self, reply: Reply) -> None:
        """The first task, due at once."""
        self._put(f"{self._queue}/tasks/{task_id(reply.interaction_id)}", reply, None)

    def put_off(self, reply: Reply, name: str, at: datetime, *, is_urgent: bool) -> str:
        """The task of that name, due then.  Returns its full name."""
        full_name = f"{self._urgent_queue if is_urgent else self._queue}/tasks/{name}"
        self._put(full_name, reply, at)
        return full_name

    def _put(self, name: str, reply: Reply, at: datetime | None) -> None:
        due = instant(at) if at else None
        task = self._tasks.task(name, "/reply-discord", reply.interaction_id, reply.to_json(), due)
        try:
            self._client.create_task(name.partition("/tasks/")[0], task, _TIMEOUT_S)
        except FAILURES as error:
            if not already_exists(error):
                raise RetryableError(f"Cloud Tasks did not take the reply: {describe(error)}", kind="queue") from None
