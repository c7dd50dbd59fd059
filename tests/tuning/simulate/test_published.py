"""The models against what others have measured on Google Cloud."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from local.executions.engine.virtual import Agenda
from local.workflows.effects import HttpFailure, HttpResponse
from tests.tuning.simulate.builders import a_model, cloud, our_project, the_steps
from tuning.distribution import lognormal
from tuning.hosts import of_app
from tuning.model import Model
from tuning.simulate.calls import Call, StepCalls
from tuning.simulate.executions import Executions
from tuning.simulate.fleet import Fleet
from tuning.simulate.load import even
from tuning.simulate.paths import Paths
from tuning.simulate.request import Request
from tuning.simulate.scenario import calm
from tuning.simulate.step_host import StepHost
from tuning.simulate.tasks import Tasks
from tuning.step_answers import GENERATED, REPLIED

QUIET = calm(even(1, 1000))

# App Engine's automatic scaling

# Source: Gorton, "Foundations of Scalable Systems" (2022), chapter 8, tables 8-3 and 8-4: a Go service that writes to
# Firestore, 512 clients that each send the next request when they have the answer to the last one.
# (target_cpu_utilization, max_concurrent_requests) → requests a second, instance hours as a share of the first row's.
# Others of its twelve settings, which differ in target_cpu_utilization alone, differ by up to 19 points, in no order.
GORTON = {(0.6, 10): (6006, 1.0), (0.8, 10): (6178, 1.0), (0.7, 35): (6121, 0.82), (0.7, 80): (5793, 0.55)}
# Fewer clients: shares are compared.  With 512 clients and 6,006 requests a second a request takes 0.085 s.
CLIENTS, STUDY_S = 60, 180.0
WAIT_S, START_S = 0.075, 0.3  # for Firestore; a Go instance starts within a few hundred milliseconds (the same chapter)
CPU_S = 0.0016  # not published; chosen so that the costs of the last two rows are about theirs on average


def an_app_engine(agenda: Agenda, target_cpu: float, most: int) -> tuple[Fleet, StepHost]:
    """F1 instances, as by default; a request computes a little and waits for its database."""
    app = replace(
        our_project().app,
        instance_class="F1",
        workers=1,
        threads=1000,
        max_instances=1000,
        target_cpu_utilization=target_cpu,
        max_concurrent_requests=most,
    )
    model = a_model(
        appengine__start_f1_s=START_S,
        appengine__connections_per_s=1e9,
        steps__picture_bytes=1,
        storage__writes_per_s=1e9,
    )
    model = with_spread(with_spread(model, "storage.write_s", WAIT_S), "steps.generate_cpu_s", CPU_S)
    steps = the_steps(agenda, model, QUIET)
    host = of_app(app, model)
    fleet = Fleet(agenda, host, QUIET, 1, None)
    return fleet, StepHost(agenda, host, QUIET, 1, fleet, steps, lambda _: None)


def with_spread(model: Model, name: str, median_s: float) -> Model:
    parameter = replace(model.parameters[name], value=lognormal(median_s, 0.4))
    return replace(model, parameters={**model.parameters, name: parameter})


def studied(target_cpu: float, most: int) -> tuple[float, float]:
    """(requests a second, instance seconds)."""
    agenda, numbers, answered, instances = Agenda(0.0), iter(range(10**9)), [0], [0.0]
    fleet, app_engine = an_app_engine(agenda, target_cpu, most)

    def send() -> None:
        request = Request(next(numbers), agenda.now_s)
        app_engine.receive(Call(request, "generate", 1, agenda.now_s, again))

    def again(_: Call, outcome: HttpResponse | HttpFailure) -> None:
        answered[0] += outcome is GENERATED
        send()

    def look() -> None:
        instances[0] += fleet.count
        agenda.add(agenda.now_s + 1, look)

    for client in range(CLIENTS):
        agenda.add(client * 0.02, send)
    look()
    while agenda.next_s <= STUDY_S:
        agenda.advance()
    return answered[0] / STUDY_S, instances[0]


def test_four_settings_of_app_engine_cost_and_serve_in_the_order_and_size_that_gorton_measured() -> None:
    found = {setting: studied(*setting) for setting in GORTON}
    per_s, cost = zip(*found.values(), strict=True)
    served = [one / per_s[0] for one in per_s]
    assert cost[0] == cost[1] > cost[2] > cost[3]
    assert min(served) == served[3]
    for own, (their_per_s, their_cost), own_cost in zip(served, GORTON.values(), cost, strict=True):
        assert own == pytest.approx(their_per_s / GORTON[0.6, 10][0], abs=0.1)
        assert own_cost / cost[0] == pytest.approx(their_cost, abs=0.2)


# Workflows' hops

# Source: SeBS-Flow (EuroSys 2025), raw data of its artifact: trip booking on Google Workflows, us-east1, August 2024,
# 404 hops, one workflow at a time.  Seconds from the end of one function to the begin of the next one.
SEBS_FLOW = {0.1: 0.062, 0.5: 0.081, 0.9: 0.15, 0.99: 0.22}


def hops(count: int) -> Iterator[float]:
    """From the answer to /generate-image until /reply-discord begins, of executions of our workflow one by one."""
    agenda, project = Agenda(0.0), our_project()
    paths = Paths(project.workflows["mando"], project.environment["mando"], is_general=True)
    arrived: list[tuple[str, float]] = []

    def receive(call: Call) -> None:
        arrived.append((call.kind, agenda.now_s))
        call.answer(GENERATED if call.kind == "generate" else REPLIED)

    calls = StepCalls(agenda, cloud(), QUIET, 1, receive, lambda: None)
    executions = Executions(agenda, paths, cloud(), 1, calls, Tasks(agenda, cloud(), QUIET, 1), lambda _: None)

    def begin(request: Request) -> None:
        executions.create(request, request.sent_s)

    for number in range(count):
        request = Request(number, number * 10.0)
        request.expires_s = request.sent_s + 900
        agenda.add(request.sent_s, partial(begin, request))
    while agenda.next_s < count * 10:
        agenda.advance()
    for (_, generated_s), (kind, replied_s) in zip(arrived[::2], arrived[1::2], strict=True):
        assert kind == "reply"
        yield replied_s - generated_s


def test_a_hop_takes_as_long_as_sebs_flow_measured() -> None:
    """Their hops hold steps too; ours holds at most two, to put the order together and to call."""
    found, steps_s = sorted(hops(2000)), 2 * cloud().number("executions.step_s")
    for share, seconds in SEBS_FLOW.items():
        assert found[int(share * len(found))] == pytest.approx(seconds, rel=0.1, abs=steps_s * 1.05), share
