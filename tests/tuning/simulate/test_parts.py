"""Each part alone, against what can be computed by hand."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from local.executions.engine.virtual import Agenda
from local.tasks.rules import QueueConfig, RateLimits, RetryConfig
from local.workflows.effects import HttpFailure, HttpResponse
from tests.tuning.simulate.builders import a_model, a_scenario, our_project, the_steps
from tuning.hosts import of_app
from tuning.simulate.calls import Call, Timeouts
from tuning.simulate.fleet import Fleet
from tuning.simulate.load import even
from tuning.simulate.processor import Processor
from tuning.simulate.queues import Queue
from tuning.simulate.request import Request
from tuning.simulate.scenario import Scenario, calm
from tuning.simulate.step_host import StepHost
from tuning.simulate.targets import Targets
from tuning.step_answers import TOO_LATE

LOAD = even(1, 1000)


def run_until(agenda: Agenda, end_s: float) -> None:
    while agenda.next_s <= end_s:
        agenda.advance()


# The processor


def worked(cores: float, most: float, work: Sequence[tuple[float, float]]) -> list[float]:
    """(begin, seconds of one core) → when each ends."""
    agenda = Agenda(0.0)
    processor = Processor(agenda, cores, most)
    ends = [0.0] * len(work)

    def begin(number: int, seconds: float) -> Callable[[], None]:
        return lambda: processor.work(seconds, lambda: ends.__setitem__(number, agenda.now_s))

    for number, (begins_s, seconds) in enumerate(work):
        agenda.add(begins_s, begin(number, seconds))
    run_until(agenda, 1000)
    return ends


@pytest.mark.parametrize(
    ("cores", "work", "ends"),
    [
        (1.0, [(0, 2)], [2]),
        (0.5, [(0, 2)], [4]),
        (4.0, [(0, 2)], [2]),  # one piece uses one core
        (1.0, [(0, 2), (0, 2)], [4, 4]),
        (1.0, [(0, 2), (1, 1)], [3, 3]),  # alone for 1 s, then each gets half
        (1.0, [(0, 3), (1, 1)], [4, 3]),
        (2.0, [(0, 2), (0, 2), (0, 2)], [3, 3, 3]),
        (1.0, [(0, 1), (5, 1)], [1, 6]),
    ],
)
def test_work_at_the_same_time_shares_the_processor(
    cores: float, work: list[tuple[float, float]], ends: list[float]
) -> None:
    assert worked(cores, 1.0, work) == pytest.approx(ends)


# A queue


class Taken:
    """In place of the executions: notes when each request came; refuses the first `refuses` of all calls."""

    def __init__(self, agenda: Agenda, refuses: int = 0) -> None:
        self._agenda, self._refuses = agenda, refuses
        self.calls: list[tuple[int, float]] = []

    def create(self, request: Request, _: float) -> bool:
        self.calls.append((request.number, self._agenda.now_s))
        return len(self.calls) > self._refuses


def queued(
    config: QueueConfig,
    arrivals: Sequence[float],
    refuses: int = 0,
    faults: Scenario | None = None,
    **numbers: float,
) -> tuple[Taken, list[int]]:
    """(what came when, which requests the queue has let go)."""
    agenda, gone = Agenda(0.0), list[int]()
    taken = Taken(agenda, refuses)
    model = a_model(**{"tasks__dispatch_s": 1e-9, "executions__create_s": 1e-9, **numbers})
    quiet = faults or calm(LOAD)
    targets = Targets(agenda, model, quiet, 1, taken, None)  # type: ignore[arg-type]  # no step is called
    queue = Queue(agenda, config, model, quiet, 1, targets.send, lambda request: gone.append(request.number))
    for number, at_s in enumerate(arrivals):
        agenda.add(at_s, lambda number=number, at_s=at_s: queue.add(Request(number, at_s), "start"))  # type: ignore[misc]
    run_until(agenda, 10_000)
    return taken, gone


def a_queue(rate: float = 10.0, burst: int = 5, at_once: int = 1000, **retry: Any) -> QueueConfig:
    return QueueConfig("q", RateLimits(rate, burst, at_once), RetryConfig(**retry))


def test_a_queue_dispatches_its_burst_and_then_its_rate() -> None:
    taken, gone = queued(a_queue(), [0.0] * 25)
    at_s = [at_s for _, at_s in taken.calls]
    assert at_s[:5] == pytest.approx([0] * 5, abs=1e-3)
    assert at_s[5:] == pytest.approx([0.1 * (number + 1) for number in range(20)], abs=0.03)
    assert sorted(gone) == list(range(25))


def test_a_queue_has_no_more_in_flight_than_it_may() -> None:
    taken, _ = queued(a_queue(rate=500, burst=100, at_once=2), [0.0] * 6, executions__create_s=1.0)
    assert [at_s for _, at_s in taken.calls] == pytest.approx([1, 1, 2, 2, 3, 3], abs=1e-3)


def test_a_refused_start_is_repeated_after_the_real_backoff() -> None:
    config = a_queue(max_attempts=21, max_retry_duration_s=840, min_backoff_s=1, max_backoff_s=60, max_doublings=5)
    taken, gone = queued(config, [0.0], refuses=4, tasks__throttled_share=1)
    assert [at_s for _, at_s in taken.calls] == pytest.approx([0, 1, 3, 7, 15], abs=0.01)
    assert gone == [0]


def test_a_task_is_dropped_when_it_has_passed_both_limits() -> None:
    config = a_queue(max_attempts=3, max_retry_duration_s=10, min_backoff_s=2, max_backoff_s=2, max_doublings=1)
    taken, gone = queued(config, [0.0], refuses=1000, tasks__throttled_share=1)
    assert len(taken.calls) == 6  # at 0, 2, …, 10: the third attempt alone is not enough
    assert gone == [0]


def test_a_pause_begins_with_a_ramp() -> None:
    taken, _ = queued(a_queue(burst=1), [100.0] * 200, tasks__ramp_s=10, tasks__ramp_from_share=0.1)
    first = sum(at_s < 105 for _, at_s in taken.calls)
    later = sum(110 <= at_s < 115 for _, at_s in taken.calls)
    # from 1/s to 5.5/s in 5 s: 16; then 10/s
    assert first == pytest.approx(17, abs=3)
    assert later == pytest.approx(50, abs=2)


def test_a_stalled_queue_takes_tasks_and_sends_them_later() -> None:
    stall = a_scenario(LOAD, "{part: tasks, kind: stall, ends: 60s}", 10)
    taken, _ = queued(a_queue(), [0.0, 20.0], faults=stall)
    assert [round(at_s) for _, at_s in taken.calls] == [0, 70]


def test_errors_slow_the_queue_down() -> None:
    fast, _ = queued(a_queue(burst=1), [0.0] * 100, refuses=30, tasks__throttled_share=1)
    slow, _ = queued(a_queue(burst=1), [0.0] * 100, refuses=30, tasks__throttled_share=0.1)
    assert slow.calls[-1][1] > fast.calls[-1][1] + 20


def test_one_of_many_tasks_is_dispatched_twice() -> None:
    taken, gone = queued(a_queue(rate=500, burst=100), [0.0] * 400, tasks__duplicate_share=0.25)
    assert len(taken.calls) == pytest.approx(500, abs=40)
    assert sorted(gone) == list(range(400))  # each once


# App Engine


class Served:
    """App Engine, four instances of eight calls at once; the calls wait for the bucket, and need no processor."""

    def __init__(self, scaling: dict[str, Any] | None = None, faults: Scenario | None = None, **numbers: float) -> None:
        self.agenda = Agenda(0.0)
        self.answers: list[tuple[int, float, int]] = []
        few = {"max_instances": 4, "max_concurrent_requests": 8, "threads": 8}
        app = replace(our_project().app, **few | (scaling or {}))
        model = a_model(steps__generate_cpu_s=1e-6, storage__write_s=1.0, appengine__start_f2_s=2.0, **numbers)
        quiet = calm(LOAD)
        steps = the_steps(self.agenda, model, quiet)
        host = of_app(app, model)
        self.fleet = Fleet(self.agenda, host, faults or quiet, 1, None)
        self.released: list[tuple[Request, float]] = []
        self.app_engine = StepHost(self.agenda, host, faults or quiet, 1, self.fleet, steps, self._release)

    def call(self, at_s: float, number: int) -> Call:
        call = Call(Request(number, at_s), "generate", 1, at_s, self._answered)
        self.agenda.add(at_s, lambda: self.app_engine.receive(call))
        return call

    def _release(self, request: Request) -> None:
        request.open -= 1
        self.released.append((request, self.agenda.now_s))

    def _answered(self, call: Call, outcome: HttpResponse | HttpFailure) -> None:
        code = outcome.code if isinstance(outcome, HttpResponse) else 0
        self.answers.append((call.request.number, self.agenda.now_s, code))


def test_the_first_request_waits_for_an_instance() -> None:
    served = Served()
    served.call(5.0, 0)
    run_until(served.agenda, 60)
    ((number, at_s, code),) = served.answers
    assert (number, code) == (0, 200)
    assert at_s == pytest.approx(8.0, abs=0.01)  # 2 s to start, 1 s to write
    assert served.fleet.most == 1


@pytest.mark.parametrize("gave_up_s", [None, 6.0, 7.5])  # while it waits for the instance; while the step works
def test_a_request_is_held_until_its_step_has_ended_also_where_nobody_waits_for_the_answer(
    gave_up_s: float | None,
) -> None:
    """A step that still works may show a picture; a request that was counted before that would be counted twice."""
    served = Served()
    call = served.call(5.0, 0)
    if gave_up_s is not None:
        served.agenda.add(gave_up_s, lambda: call.answer(TOO_LATE))
    held: list[int] = []
    served.agenda.add(6.9, lambda: held.append(call.request.open))
    run_until(served.agenda, 60)
    assert (held, call.request.open) == ([1], 0)
    ((request, at_s),) = served.released
    assert request is call.request
    assert at_s == pytest.approx(7.0 if gave_up_s == 6.0 else 8.0, abs=0.01)  # the instance finds nobody that waits


def test_the_fifth_request_at_once_starts_a_second_instance() -> None:
    """max_concurrent_requests 8 × target_throughput_utilization 0.6 = 4.8."""
    for at_once, instances in ((4, 1), (5, 2)):
        served = Served(appengine__start_decision_s=0)
        served.call(0.0, 99)
        for number in range(at_once):
            served.call(10.0, number)
        run_until(served.agenda, 60)
        assert served.fleet.most == instances, at_once


def test_no_more_instances_start_than_may() -> None:
    served = Served(appengine__start_decision_s=0)
    for number in range(200):
        served.call(0.0, number)
    run_until(served.agenda, 60)
    assert served.fleet.most == 4
    assert {code for *_, code in served.answers} == {200}


def test_who_waits_longer_than_max_pending_latency_is_aborted() -> None:
    """32 places of 1 s: after the start 32 are answered a second, until 10 s have passed."""
    served = Served(appengine__start_decision_s=0, appengine__abort_status=503)
    for number in range(500):
        served.call(0.0, number)
    run_until(served.agenda, 60)
    aborted = [at_s for _, at_s, code in served.answers if code == 503]
    assert set(aborted) == {10.0}
    assert len(aborted) == pytest.approx(500 - 8 * 32, abs=8)


def test_an_idle_instance_is_stopped_and_paid_for_a_quarter_of_an_hour() -> None:
    served = Served()
    served.call(0.0, 0)
    run_until(served.agenda, 3000)
    assert served.fleet.count == 0
    assert served.fleet.hours(3000) * 3600 == pytest.approx(3 + 900, abs=1)


def test_all_instances_stop_when_a_scenario_says_so() -> None:
    served = Served(faults=a_scenario(LOAD, "{part: steps, kind: cold}", 2.5))
    served.call(0.0, 0)
    served.call(2.6, 1)
    run_until(served.agenda, 60)
    assert [(number, code) for number, _, code in served.answers] == [(0, 0), (1, 200)]
    assert served.answers[1][1] == pytest.approx(5.6, abs=0.02)  # it had to start again


def test_a_request_that_hangs_is_ended_by_app_engine() -> None:
    served = Served(faults=a_scenario(LOAD, "{part: steps, kind: hang, ends: 1m}"))
    served.call(0.0, 0)
    run_until(served.agenda, 1000)
    assert served.answers == [(0, 600.0, 500)]


# Time-outs


def test_a_call_ends_when_its_time_is_over_and_only_once() -> None:
    agenda, ended = Agenda(0.0), list[tuple[int, float, str]]()
    timeouts = Timeouts(agenda)

    def note(call: Call, outcome: HttpResponse | HttpFailure) -> None:
        ended.append((call.number, agenda.now_s, type(outcome).__name__))
        if call.number < 3:
            timeouts.watch(Call(call.request, "reply", call.number + 2, agenda.now_s, note), 20.0)

    first, second = (Call(Request(0, 0.0), "reply", number, 0.0, note) for number in (1, 2))
    timeouts.watch(first, 20.0)
    timeouts.watch(second, 20.0)
    agenda.add(5.0, lambda: first.answer(HttpResponse(200, {}, b"")))
    run_until(agenda, 100)
    assert ended == [
        *((1, 5.0, "HttpResponse"), (2, 20.0, "HttpFailure"), (3, 25.0, "HttpFailure"), (4, 40.0, "HttpFailure")),
    ] + [(5, 45.0, "HttpFailure")] * (len(ended) - 4)
