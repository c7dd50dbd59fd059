"""How long is the line?  Asks Cloud Tasks now and then, beside the requests and not in their way.  Called by main.

Source: Cloud Tasks v2beta3, queues.get with a read mask: the only version that tells a queue's stats.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from google.cloud import tasks_v2beta3
from google.protobuf.field_mask_pb2 import FieldMask

from ingress.cloud_tasks import FAILURES, client_arguments
from ingress.config import Config
from ingress.log import log

_TIMEOUT_S = 5.0
_WORTH_S = 60.0  # what we heard longer ago says nothing any more


@dataclass(frozen=True, slots=True)
class Line:
    """What Cloud Tasks told: so many tasks, of which so many start a second; 0 where the queue is paused."""

    tasks: int
    per_s: float
    heard_s: float

    def wait_s(self, more: int) -> float:
        """How long until a task that is put behind these, and `more` since, starts."""
        waiting = self.tasks + more
        if waiting == 0 and self.per_s > 0:
            return 0.0
        return waiting / self.per_s if self.per_s > 0 else float("inf")


class Backlog:
    """ask() tells the line; now_s() is any clock that only goes forward.  Safe to use from many threads."""

    def __init__(
        self, ask: Callable[[], Line], look_every_s: float, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._look_every_s = look_every_s
        self._now_s = now_s
        self._line: Line | None = None
        self._since = 0
        self._asked_s = float("-inf")
        self._lock = threading.Lock()
        self._asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="backlog")

    def wait_s(self) -> float:
        """As far as this instance knows; 0 while it knows nothing.  Never waits for Cloud Tasks."""
        with self._lock:
            now_s = self._now_s()
            if now_s - self._asked_s >= self._look_every_s:
                self._asked_s = now_s
                self._asking.submit(self._look)
            if self._line is None or now_s - self._line.heard_s > _WORTH_S:
                return 0.0
            return self._line.wait_s(self._since)

    def note_enqueued(self) -> None:
        """One more stands in line than Cloud Tasks told."""
        with self._lock:
            self._since += 1

    def _look(self) -> None:
        try:
            line = self._ask()
        except FAILURES as error:
            # The line is then taken for short: a queue that cannot be asked may well take a task.
            log("WARNING", f"the backlog is unknown: {type(error).__name__}: {error}")
            return
        with self._lock:
            self._line, self._since = line, 0


def asking(config: Config, now_s: Callable[[], float] = time.monotonic) -> Callable[[], Line]:
    """What asks Cloud Tasks about the queue."""
    client = tasks_v2beta3.CloudTasksClient(**client_arguments(config))
    mask = FieldMask(paths=["state", "rate_limits", "stats"])
    request = tasks_v2beta3.GetQueueRequest(name=config.queue, read_mask=mask)

    def ask() -> Line:
        queue = client.get_queue(request, timeout=_TIMEOUT_S, retry=None)
        is_running = queue.state == tasks_v2beta3.Queue.State.RUNNING
        limit = queue.rate_limits.max_dispatches_per_second
        per_s = min(queue.stats.effective_execution_rate or limit, limit) if is_running else 0.0
        return Line(queue.stats.tasks_count, per_s, now_s())

    return ask
