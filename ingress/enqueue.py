"""Request → named task; "already exists" is success.  Called by main.handle_request.

In: Request.  Out: the task's full name.  Raises QueueUnavailable; the member is then told at once.
"""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as DeadlinePassed

from google.api_core import exceptions
from google.cloud import tasks_v2

from ingress.cloud_tasks import FAILURES, client_arguments
from ingress.config import Config
from ingress.interaction import Request

DEADLINE_S = 2.0  # Discord gives up after 3 s, the way here and back included

_EXECUTIONS = "https://workflowexecutions.googleapis.com/v1"


class QueueUnavailable(Exception):
    """Raised when the queue did not say within DEADLINE_S that it holds the task."""


class TaskQueue:
    """The queue between Discord and the workflow.  One client, kept open; safe to use from many threads."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._client = tasks_v2.CloudTasksClient(**client_arguments(config))
        # A client's timeout bounds each read, not the whole call; waiting for a thread bounds the whole call.
        self._calls = ThreadPoolExecutor(max_workers=64, thread_name_prefix="enqueue")

    def enqueue(self, request: Request) -> str:
        """Put the request into the queue once, however often it is asked to."""
        task = self._task(request)
        call = self._calls.submit(
            self._client.create_task, parent=self._config.queue, task=task, timeout=DEADLINE_S, retry=None
        )
        try:
            call.result(timeout=DEADLINE_S)
        except exceptions.Conflict:
            pass  # the interaction was delivered before: the task waits, or its tombstone says that it ran
        except DeadlinePassed:
            raise QueueUnavailable(f"no answer within {DEADLINE_S} s") from None
        except FAILURES as error:
            raise QueueUnavailable(f"{type(error).__name__}: {error}") from None
        return task.name

    def _task(self, request: Request) -> tasks_v2.Task:
        return tasks_v2.Task(
            name=f"{self._config.queue}/tasks/{task_id(request.interaction_id)}",
            http_request=tasks_v2.HttpRequest(
                url=f"{_EXECUTIONS}/{self._config.workflow}/executions",
                http_method=tasks_v2.HttpMethod.POST,
                headers={"Content-Type": "application/json"},
                body=json.dumps({"argument": request.as_json.decode()}).encode(),
                oauth_token=tasks_v2.OAuthToken(service_account_email=self._config.task_service_account),
            ),
        )


def task_id(interaction_id: str) -> str:
    """The dedup key: hash-prefixed, since Cloud Tasks slows down on names that count upwards, as Discord's ids do."""
    prefix = hashlib.sha256(interaction_id.encode()).hexdigest()[:16]
    return f"{prefix}-{interaction_id}"
