"""Cloud Workflows: how many executions are active, who is QUEUED behind them, and what they call.

In: create(), for each dispatch of a task.  Out: calls to App Engine, and new tasks.
Source: Workflows, "Quotas and limits"; what is published nowhere is in the model.
"""

from collections import deque
from collections.abc import Callable

from local.executions.engine.virtual import Agenda
from tuning.model import Model
from tuning.simulate.calls import StepCalls
from tuning.simulate.dice import uniform, values
from tuning.simulate.execution import Execution
from tuning.simulate.paths import Paths
from tuning.simulate.request import Request
from tuning.simulate.tasks import Tasks

_QUOTA_S = 60.0  # starts are counted by the minute


class Executions:
    """active counts the sleeping ones too.  release() takes a request that an execution has left.

    calls, tasks: where the executions' calls go.
    """

    def __init__(
        self,
        agenda: Agenda,
        paths: Paths,
        model: Model,
        seed: int,
        calls: StepCalls,
        tasks: Tasks,
        release: Callable[[Request], None],
    ) -> None:
        self.agenda = agenda
        self.step_s = model.number("executions.step_s")
        self.hop_s = values(seed, "hop", model.distribution("executions.hop_s"))
        self.calls = calls
        self.tasks = tasks
        self._paths = paths
        self._release = release
        self._most_at_once = int(model.number("executions.most_at_once"))
        self._most_queued = int(model.number("executions.most_queued"))
        self._starts = model.number("executions.starts_per_s") * _QUOTA_S
        self._newest_first = model.number("executions.newest_first_share")
        self._luck = uniform(seed, "newest first")
        self._look_s = model.number("executions.queue_look_s")
        self._queued: deque[tuple[float, Execution]] = deque()
        self._looks = False  # whether a look at the free places is planned
        self._minute, self._started = -1, 0
        self.active = 0
        self.asleep = 0
        self.most_active = 0
        self.most_queued = 0
        self.internal = 0
        self.external = 0
        self._created = 0

    @property
    def queued(self) -> int:
        return len(self._queued)

    def create(self, request: Request, created_s: float) -> bool:
        """Begin an execution, or queue it.  False: the quota or the line is full, which is a 429."""
        now_s = self.agenda.now_s
        minute = int(now_s // _QUOTA_S)
        if minute != self._minute:
            self._minute, self._started = minute, 0
        if self._started >= self._starts or len(self._queued) >= self._most_queued:
            return False
        self._started += 1
        request.open += 1
        request.bar("queue", created_s, now_s, True)
        self._created += 1
        execution = Execution(self, self._paths, request, self._created)
        if self.active < self._most_at_once and not self._queued:
            self._begin(execution)
        else:
            self._queued.append((now_s, execution))
            self.most_queued = max(self.most_queued, len(self._queued))
        return True

    def _begin(self, execution: Execution) -> None:
        self.active += 1
        if self.active > self.most_active:
            self.most_active = self.active
        execution.begin()

    def ended(self, execution: Execution, internal: int, external: int) -> None:
        self.active -= 1
        self.internal += internal
        self.external += external
        self._release(execution.request)
        if self._queued and not self._looks:
            self._looks = True
            self.agenda.add(self.agenda.now_s + self._look_s, self._fill)

    def _fill(self) -> None:
        """Give the free places to those that are QUEUED."""
        self._looks = False
        now_s = self.agenda.now_s
        while self._queued and self.active < self._most_at_once:
            is_newest = self._luck(self._queued[0][1].request.number, 0) < self._newest_first
            queued_s, execution = self._queued.pop() if is_newest else self._queued.popleft()
            execution.request.bar("queued", queued_s, now_s, True)
            self._begin(execution)

    def fell_asleep(self) -> None:
        self.asleep += 1

    def woke_up(self) -> None:
        self.asleep -= 1
