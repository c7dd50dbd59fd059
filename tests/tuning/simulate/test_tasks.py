"""Tasks that a workflow makes: in which queue they come, when they are sent, what they call, how they are repeated."""

from collections.abc import Sequence

import pytest

from local.executions.engine.virtual import Agenda
from local.tasks.rules import QueueConfig, RateLimits, RetryConfig
from local.workflows.effects import HttpCall, HttpFailure, HttpResponse
from tests.tuning.simulate.builders import a_model, a_scenario, even
from tuning.orders import NewTask, TaskKind
from tuning.simulate.calls import Call, StepCalls, Timeouts
from tuning.simulate.queues import Queue
from tuning.simulate.request import BAR_KINDS, Request
from tuning.simulate.scenario import Scenario, calm
from tuning.simulate.targets import Targets
from tuning.simulate.task import Task
from tuning.simulate.tasks import Tasks
from tuning.step_answers import GAVE_UP, REPLIED, TOO_LATE, WAITS, failed, foreign, limited

LOAD = even(1, 1000)
RETRY = RetryConfig(max_attempts=41, max_retry_duration_s=960, min_backoff_s=5, max_backoff_s=60, max_doublings=4)
Outcome = HttpResponse | HttpFailure | None  # None: nothing ever comes


class Queued:
    """One queue, whose tasks call steps that answer as listed, the last answer for ever; and starts of executions."""

    def __init__(
        self,
        answers: Sequence[Outcome] = (REPLIED,),
        faults: Scenario | None = None,
        rate: RateLimits = RateLimits(),  # noqa: B008 -- it never changes
        **numbers: float,
    ) -> None:
        self.agenda = Agenda(0.0)
        self._answers = list(answers)
        self.calls: list[tuple[str, float, int | None]] = []
        self.late_s: list[float] = []  # of the tasks that called
        self.starts: list[float] = []
        self.failed = 0
        self.gone: list[int] = []
        quick = {"tasks__dispatch_s": 1e-9, "tasks__create_s": 0.5, "executions__create_s": 1e-9}
        model, quiet = a_model(**{**quick, "tasks__throttled_share": 1, **numbers}), faults or calm(LOAD)
        self.steps = StepCalls(self.agenda, model, quiet, 1, self._receive, self._note_failure)
        self.tasks = Tasks(self.agenda, model, quiet, 1)
        send = Targets(self.agenda, model, quiet, 1, self, self.steps).send  # type: ignore[arg-type]
        config = QueueConfig("q", rate, RETRY)
        self.queue = Queue(self.agenda, config, model, quiet, 1, send, lambda request: self.gone.append(request.number))
        self.tasks.queues = {"q": self.queue}

    def create(self, _: Request, created_s: float) -> bool:
        """In place of the executions."""
        self.starts.append(self.agenda.now_s)
        return True

    def make(self, order: NewTask, request: Request | None = None) -> list[tuple[int, float]]:
        """(status, when) of a workflow's call."""
        said: list[tuple[int, float]] = []
        one = request or Request(0, 0.0)

        def then(outcome: HttpResponse | HttpFailure) -> None:
            said.append((outcome.code if isinstance(outcome, HttpResponse) else 0, round(self.agenda.now_s, 3)))

        self.tasks.create(one, order, 0.0, then)
        return said

    def run(self) -> None:
        while self.agenda.next_s < 5000:
            self.agenda.advance()

    def _receive(self, call: Call) -> None:
        self.calls.append((call.kind, round(self.agenda.now_s, 3), call.task.tries_before if call.task else None))
        self.late_s += [call.task.late_s] if call.task else []
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer is not None:
            call.answer(answer)

    def _note_failure(self) -> None:
        self.failed += 1


def a_task(kind: TaskKind = "reply", name: str | None = "n", due_s: float | None = None, queue: str = "q") -> NewTask:
    http = HttpCall("POST", "https://steps/reply-discord", {}, b"", 600.0)
    return NewTask(queue, kind, due_s, name, http, 1800.0)


def test_a_task_is_made_when_cloud_tasks_has_answered_and_is_sent_at_its_time() -> None:
    queued = Queued()
    said = queued.make(a_task(due_s=42.0))
    queued.run()
    assert said == [(200, 0.5)]
    assert queued.calls == [("reply", 42.0, 0)]
    assert (queued.gone, queued.queue.created, queued.queue.dispatches) == ([0], 1, 1)


def test_a_time_that_is_past_is_at_once() -> None:
    queued = Queued()
    queued.make(a_task(due_s=0.1))
    queued.run()
    assert queued.calls == [("reply", 0.5, 0)]


def test_a_second_task_of_one_name_is_refused_also_when_the_first_has_gone() -> None:
    queued = Queued()
    first = queued.make(a_task())
    queued.run()
    again, other, nameless = queued.make(a_task()), queued.make(a_task(name="m")), queued.make(a_task(name=None))
    queued.run()
    assert [one[0][0] for one in (first, again, other, nameless)] == [200, 409, 200, 200]
    assert len(queued.calls) == 3


def test_a_queue_that_does_not_exist_takes_no_task() -> None:
    queued = Queued()
    said = queued.make(a_task(queue="r"))
    queued.run()
    assert said == [(404, 0.5)]
    assert queued.calls == []


@pytest.mark.parametrize(
    ("fault", "status", "at_s"),
    [
        ("{part: tasks, kind: error, status: 503, ends: 1m}", 503, 0.05),
        ("{part: tasks, kind: error, status: 429, ends: 1m}", 429, 0.05),
        ("{part: tokens, kind: error, status: 503, ends: 1m}", 503, 0.05),
        ("{part: tasks, kind: stall, ends: 1m}", 200, 0.5),
        ("{part: tasks, kind: slow, median: 9s, max: 9s, ends: 1m}", 200, 9.5),
        ("{part: tasks, kind: hang, ends: 1m}", 0, 1800.0),
    ],
)
def test_a_fault_of_cloud_tasks_hits_the_workflow_as_it_hits_the_ingress(fault: str, status: int, at_s: float) -> None:
    queued = Queued(faults=a_scenario(LOAD, fault))
    said = queued.make(a_task())
    queued.run()
    assert said == [(status, at_s)]


def test_a_failed_call_is_repeated_by_the_rules_of_the_queue() -> None:
    queued = Queued([failed(503, "discord")] * 3 + [foreign(500), TOO_LATE, REPLIED])
    queued.make(a_task(due_s=10.0))
    queued.run()
    assert [at_s for _, at_s, _ in queued.calls] == pytest.approx([10, 15, 25, 45, 85, 145])
    assert [retries for *_, retries in queued.calls] == [0, 1, 2, 3, 4, 5]
    assert (queued.failed, queued.gone) == (5, [0])
    assert queued.steps.counts == {"generate": 0, "reply": 6, "tell": 0}


def test_the_queue_waits_as_long_as_discord_asks_and_up_to_half_as_much_more() -> None:
    queued = Queued([limited(100.0), limited(1.0), REPLIED])
    queued.make(a_task(due_s=10.0))
    queued.run()
    _, second, third = (at_s for _, at_s, _ in queued.calls)
    assert 110 <= second <= 161
    assert third - second == 10  # the second back-off; 1 s is less


def test_a_reply_that_put_itself_off_is_done_for_its_queue_and_a_failure_in_its_life() -> None:
    queued, request = Queued([WAITS]), Request(0, 0.0)
    queued.make(a_task(), request)
    queued.run()
    assert (len(queued.calls), queued.failed, queued.gone) == (1, 1, [0])
    assert list(request.life)[-3] == BAR_KINDS.index("reply") * 2  # not well
    assert queued.queue.per_s == queued.queue.most_per_s


def test_a_queue_that_hears_of_failures_becomes_slower() -> None:
    queued = Queued([failed(503, "discord")], tasks__throttled_share=0.25)
    queued.make(a_task())
    while queued.failed < 4:
        queued.agenda.advance()
    assert queued.queue.per_s < queued.queue.most_per_s / 3


def test_a_reply_that_was_given_up_is_over() -> None:
    queued = Queued([GAVE_UP])
    queued.make(a_task())
    queued.run()
    assert (len(queued.calls), queued.failed, queued.gone) == (1, 0, [0])


def test_a_task_passes_both_limits_before_it_is_dropped() -> None:
    queued = Queued([failed(503, "discord")])
    queued.make(a_task(due_s=1.0))
    queued.run()
    assert len(queued.calls) == 41
    assert queued.gone == [0]


def test_a_call_without_an_answer_ends_with_the_dispatch_deadline() -> None:
    queued = Queued([None, REPLIED])
    queued.make(a_task(due_s=1.0))
    queued.run()
    assert [at_s for _, at_s, _ in queued.calls] == pytest.approx([1, 606])


def test_without_a_token_a_task_calls_nobody_and_comes_again() -> None:
    queued = Queued(faults=a_scenario(LOAD, "{part: tokens, kind: error, status: 503, ends: 30s}", 1.0))
    queued.make(a_task(due_s=20.0))
    queued.run()
    assert queued.calls == [("reply", 35.0, 2)]
    assert queued.failed == 2


def test_a_task_may_start_an_execution() -> None:
    queued = Queued()
    queued.make(a_task("start", due_s=7.0))
    queued.run()
    assert queued.starts == pytest.approx([7.0])
    assert queued.calls == []


def test_failures_throttle_the_queue_and_it_recovers() -> None:
    answers = [failed(503, "discord")] * 40
    rate = RateLimits(20.0, 1, 100)
    fast, slow = (Queued([*answers, REPLIED], rate=rate, tasks__throttled_share=share) for share in (1, 0.1))
    for queued in (fast, slow):
        for number in range(200):
            queued.make(a_task(name=str(number), due_s=1.0), Request(number, 0.0))
        queued.run()
        assert len(queued.gone) == 200
    assert slow.calls[239][1] > fast.calls[239][1] + 5


def test_a_long_line_of_calls_keeps_only_those_that_are_under_way() -> None:
    agenda = Agenda(0.0)
    timeouts = Timeouts(agenda)
    for number in range(1000):
        call = Call(Request(number, 0.0), "reply", 1, 0.0, lambda *_: None)
        timeouts.watch(call, 600.0)
        call.answer(REPLIED)
    assert len(timeouts._lines[600.0].calls) == 1


def test_no_two_tasks_of_a_request_draw_the_same_random_numbers() -> None:
    request = Request(0, 0.0)
    tasks = [Task(request, "reply", 0.0) for _ in range(3)]
    assert len({task.draw(number) for task in tasks for number in range(700)}) == 2100


def test_a_task_knows_how_long_it_stood_in_the_line() -> None:
    """One a second is sent; all are due at once."""
    queued = Queued(rate=RateLimits(1.0, 1, 10))
    for number in range(3):
        queued.make(a_task(name=str(number), due_s=10.0), Request(number, 0.0))
    queued.run()
    assert queued.late_s == pytest.approx([0, 1, 2], abs=0.01)
