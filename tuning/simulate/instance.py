"""One instance of a host of the steps: its processor, its threads, its way out.  Used by step_host."""

import math
from collections import deque
from collections.abc import Callable

from tuning.simulate.processor import Processor
from tuning.simulate.throttle import Throttle


class Instance:
    """in_progress: requests that were sent here.  One that finds no free thread waits for one.

    used_s: how long there was at least one.
    """

    __slots__ = (
        *("_connection_s", "_free_threads", "_link_free_s", "_processes", "_served", "_waiting", "_bytes_per_s"),
        *("in_progress", "is_stopped", "last_s", "processor", "ready_s", "started_s", "used_s", "_used_since_s"),
    )

    def __init__(
        self,
        ready_s: float,
        *,
        started_s: float,
        processor: Processor,
        processes: int,
        threads: int,
        bytes_per_s: float,
        connections_per_s: float,
    ) -> None:
        self.started_s = started_s
        self.ready_s = ready_s
        self.last_s = ready_s  # the last moment with a request
        self.in_progress = 0
        self.used_s = 0.0
        self._used_since_s = ready_s
        self.is_stopped = False
        self.processor = processor
        self._free_threads = processes * threads
        self._waiting: deque[Callable[[], None]] = deque()
        self._processes = [Throttle() for _ in range(processes)]
        self._served = 0
        self._bytes_per_s = bytes_per_s
        self._connection_s = 1 / connections_per_s
        self._link_free_s = -math.inf

    def begin(self, work: Callable[[], None], now_s: float) -> None:
        """Do it as soon as a thread is free."""
        if self.in_progress == 0:
            self._used_since_s = now_s
        self.in_progress += 1
        if self._free_threads > 0:
            self._free_threads -= 1
            work()
        else:
            self._waiting.append(work)

    def end(self, now_s: float) -> None:
        """A request has its answer."""
        self.in_progress -= 1
        self.last_s = now_s
        if self.in_progress == 0:
            self.used_s += now_s - self._used_since_s
        if self._waiting:
            self._waiting.popleft()()
        else:
            self._free_threads += 1

    def process(self) -> Throttle:
        """The memory of the process that gets this request; they take turns."""
        self._served += 1
        return self._processes[self._served % len(self._processes)]

    def upload_ends_s(self, begins_s: float, size_bytes: float) -> float:
        """When so much has gone out: one upload after another fills the line."""
        seconds = max(size_bytes / self._bytes_per_s, self._connection_s)
        self._link_free_s = max(self._link_free_s, begins_s) + seconds
        return self._link_free_s
