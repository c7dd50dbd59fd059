"""The instances of a host of the steps, and the rule that starts and stops them.  Used by step_host.

Source: App Engine, "app.yaml reference" and "How instances are managed"; what is published nowhere is in the model.
"""

import math
from collections.abc import Callable
from functools import partial

from local.executions.engine.virtual import Agenda
from tuning.hosts import Host
from tuning.simulate.dice import values
from tuning.simulate.fault import Fault
from tuning.simulate.instance import Instance
from tuning.simulate.processor import Processor
from tuning.simulate.scenario import Scenario

_LOOK_EVERY_S = 1.0  # at the use of the processors
_ONE_CORE = 1.0  # what one request computes with at most


class Fleet:
    """when_free() is called when an instance has become ready.  machine: one processor for all of them, or None."""

    def __init__(self, agenda: Agenda, host: Host, scenario: Scenario, seed: int, machine: Processor | None) -> None:
        self.when_free: Callable[[], None] = lambda: None
        self._agenda = agenda
        self._host = host
        self._machine = machine
        luck = "appengine" if host.name == "app" else host.name
        self._start_s = values(seed, f"{luck} start", host.start_s)
        self._fixed = host.fixed_instances
        self._most = math.inf if host.max_instances is None else host.max_instances
        self._starts_at = host.concurrency * host.target_throughput_utilization
        self._ready: list[Instance] = []
        self._starting: list[Instance] = []
        self._started = 0
        self._decided_s = -math.inf
        self._use = 0.0  # of the processors, smoothed; of those that are there now
        self._changed_s = agenda.now_s  # when one came or went
        self._used_s = 0.0
        self._paid_s = 0.0
        self._served_s = 0.0  # by those that are gone
        self.most = 0
        for _ in range(self._fixed or host.min_instances):
            self._ready.append(self._instance(agenda.now_s))
        self.most = len(self._ready)
        for fault in scenario.of("steps"):
            if fault.kind == "cold":
                agenda.add(fault.begins_s, partial(self._stop_some, fault))
        agenda.add(agenda.now_s + _LOOK_EVERY_S, self._look)

    @property
    def count(self) -> int:
        return len(self._ready) + len(self._starting)

    def free(self) -> Instance | None:
        """The one with the fewest requests, if it may get another one; without App Engine it always may."""
        best, fewest = None, math.inf if self._fixed else self._host.concurrency
        for one in self._ready:
            if one.in_progress < fewest:
                best, fewest = one, one.in_progress
        return best

    def start_if_needed(self, pending: int) -> None:
        """Start instances until each would have less than its share of the requests, or where processors are busy.

        pending: requests that wait for an instance.
        """
        if self._fixed:
            return
        working = pending
        for one in self._ready:
            working += one.in_progress
        needed = math.ceil(working / self._starts_at)
        if working and not self._starting and self._agenda.now_s - self._changed_s >= self._host.cpu_window_s:
            needed = max(needed, math.ceil(len(self._ready) * self._use / self._host.target_cpu_utilization))
        needed = max(needed + self._host.min_idle_instances, self._host.min_instances)
        while self.count < min(needed, self._most):
            if self._agenda.now_s - self._decided_s < self._host.start_decision_s:
                return  # the next request decides again, or the next look
            self._start()

    def hours(self, end_s: float) -> float:
        """Paid until then: an instance counts until 15 minutes after its last request."""
        return (self._paid_s + sum(self._paid(one, end_s) for one in (*self._ready, *self._starting))) / 3600

    def used_s(self) -> float:
        """How long instances have had a request, and how long they took to start."""
        return self._served_s + sum(map(_served_s, self._ready))

    def _start(self) -> None:
        self._decided_s = self._agenda.now_s
        self._started += 1
        instance = self._instance(self._agenda.now_s + self._start_s(self._started, 0))
        self._starting.append(instance)
        self.most = max(self.most, self.count)
        self._agenda.add(instance.ready_s, partial(self._is_up, instance))

    def _instance(self, ready_s: float) -> Instance:
        return Instance(
            ready_s,
            started_s=self._agenda.now_s,
            processor=self._machine or Processor(self._agenda, self._host.cores, _ONE_CORE),
            processes=self._host.processes,
            threads=self._host.threads,
            bytes_per_s=self._host.bits_per_s / 8,
            connections_per_s=self._host.connections_per_s,
        )

    def _is_up(self, instance: Instance) -> None:
        self._starting.remove(instance)
        self._ready.append(instance)
        self._changed_s = self._agenda.now_s
        self.when_free()

    def _look(self) -> None:
        """Once a second: how busy the processors are, and who has been idle for too long."""
        now_s = self._agenda.now_s
        if self._ready and self._machine is None:
            use = (sum(one.processor.used_s() for one in self._ready) - self._used_s) / _LOOK_EVERY_S / len(self._ready)
            over_s = min(self._host.cpu_window_s, max(now_s - self._changed_s, _LOOK_EVERY_S))
            self._use += (max(0.0, use) - self._use) * min(1.0, _LOOK_EVERY_S / over_s)
        least = max(self._host.min_instances, self._host.min_idle_instances)
        for one in list(self._ready):
            is_idle = one.in_progress == 0 and now_s - one.last_s >= self._host.idle_stop_s
            if is_idle and len(self._ready) > least and not self._fixed:
                self._stop(one)
        self._used_s = sum(one.processor.busy_s for one in self._ready)
        self._agenda.add(now_s + _LOOK_EVERY_S, self._look)

    def _stop(self, instance: Instance) -> None:
        self._ready.remove(instance)
        self._changed_s = self._agenda.now_s
        self._paid_s += self._paid(instance, self._agenda.now_s)
        self._served_s += _served_s(instance)

    def _paid(self, instance: Instance, end_s: float) -> float:
        if self._host.min_instances or self._fixed:
            return max(end_s - instance.started_s, 0.0)
        return max(instance.last_s + self._host.idle_stop_s - instance.started_s, 0.0)

    def _stop_some(self, fault: Fault) -> None:
        """A scenario stops instances: what they were doing gets no answer, and new ones start as usual."""
        for one in self._ready[: math.ceil(fault.share_at(self._agenda.now_s) * len(self._ready))]:
            one.is_stopped = True
            self._stop(one)


def _served_s(instance: Instance) -> float:
    return instance.used_s + instance.ready_s - instance.started_s
