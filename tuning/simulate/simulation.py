"""A load, a scenario and a project → Answer: all parts on one agenda, in virtual time.  Called by the command line.

Arrivals are open: a request is sent when it is sent, whatever has become of those before.  After the last one the
simulation goes on until nothing works for any request.
"""

import gc
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from local.executions.engine.virtual import Agenda
from local.workflows.limits import raise_recursion_limit
from tuning.model import Model
from tuning.orders import TaskKind
from tuning.prices import read_prices
from tuning.project import Project
from tuning.simulate import recovery
from tuning.simulate.answer import (
    Answer,
    CallsPerRequest,
    Histogram,
    Instances,
    Line,
    Series,
    Shade,
    Spread,
)
from tuning.simulate.answer import (
    Executions as ExecutionNumbers,
)
from tuning.simulate.calls import Call, StepCalls
from tuning.simulate.discord import Discord
from tuning.simulate.executions import Executions
from tuning.simulate.fleet import Fleet
from tuning.simulate.ingress import Ingress
from tuning.simulate.load import Load
from tuning.simulate.measure import Measure
from tuning.simulate.paths import Paths, PathsDiffer
from tuning.simulate.processor import Processor
from tuning.simulate.queues import Queue
from tuning.simulate.reach import never_reached, parts_on_the_way, usual_way_s
from tuning.simulate.request import Request
from tuning.simulate.scenario import Scenario
from tuning.simulate.step_host import StepHost
from tuning.simulate.steps import Steps
from tuning.simulate.storage import Storage
from tuning.simulate.targets import Targets
from tuning.simulate.tasks import Tasks

_BUCKETS = 180
_NICE_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
_LONGEST_DRAIN_S = 86_400.0  # after the load; then what still waits is counted as it is
_EVENTS_A_REPORT = 5_000

Progress = Callable[[int, int], None]  # (requests that have ended, requests that are expected)


def simulate(
    project: Project,
    load: Load,
    scenario: Scenario,
    model: Model,
    seed: int = 1,
    progress: Progress | None = None,
) -> Answer:
    """The same arguments give the same answer.  Raises UnknownCall where a workflow asks for what no model answers."""
    raise_recursion_limit()
    with _no_collector():
        try:
            simulation = _Simulation(project, load, scenario, model, seed, remembers=True)
            simulation.run(progress)
        except PathsDiffer:
            simulation = _Simulation(project, load, scenario, model, seed, remembers=False)
            simulation.run(progress)
    return simulation.answer()


@contextmanager
def _no_collector() -> Iterator[None]:
    """The simulation makes no circles of objects; to look for them in all that waits takes an eighth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Simulation:
    """All parts, joined."""

    def __init__(
        self, project: Project, load: Load, scenario: Scenario, model: Model, seed: int, *, remembers: bool
    ) -> None:
        self._project, self._load, self._scenario, self._model = project, load, scenario, model
        self._seed = seed
        agenda = self._agenda = Agenda(0.0)
        self._usual_way_s = usual_way_s(model)
        self._measure = Measure(agenda, _bucket_s(load.length_s), load.expected, self._is_unreachable)
        release = self._measure.release
        cores = model.number("machine.cores")
        machine = self._machine = Processor(agenda, cores, 1.0) if cores else None
        self._request_cpu_s = model.number("machine.request_cpu_s")
        deployed = project.deployment
        self._storage = Storage(model, scenario, seed, deployed.steps.bucket_timeout.read_s)
        discord = Discord(model, scenario, seed, deployed.steps.discord_timeout.read_s)
        tasks = Tasks(agenda, model, scenario, seed)
        self._steps = Steps(
            *(agenda, model, seed, self._storage, discord, deployed.steps, tasks, project.next_queues, release),
            has_workflow=project.has_workflow,
        )
        hosts = project.hosts(model)
        self._fleets = {host: Fleet(agenda, host, scenario, seed, machine) for host in hosts.all}
        self._hosts = {
            host: StepHost(agenda, host, scenario, seed, fleet, self._steps, release)
            for host, fleet in self._fleets.items()
        }
        self._draws, self._replies = self._hosts[hosts.generate], self._hosts[hosts.reply]
        workflow = project.started_workflow
        paths = Paths(project.workflows[workflow], project.environment[workflow], remembers)
        calls = (agenda, model, scenario, seed, self._receive, self._measure.failed_call, machine)
        self._calls = StepCalls(*calls, have_tokens=project.bears_token)
        self._way = parts_on_the_way(have_tokens=project.bears_token("reply"))
        self._executions = Executions(agenda, paths, model, seed, self._calls, tasks, release)
        send = Targets(agenda, model, scenario, seed, self._executions, self._calls).send
        self._queues = tasks.queues = {
            name: Queue(agenda, config, model, scenario, seed, send, release) for name, config in project.queues.items()
        }
        lines = [self._queues[project.filled_queue]]
        if project.reply_queue in self._queues:
            lines.append(self._queues[project.reply_queue])
        kind: TaskKind = "start" if project.has_workflow else "generate"
        self._ingress = Ingress(agenda, project.ingress, project.limits, model, seed, tasks, lines, kind, release)
        self._is_loading = True

    def run(self, progress: Progress | None) -> None:
        agenda, measure = self._agenda, self._measure
        self._arrivals = self._load.times(random.Random(self._seed))  # noqa: S311 -- a simulation
        self._number = 0
        self._await_arrival()
        agenda.add(measure.bucket_s, self._look)
        until_s = self._load.length_s + _LONGEST_DRAIN_S
        open_, advance = measure.open, agenda.advance
        while (self._is_loading or open_) and agenda.now_s < until_s:
            for _ in range(_EVENTS_A_REPORT):
                advance()
                if not open_ and not self._is_loading:
                    break
            if progress is not None:
                progress(measure.sent - len(open_), self._load.expected)
        measure.end_all()

    def _await_arrival(self) -> None:
        at_s = next(self._arrivals, None)
        if at_s is None:
            self._is_loading = False
        else:
            self._agenda.add(at_s, self._arrive)

    def _arrive(self) -> None:
        request = Request(self._number, self._agenda.now_s)
        self._number += 1
        self._measure.send(request)
        if self._machine is None:
            self._ingress.receive(request)
        else:
            self._machine.work(self._request_cpu_s, partial(self._ingress.receive, request))
        self._await_arrival()

    def _receive(self, call: Call) -> None:
        (self._draws if call.kind == "generate" else self._replies).receive(call)

    def _look(self) -> None:
        """At the end of each bucket."""
        measure, executions, now_s = self._measure, self._executions, self._agenda.now_s
        measure.bucket(now_s - measure.bucket_s / 2).gauges = (
            *(self._waiting(), executions.queued, executions.asleep, executions.active),
            sum(fleet.count for fleet in self._fleets.values()),
        )
        self._agenda.add(now_s + measure.bucket_s, self._look)

    def _waiting(self) -> int:
        return sum(queue.waiting for queue in self._queues.values())

    def _is_unreachable(self, request: Request) -> bool:
        before_s, call_s = self._usual_way_s
        begins_s, ends_s = request.received_s + before_s, request.expires_s - call_s
        return never_reached(self._scenario, self._way, begins_s, ends_s)

    def answer(self) -> Answer:
        measure, executions, times = self._measure, self._executions, self._measure.times
        ends = measure.ends
        acknowledged = measure.sent - ends["refused"]
        if acknowledged != sum(ends[name] for name in ("pictures", "told", "late", "lost", "unreachable")):
            raise AssertionError(f"requests were lost or made up by the simulation itself: {ends}")
        calls, each = self._calls.counts, max(acknowledged, 1)
        edges_s, counts = times.histogram()
        return Answer(
            seed=self._seed,
            commit=None,
            sent=measure.sent,
            refused=ends["refused"],
            acknowledged=acknowledged,
            pictures=ends["pictures"],
            told=ends["told"],
            late=ends["late"],
            lost=ends["lost"],
            unreachable=ends["unreachable"],
            duplicates=measure.duplicates,
            s_to_reply=Spread(times.quantile(0.5), times.quantile(0.95), times.quantile(0.99), times.longest_s),
            calls_per_request=CallsPerRequest(calls["generate"] / each, (calls["reply"] + calls["tell"]) / each),
            executions=ExecutionNumbers(
                executions.most_active, executions.most_queued, (executions.internal + executions.external) / each
            ),
            queues={name: Line(queue.most_waiting, queue.longest_wait_s) for name, queue in self._queues.items()},
            instances=self._instances(),
            recovered_after_s=self._recovered_after_s(),
            cost_usd=self._cost(measure.sent),
            prices_as_of=read_prices().as_of,
            kept=not ends["lost"] and not measure.duplicates,
            load=self._load.label,
            scenario=self._scenario.name,
            length_s=self._load.length_s,
            series=self._series(),
            histogram=Histogram(edges_s, counts),
            lives=measure.lives(),
            faults=[Shade(fault.begins_s, fault.ends_s, fault.label) for fault in self._scenario.faults],
            limits=self._limits(),
        )

    def _limits(self) -> Mapping[str, float]:
        of_executions = {
            "executions": self._model.number("executions.most_at_once"),
            "queued": self._model.number("executions.most_queued"),
        }
        most = [host.max_instances or host.fixed_instances for host in self._fleets]
        instances = {"instances": float(sum(most))}
        return {**of_executions, **instances} if self._project.has_workflow else instances

    def _instances(self) -> Instances:
        fleets = self._fleets.values()
        return Instances(sum(fleet.most for fleet in fleets), sum(fleet.hours(self._agenda.now_s) for fleet in fleets))

    def _recovered_after_s(self) -> float | None:
        scenario, measure = self._scenario, self._measure
        if not scenario.faults:
            return None
        return recovery.recovered_after_s(measure.buckets, measure.bucket_s, scenario.begins_s, scenario.ends_s)

    def _cost(self, requests: int) -> Mapping[str, float]:
        ingress, storage = self._ingress, self._storage.calls
        counted: dict[str, float] = {
            "workflows_internal_step": self._executions.internal,
            "workflows_external_step": self._executions.external,
            "tasks_operation": ingress.lookups
            + sum(queue.created + queue.dispatches for queue in self._queues.values()),
            "appengine_egress": self._steps.uploaded_bytes,
            "functions_request": ingress.requests,
            "functions_vcpu": ingress.paid_s * self._project.ingress.cpu,
            "functions_memory": ingress.paid_s * self._project.ingress.memory_mib / 1024,
            "storage_write": storage["write"],
            "storage_read": storage["read"] + storage["look"],
        }
        for host, fleet in self._fleets.items():
            paid_s = fleet.hours(self._agenda.now_s) * 3600
            for item, number in host.counted(paid_s, fleet.used_s(), self._hosts[host].requests).items():
                counted[item] = counted.get(item, 0.0) + number
        return read_prices().cost(counted, requests)

    def _series(self) -> Series:
        buckets = self._measure.buckets
        columns: dict[str, list[float | None]] = {
            "arrivals": [bucket.sent for bucket in buckets],
            "errors": [bucket.errors for bucket in buckets],
        }
        for number, name in enumerate(("waiting", "queued", "asleep", "executions", "instances")):
            columns[name] = [float(bucket.gauges[number]) if bucket.gauges else 0.0 for bucket in buckets]
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
            columns[name] = [bucket.times.quantile(share) for bucket in buckets]
        return Series(self._measure.bucket_s, columns)


def _bucket_s(length_s: float) -> float:
    return float(next((nice for nice in _NICE_S if nice * _BUCKETS >= length_s), _NICE_S[-1]))
