"""A queue of Cloud Tasks: the real rules of local/tasks, and how the service's own rate rises, falls and stands still.

In: add() and take().  Out: send() for each dispatch.  A task that passes both limits of its retries is dropped.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from heapq import heappop, heappush

from local.executions.engine.virtual import Agenda
from local.tasks.rules import QueueConfig, TokenBucket, dispatchable, next_check_s, retry_at_s
from tuning.model import Model
from tuning.orders import STEP_TASK_DEADLINE_S, NewTask, TaskKind
from tuning.simulate.dice import uniform, values
from tuning.simulate.faults import Faults
from tuning.simulate.request import Request
from tuning.simulate.scenario import Scenario
from tuning.simulate.task import Ending, Task

_LOOK_EVERY_S = 0.25  # while the rate changes by itself
_ROUNDING_S = 1e-6  # a token that lacks a rounding error would be waited for in no time, again and again
_LAST_DISPATCHES = 20  # of which the share of errors counts


# (task, what to call with it, how the attempt ended, and the seconds that it shall wait at least)
Send = Callable[[Task, Callable[[Task, Ending, float], None]], None]


class Queue:
    """release() is called for each request whose task is gone."""

    def __init__(
        self,
        agenda: Agenda,
        config: QueueConfig,
        model: Model,
        scenario: Scenario,
        seed: int,
        send: Send,
        release: Callable[[Request], None],
    ) -> None:
        self._agenda = agenda
        self._config = config
        self._send = send
        self._release = release
        self._stalls = Faults(scenario, "tasks", seed)
        self._dispatch_s = values(seed, "dispatch", model.distribution("tasks.dispatch_s"))
        self._luck = uniform(seed, "duplicates")
        self._duplicates = model.number("tasks.duplicate_share")
        self._ramp_s = model.number("tasks.ramp_s")
        self._ramp_from = model.number("tasks.ramp_from_share")
        self._ramp_idle_s = model.number("tasks.ramp_idle_s")
        self._throttled = model.number("tasks.throttled_share")
        self._throttle_errors = model.number("tasks.throttle_errors_share")
        self._throttle_recovery_s = model.number("tasks.throttle_recovery_s")
        self._due: list[tuple[float, int, Task]] = []
        self._order = 0
        self._in_flight = 0
        self._bucket = TokenBucket(float(config.rate.max_burst_size), agenda.now_s)
        self._planned_s = math.inf
        self._ramp_began_s = -math.inf
        self._dispatched_s = -math.inf
        self._errors = 0.0
        self._throttled_at_s = -math.inf
        self._names: set[str] = set()  # of tasks that a workflow made
        self.dispatches = 0
        self.created = 0
        self.most_waiting = 0
        self.longest_wait_s = 0.0

    @property
    def waiting(self) -> int:
        return len(self._due)

    @property
    def most_per_s(self) -> float:
        """The rate that queue.yaml gives it."""
        return self._config.rate.max_dispatches_per_s

    @property
    def per_s(self) -> float:
        """The rate in force, as the service's statistics show it; they know nothing of a standstill."""
        return self._config.rate.max_dispatches_per_s * self._own_share()

    def add(self, request: Request, kind: TaskKind) -> None:
        """The ingress has created a task, which starts an execution or calls the first step."""
        now_s = self._agenda.now_s
        self._add(Task(request, kind, now_s, deadline_s=STEP_TASK_DEADLINE_S), now_s)

    def take(self, request: Request, order: NewTask) -> bool:
        """A workflow creates a task; False if there was one of its name."""
        if order.name is not None:
            if order.name in self._names:
                return False
            self._names.add(order.name)
        now_s = self._agenda.now_s
        request.open += 1
        self._add(Task(request, order.kind, now_s), now_s if order.due_s is None else max(order.due_s, now_s))
        return True

    def take_next(self, task: Task, kind: TaskKind, due_s: float) -> None:
        """A step creates the task that comes after that one: the first one of a reply, or its next one."""
        task.request.open += 1
        number = task.number + 1 if kind == task.kind else 1
        self._add(Task(task.request, kind, self._agenda.now_s, number, STEP_TASK_DEADLINE_S), due_s)

    def _add(self, task: Task, due_s: float) -> None:
        """The first dispatch comes some time later.  So newer ones may pass older ones."""
        self.created += 1
        self._put(task, due_s + self._dispatch_s(task.request.number, task.draw(0)))

    def _put(self, task: Task, due_s: float) -> None:
        self._order += 1
        heappush(self._due, (due_s, self._order, task))
        self.most_waiting = max(self.most_waiting, len(self._due))
        self._plan(due_s)

    def _plan(self, at_s: float) -> None:
        """Look at that time, unless a look comes before."""
        at_s = max(at_s, self._agenda.now_s)
        if at_s < self._planned_s:
            self._planned_s = at_s
            self._agenda.add(at_s, self._check)

    def _check(self) -> None:
        if self._agenda.now_s == self._planned_s:  # else an earlier look was planned since
            self._planned_s = math.inf
            self._serve()

    def _serve(self) -> None:
        now_s, due = self._agenda.now_s, self._due
        if due and due[0][0] <= now_s and now_s - self._dispatched_s > self._ramp_idle_s:
            self._ramp_began_s = self._dispatched_s = now_s
        share = self._share()
        config = self._config if share == 1 else _slower(self._config, share)
        bucket = self._bucket.filled(config.rate, now_s)
        free = dispatchable(config, bucket, self._in_flight)
        taken = 0
        while taken < free and due and due[0][0] <= now_s:
            due_s, _, task = heappop(due)
            task.late_s = now_s - due_s
            self._dispatch(task)
            taken += 1
        self._bucket = bucket.taken(taken) if taken else bucket
        if due:
            wait_s = next_check_s(config, self._bucket, self._in_flight, due[0][0] - now_s)
            if share < 1:
                wait_s = min(wait_s, max(_LOOK_EVERY_S, due[0][0] - now_s))
            if wait_s < math.inf:
                self._plan(max(now_s + max(wait_s, _ROUNDING_S), due[0][0]))

    def _share(self) -> float:
        """Of the queue's own rate: with a standstill."""
        return self._own_share() * (1 - self._stalls.stalled_share(self._agenda.now_s))

    def _own_share(self) -> float:
        """The slow start, the slower rate after errors."""
        now_s = self._agenda.now_s
        share = 1.0
        ramped_s = now_s - self._ramp_began_s
        if ramped_s < self._ramp_s:
            share = self._ramp_from + (1 - self._ramp_from) * ramped_s / self._ramp_s
        throttled_s = now_s - self._throttled_at_s
        if throttled_s < self._throttle_recovery_s:
            share *= self._throttled + (1 - self._throttled) * throttled_s / self._throttle_recovery_s
        return share

    def _dispatch(self, task: Task) -> None:
        now_s = self._agenda.now_s
        self._dispatched_s = now_s
        self._in_flight += 1
        self.dispatches += 1
        task.attempts += 1
        if task.first_s is None:
            task.first_s = now_s
            self.longest_wait_s = max(self.longest_wait_s, now_s - task.created_s)
        self._send(task, self._ended)

    def _ended(self, task: Task, ending: Ending, asked_s: float) -> None:
        now_s, retry, number = self._agenda.now_s, self._config.retry, task.request.number
        is_done = ending == "done"
        if ending != "not sent":
            self._note(0.0 if is_done else 1.0)
        if is_done and task.attempts == 1 and self._luck(number, task.draw(0)) < self._duplicates:
            self._put(task, now_s + self._dispatch_s(number, task.draw(1)))
        elif is_done or retry.is_exhausted(task.attempts, now_s - (task.first_s or now_s)):
            self._release(task.request)
        else:
            self._put(task, retry_at_s(retry, task.attempts, now_s, asked_s))
        was_full = self._in_flight >= self._config.rate.max_concurrent_dispatches
        self._in_flight -= 1
        if was_full:
            self._plan(now_s)

    def _note(self, failed: float) -> None:
        self._errors += (failed - self._errors) / _LAST_DISPATCHES
        if failed and self._errors >= self._throttle_errors:
            self._throttled_at_s = self._agenda.now_s


def _slower(config: QueueConfig, share: float) -> QueueConfig:
    rate = config.rate
    return replace(config, rate=replace(rate, max_dispatches_per_s=rate.max_dispatches_per_s * share))
