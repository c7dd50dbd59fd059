"""Where the steps run, as check and simulation see it: App Engine's service, a function each, or a host elsewhere.

All have instances, threads and a line before them.  They differ in numbers, which come from app.yaml, from
deploy/deployment.yaml and from the model.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from local.form import Form
from schemas.deployment import Function
from tuning.app_yaml import AppScaling
from tuning.distribution import Distribution
from tuning.model import Model

_BUSY = 0.6  # Source: Cloud Run, "About instance autoscaling": 60 % of the processor, over a minute
_BUSY_OVER_S = 60.0
_NO_INSTANCE = 429  # Source: Cloud Run, "Troubleshoot": no available instance
_TOO_LONG = 504  # Source: Cloud Run, "Set request timeout"
_APP_ENGINE_TOO_LONG = 500


@dataclass(frozen=True, slots=True)
class Host:
    """name: app, generate, reply or elsewhere.  what: its instances, as messages say it.

    cores, processes, threads (of a process): of an instance.  It gets `concurrency` requests at once.  fixed_instances:
    0 where they come and go.  max_instances: None where nobody here decides.  memory_gib and price: for the bill.
    """

    name: str
    what: str
    cores: float
    start_s: Distribution
    processes: int
    threads: int
    concurrency: int
    min_instances: int
    max_instances: int | None
    min_idle_instances: int
    fixed_instances: int
    target_cpu_utilization: float
    target_throughput_utilization: float
    cpu_window_s: float
    start_decision_s: float
    idle_stop_s: float
    min_pending_s: float
    max_pending_s: float
    abort_status: int
    deadline_s: float
    deadline_status: int
    bits_per_s: float
    connections_per_s: float
    price: str = ""
    memory_gib: float = 0.0

    @property
    def room(self) -> float:
        """Requests that all instances take at once."""
        return float("inf") if self.max_instances is None else self.max_instances * self.concurrency

    @property
    def all_cores(self) -> float:
        return float("inf") if self.max_instances is None else self.max_instances * self.cores

    def counted(self, paid_s: float, used_s: float, requests: int) -> Mapping[str, float]:
        """What is billed.  paid_s: as App Engine counts instances; used_s: with a request, of all instances."""
        if self.name == "app":
            return {f"appengine_{self.price}": paid_s}
        if self.name == "elsewhere":
            return {}
        return {
            "functions_request": float(requests),
            "functions_vcpu": used_s * self.cores,
            "functions_memory": used_s * self.memory_gib,
        }


@dataclass(frozen=True, slots=True)
class Hosts:
    """The same one twice, where it runs both steps."""

    generate: Host
    reply: Host

    @property
    def all(self) -> tuple[Host, ...]:
        return (self.generate,) if self.reply is self.generate else (self.generate, self.reply)


def hosts_of(form: Form, app: AppScaling, generate: Function | None, reply: Function | None, model: Model) -> Hosts:
    """generate and reply: the functions, where the form has them.  Threads are those of every process of the steps."""
    threads = app.threads
    if form.is_on_app_engine:
        draws = of_app(app, model)
    else:
        assert generate is not None  # noqa: S101 -- read_project has looked
        draws = _of_function("generate", generate, threads, model)
    if form.reply_is_function:
        assert reply is not None  # noqa: S101
        return Hosts(draws, _of_function("reply", reply, threads, model))
    return Hosts(draws, _elsewhere(threads, model) if form.is_reply_elsewhere else draws)


def of_app(app: AppScaling, model: Model) -> Host:
    """Source: App Engine, "app.yaml reference" and "How instances are managed"."""
    return Host(
        name="app",
        what=f"instances {app.instance_class}",
        cores=model.number(f"appengine.{app.size}_cores"),
        start_s=model.distribution(f"appengine.start_{app.size}_s"),
        processes=app.workers,
        threads=app.threads,
        concurrency=app.max_concurrent_requests,
        min_instances=app.min_instances,
        max_instances=app.max_instances,
        min_idle_instances=app.min_idle_instances,
        fixed_instances=int(model.number("appengine.fixed_instances")),
        target_cpu_utilization=app.target_cpu_utilization,
        target_throughput_utilization=app.target_throughput_utilization,
        cpu_window_s=model.number("appengine.cpu_window_s"),
        start_decision_s=model.number("appengine.start_decision_s"),
        idle_stop_s=model.number("appengine.idle_stop_s"),
        min_pending_s=app.min_pending_latency_s,
        max_pending_s=app.max_pending_latency_s,
        abort_status=int(model.number("appengine.abort_status")),
        deadline_s=model.number("appengine.deadline_s"),
        deadline_status=_APP_ENGINE_TOO_LONG,
        bits_per_s=model.number("appengine.bits_per_s"),
        connections_per_s=model.number("appengine.connections_per_s"),
        price=app.price,
    )


def _of_function(name: str, function: Function, threads: int, model: Model) -> Host:
    """What the model knows of the ingress's instances counts for these too, and of App Engine's network."""
    return Host(
        name=name,
        what=f"instances of the function {name}",
        cores=function.cpu,
        start_s=model.distribution("ingress.cold_start_s"),
        processes=1,
        threads=threads,
        concurrency=function.concurrency,
        min_instances=function.min_instances,
        max_instances=function.max_instances,
        min_idle_instances=0,
        fixed_instances=int(model.number("appengine.fixed_instances")),
        target_cpu_utilization=_BUSY,
        target_throughput_utilization=_BUSY,
        cpu_window_s=_BUSY_OVER_S,
        start_decision_s=model.number("appengine.start_decision_s"),
        idle_stop_s=model.number("ingress.idle_stop_s"),
        min_pending_s=0.0,
        max_pending_s=model.number("ingress.wait_limit_s"),
        abort_status=_NO_INSTANCE,
        deadline_s=float(function.timeout_s),
        deadline_status=_TOO_LONG,
        bits_per_s=model.number("appengine.bits_per_s"),
        connections_per_s=model.number("appengine.connections_per_s"),
        memory_gib=function.memory_mib / 1024,
    )


def _elsewhere(threads: int, model: Model) -> Host:
    """Containers of deploy/Dockerfile, with one processor each, which are always there and take all that comes."""
    forever_s = float("inf")
    return Host(
        name="elsewhere",
        what="instances elsewhere",
        cores=1.0,
        start_s=model.distribution("ingress.cold_start_s"),
        processes=1,
        threads=threads,
        concurrency=threads,
        min_instances=0,
        max_instances=None,
        min_idle_instances=0,
        fixed_instances=int(model.number("elsewhere.containers")),
        target_cpu_utilization=_BUSY,
        target_throughput_utilization=_BUSY,
        cpu_window_s=_BUSY_OVER_S,
        start_decision_s=0.0,
        idle_stop_s=forever_s,
        min_pending_s=0.0,
        max_pending_s=forever_s,
        abort_status=_NO_INSTANCE,
        deadline_s=forever_s,
        deadline_status=_TOO_LONG,
        bits_per_s=model.number("appengine.bits_per_s"),
        connections_per_s=model.number("appengine.connections_per_s"),
    )
