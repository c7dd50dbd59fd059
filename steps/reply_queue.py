"""Where no workflow shows the reply: a task of the reply queue, which calls /reply-discord.  Called by app.py."""

from schemas.reply import Reply
from service.cloud_tasks import FAILURES, CloudTasks, already_exists, describe
from service.deployment import STEPS_THREADS
from service.step_tasks import StepTasks
from steps.errors import RetryableError

_TIMEOUT_S = 5.0  # a task is made in about 0.1 s


class ReplyQueue:
    """The queue whose tasks show the replies.  Its connections are kept open."""

    def __init__(self, tasks: StepTasks, queue: str, endpoint: str | None) -> None:
        self._tasks = tasks
        self._queue = queue
        self._client = CloudTasks(endpoint, STEPS_THREADS)

    def put(self, reply: Reply) -> None:
        """Put the reply into the queue once, however often it is called.  Raises RetryableError."""
        task = self._tasks.task(self._queue, "/reply-discord", reply.interaction_id, reply.to_json())
        try:
            self._client.create_task(self._queue, task, _TIMEOUT_S)
        except FAILURES as error:
            if not already_exists(error):
                raise RetryableError(f"Cloud Tasks did not take the reply: {describe(error)}", kind="queue") from None
