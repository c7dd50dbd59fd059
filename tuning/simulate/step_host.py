"""A host of the steps: the line of requests that wait for an instance, and the instances that answer them.

In: a call of a workflow or a task that has arrived.  Out: call.answer().
"""

import math
from collections import deque
from collections.abc import Callable
from functools import partial

from local.executions.engine.virtual import Agenda
from local.workflows.effects import HttpFailure, HttpResponse
from tuning.hosts import Host
from tuning.simulate.calls import Call
from tuning.simulate.faults import REFUSES_S, Faults
from tuning.simulate.fleet import Fleet
from tuning.simulate.instance import Instance
from tuning.simulate.request import Request
from tuning.simulate.scenario import Scenario
from tuning.simulate.steps import Steps
from tuning.step_answers import NO_CONNECTION, failed, foreign


class StepHost:
    def __init__(
        self,
        agenda: Agenda,
        host: Host,
        scenario: Scenario,
        seed: int,
        fleet: Fleet,
        steps: Steps,
        release: Callable[[Request], None],
    ) -> None:
        self._agenda = agenda
        self._host = host
        self._fleet = fleet
        self._steps = steps
        self._release = release
        self._faults = Faults(scenario, "steps", seed)
        self._aborted, self._ended = foreign(host.abort_status), foreign(host.deadline_status)
        self.requests = 0
        self._pending: deque[tuple[float, Call]] = deque()
        self._is_watched = False  # whether the next look at the line is planned
        fleet.when_free = self._serve_pending

    def receive(self, call: Call) -> None:
        """A call has arrived.  It is worked for until its answer, also when nobody waits for that any more."""
        if call.is_over:
            return
        self.requests += 1
        now_s, request = self._agenda.now_s, call.request
        request.open += 1
        fault = self._faults.hit(now_s, request.number, call.number)
        if fault is None:
            self._route(call)
        elif fault.status is not None:
            answer = foreign(fault.status) if fault.body == "page" else failed(fault.status, "mistake")
            self._agenda.add(now_s + REFUSES_S, partial(self._answer, call, answer))
        else:
            extra_s = self._faults.extra_s(fault, request.number, call.number)
            if extra_s < self._host.deadline_s:
                self._agenda.add(now_s + extra_s, partial(self._route, call))
            else:
                self._agenda.add(now_s + self._host.deadline_s, partial(self._answer, call, self._ended))

    def _route(self, call: Call) -> None:
        instance = None if self._pending else self._fleet.free()
        if instance is not None:
            self._begin(call, instance)
        else:
            self._pending.append((self._agenda.now_s, call))
            self._watch()
            if self._host.min_pending_s > 0:
                self._agenda.add(self._agenda.now_s + self._host.min_pending_s, self._ask_for_more)
                return
        self._ask_for_more()

    def _ask_for_more(self) -> None:
        self._fleet.start_if_needed(len(self._pending))

    def _begin(self, call: Call, instance: Instance) -> None:
        finish = partial(self._finish, call, instance)
        instance.begin(partial(self._steps.perform, call, instance, finish), self._agenda.now_s)

    def _finish(self, call: Call, instance: Instance, outcome: HttpResponse | HttpFailure) -> None:
        instance.end(self._agenda.now_s)
        if self._pending:
            self._serve_pending()
        self._answer(call, NO_CONNECTION if instance.is_stopped else outcome)

    def _answer(self, call: Call, outcome: HttpResponse | HttpFailure) -> None:
        call.answer(outcome)
        self._release(call.request)

    def _serve_pending(self) -> None:
        while self._pending:
            instance = self._fleet.free()
            if instance is None:
                return
            call = self._pending.popleft()[1]
            if call.is_over:
                self._release(call.request)
            else:
                self._begin(call, instance)

    def _watch(self) -> None:
        if self._pending and not self._is_watched and self._host.max_pending_s < math.inf:
            self._is_watched = True
            self._agenda.add(self._pending[0][0] + self._host.max_pending_s, self._abort)

    def _abort(self) -> None:
        """Answer those that have waited too long.

        Source: App Engine's incident of 2017-06-07: "aborted after waiting too long to attempt to service" it.
        """
        self._is_watched = False
        while self._pending and self._pending[0][0] + self._host.max_pending_s <= self._agenda.now_s:
            self._answer(self._pending.popleft()[1], self._aborted)
        self._ask_for_more()
        self._watch()
