"""The Cloud Run function: instances, the limits of limits.yaml, the creation of the task, Discord's 3 seconds.

In: receive(), for each command that a member sends.  Out: a task, or none.
Requests arrive in order, and none that comes later changes the answer to an earlier one: each is worked out at once.
Source: ingress/backlog.py, luck.py, limits.py and enqueue.py; a test compares.
"""

import math
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from functools import partial
from heapq import heappop, heappush

from local.executions.engine.virtual import Agenda
from schemas.deployment import Ingress as Scaling
from schemas.limits import Limits
from tuning.model import Model
from tuning.orders import TaskKind
from tuning.simulate.dice import uniform, values
from tuning.simulate.queues import Queue
from tuning.simulate.request import Request
from tuning.simulate.tasks import Tasks

SECOND_CALL_AFTER_S = 0.9
PAUSE_S = 0.5
CALL_TIMEOUT_MARGIN_S = 1.0
_OK = 200
_NOT_RETRYABLE = (400, 403, 404)
_LOOKS = (3, 4)  # the numbers of the calls that ask for each queue's length, after the two that create
_FETCH_TIMEOUT_S = 1.0
_MAX_AGE_S = 60.0
_LOOK_AGAIN_S = 1.0
_CALLS = 100
_UNLUCKY = 0.001
_WINDOW_S = 60.0
_MAX_MEMBERS = 10_000


class Instance:
    """What one instance remembers: when its requests end, the queues as it saw them last, each member's commands."""

    __slots__ = ("ends_s", "enqueued", "is_paid_until_s", "last_s", "look_s", "luck", "members", "ready_s", "seen")

    def __init__(self, ready_s: float) -> None:
        self.ready_s = ready_s
        self.last_s = ready_s
        self.ends_s: list[float] = []
        self.is_paid_until_s = ready_s
        self.look_s = [-math.inf, -math.inf]  # when each queue may be asked again
        self.enqueued = 0
        self.luck = 1.0  # the share of good calls among the last ones to Cloud Tasks
        # Of each queue: tasks, per second, when, how many enqueued then.
        self.seen: dict[int, tuple[int, float, float, int]] = {}
        self.members: OrderedDict[int, deque[float]] = OrderedDict()


class Ingress:
    """lines: the queue that it fills, and others in which a request may wait later.  kind: of the tasks that it makes.

    release() is called for a request that no task was created for.
    """

    def __init__(
        self,
        agenda: Agenda,
        scaling: Scaling,
        limits: Limits,
        model: Model,
        seed: int,
        tasks: Tasks,
        lines: Sequence[Queue],
        kind: TaskKind,
        release: Callable[[Request], None],
    ) -> None:
        self._agenda = agenda
        self._scaling = scaling
        self._limits = limits
        self._tasks = tasks
        self._lines = lines
        self._kind = kind
        self._release = release
        self._network_s = values(seed, "network", model.distribution("ingress.network_s"))
        self._handle_s = values(seed, "handle", model.distribution("ingress.handle_s"))
        self._cold_start_s = values(seed, "cold start", model.distribution("ingress.cold_start_s"))
        self._who = uniform(seed, "members")
        self._members = model.number("ingress.members")
        self._idle_stop_s = model.number("ingress.idle_stop_s")
        self._wait_limit_s = model.number("ingress.wait_limit_s")
        self._answer_limit_s = model.number("discord.answer_limit_s")
        self._token_life_s = model.number("discord.token_life_s")
        self._instances = [Instance(agenda.now_s) for _ in range(scaling.min_instances)]
        self._started = 0
        self.requests = 0
        self.paid_s = 0.0
        self.lookups = 0

    def receive(self, request: Request) -> None:
        """Answer a command that is sent now."""
        network_s = self._network_s(request.number, 0)
        arrived_s = self._agenda.now_s + network_s / 2
        self.requests += 1
        instance, begins_s = self._instance(arrived_s)
        request.open += 1
        if instance is None:
            self._end(request, None, begins_s + network_s / 2)
            return
        request.received_s = begins_s
        request.expires_s = begins_s + self._token_life_s
        answered_s, created_s, is_deferred = self._handle(request, instance, begins_s)
        heappush(instance.ends_s, answered_s)
        instance.last_s = max(instance.last_s, answered_s)
        self.paid_s += max(0.0, answered_s - max(arrived_s, instance.is_paid_until_s))
        instance.is_paid_until_s = max(instance.is_paid_until_s, answered_s)
        in_time = answered_s + network_s / 2 - request.sent_s <= self._answer_limit_s
        request.acknowledged = is_deferred and in_time
        self._end(request, created_s, answered_s)

    def _end(self, request: Request, created_s: float | None, answered_s: float) -> None:
        if created_s is None:
            self._agenda.add(answered_s, partial(self._release, request))
        else:
            self._agenda.add(created_s, partial(self._lines[0].add, request, self._kind))

    def _instance(self, now_s: float) -> tuple[Instance | None, float]:
        """The instance for a request that arrives now, and when it begins there; None if it is answered with 429."""
        best, free = None, 0
        for one in list(self._instances):
            while one.ends_s and one.ends_s[0] <= now_s:
                heappop(one.ends_s)
            is_idle = not one.ends_s and now_s - one.last_s > self._idle_stop_s
            if is_idle and len(self._instances) > self._scaling.min_instances:
                self._instances.remove(one)
            elif (own := self._scaling.concurrency - len(one.ends_s)) > free:
                best, free = one, own
        if best is None and len(self._instances) < self._scaling.max_instances:
            self._started += 1
            best = Instance(now_s + self._cold_start_s(self._started, 0))
            self._instances.append(best)
        if best is not None:
            return best, max(now_s, best.ready_s)
        soonest = min(self._instances, key=lambda one: one.ends_s[0])
        if soonest.ends_s[0] - now_s > self._wait_limit_s:
            return None, now_s + self._wait_limit_s
        return soonest, heappop(soonest.ends_s)

    def _handle(self, request: Request, instance: Instance, now_s: float) -> tuple[float, float | None, bool]:
        """(when it is answered, when the task is created if it is, whether the answer is not a refusal)."""
        limits = self._limits
        deadline_s = now_s + self._scaling.answer_within_s
        now_s += self._handle_s(request.number, 0)
        wait_s = self._wait_s(instance, now_s)
        looked_s = min(self._refresh(request, instance, now_s), now_s + _FETCH_TIMEOUT_S, deadline_s)
        if wait_s > limits.refuse_after_s:
            return looked_s, None, False
        if not may_ask(instance, self._member(request), limits.per_minute, now_s):
            return looked_s, None, False
        done_s, created_s = self._enqueue(request, instance, now_s, deadline_s)
        if done_s is None:
            self._refund(request, instance)
            return max(looked_s, min(created_s, deadline_s)), created_s if created_s < math.inf else None, False
        instance.enqueued += 1
        return max(looked_s, done_s), created_s, True

    def _refresh(self, request: Request, instance: Instance, now_s: float) -> float:
        """Ask Cloud Tasks for the length of each queue, at once, if that is due; when the last answer comes."""
        ends_s = now_s
        for number, line in enumerate(self._lines):
            if now_s < instance.look_s[number]:
                continue
            self.lookups += 1
            seconds, is_good = self._call(request, instance, _LOOKS[number], now_s, _FETCH_TIMEOUT_S)
            if is_good:
                per_s = line.per_s if number == 0 else line.most_per_s or math.inf  # as ingress/backlog.py reads both
                seen = (line.waiting, per_s, now_s, instance.enqueued if number == 0 else 0)
                self._agenda.add(now_s + seconds, partial(instance.seen.__setitem__, number, seen))
            every_s = self._limits.look_every_s
            instance.look_s[number] = now_s + (min(every_s, _LOOK_AGAIN_S) if is_good is False else every_s)
            ends_s = max(ends_s, now_s + seconds)
        return ends_s

    def _wait_s(self, instance: Instance, now_s: float) -> float:
        """Of a new task, as far as this instance knows: the waits of both lines."""
        wait_s = 0.0
        for number, (tasks, per_s, at_s, enqueued) in instance.seen.items():
            if now_s - at_s <= _MAX_AGE_S:
                more = instance.enqueued - enqueued if number == 0 else 0
                one_s = (tasks + more) / per_s if per_s > 0 else math.inf
                wait_s += one_s * attempts(instance) if number == 0 else one_s
        return wait_s

    def _member(self, request: Request) -> int:
        return int(self._who(request.number, 0) * self._members)

    def _refund(self, request: Request, instance: Instance) -> None:
        asked = instance.members.get(self._member(request))
        if asked:
            asked.pop()

    def _enqueue(
        self, request: Request, instance: Instance, now_s: float, deadline_s: float
    ) -> tuple[float | None, float]:
        """(when the queue said yes, None if not in time; when the task is there, infinite if never)."""
        given_up_s = deadline_s + CALL_TIMEOUT_MARGIN_S
        first_s, first_is_good = self._call(request, instance, 1, now_s, given_up_s - now_s)
        if first_s <= SECOND_CALL_AFTER_S:
            if first_is_good:
                return now_s + first_s, now_s + first_s
            if first_is_good is None:
                return None, math.inf
            second_at_s = now_s + first_s + PAUSE_S
        else:
            second_at_s = now_s + SECOND_CALL_AFTER_S
        ends = [now_s + first_s] if first_is_good else []
        if second_at_s < deadline_s:
            second_s, second_is_good = self._call(request, instance, 2, second_at_s, given_up_s - second_at_s)
            ends += [second_at_s + second_s] if second_is_good else []
        created_s = min(ends, default=math.inf)
        return (created_s if created_s <= deadline_s else None), created_s

    def _call(
        self, request: Request, instance: Instance, call: int, now_s: float, timeout_s: float
    ) -> tuple[float, bool | None]:
        """(seconds, whether it was good; None if another call cannot be good) of one call to Cloud Tasks.

        How it ends counts for the instance's luck from its begin on, a little sooner than in truth.
        """
        seconds, status = self._tasks.call(request.number, call, now_s)
        is_good = seconds <= timeout_s if status == _OK else None if status in _NOT_RETRYABLE else False
        note_call(instance, is_good=is_good is not False)
        return seconds, is_good


def note_call(instance: Instance, *, is_good: bool) -> None:
    instance.luck += (is_good - instance.luck) / _CALLS


def attempts(instance: Instance) -> float:
    """So many are enough for nearly every task, as far as this instance knows."""
    if instance.luck >= 1 - _UNLUCKY:
        return 1.0
    return math.log(_UNLUCKY) / math.log1p(-max(instance.luck, 1 / _CALLS))


def may_ask(instance: Instance, member: int, per_minute: int, now_s: float) -> bool:
    """Whether the member has not asked too often, as far as this instance knows; counts it if so."""
    asked = instance.members.get(member)
    if asked is None:
        asked = instance.members[member] = deque()
        if len(instance.members) > _MAX_MEMBERS:
            instance.members.popitem(last=False)
    else:
        instance.members.move_to_end(member)
        while asked and asked[0] + _WINDOW_S <= now_s:
            asked.popleft()
    if len(asked) >= per_minute:
        return False
    asked.append(now_s)
    return True
