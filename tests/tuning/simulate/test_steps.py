"""The steps alone, with the bucket and Discord that they call."""

import math
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from local.executions.engine.virtual import Agenda
from local.tasks.rules import QueueConfig
from local.workflows.effects import HttpFailure, HttpResponse
from schemas.deployment import ReplyWaits
from schemas.deployment import Steps as Numbers
from tests.tuning.simulate.builders import a_model, a_scenario, even, our_project, simulated
from tuning.orders import CallKind
from tuning.simulate.calls import Call
from tuning.simulate.discord import Answer, Discord
from tuning.simulate.instance import Instance
from tuning.simulate.measure import Measure
from tuning.simulate.processor import Processor
from tuning.simulate.queues import Queue
from tuning.simulate.request import Request
from tuning.simulate.scenario import Scenario, calm
from tuning.simulate.steps import Steps
from tuning.simulate.storage import Storage
from tuning.simulate.task import Task
from tuning.simulate.tasks import Tasks
from tuning.step_answers import GAVE_UP, REPLIED, WAITS, retry_after_s

LOAD = even(1, 1000)
NUMBERS = replace(our_project().deployment.steps, last_word_s=80.0, reply_waits=ReplyWaits(5.0, 45.0, 3.0))
QUEUES = ("replies", "urgent")


class Working:
    """The steps on one instance, with one request whose token lives from 0 to 900 s."""

    def __init__(self, faults: Scenario | None = None, numbers: Numbers = NUMBERS, **model_numbers: float) -> None:
        self.agenda = Agenda(0.0)
        model, quiet = a_model(**model_numbers), faults or calm(LOAD)
        self.storage = Storage(model, quiet, 1, 5.0)
        discord = Discord(model, quiet, 1, 10.0)
        self.tasks = Tasks(self.agenda, model, quiet, 1)
        self.sent: list[tuple[str, int, float]] = []  # tasks that were put off: queue, number, when
        self.tasks.queues = {
            name: Queue(
                self.agenda, QueueConfig(name), model, quiet, 1, partial(self._send, name), lambda request: None
            )
            for name in QUEUES
        }
        self.steps = Steps(
            self.agenda, model, 1, self.storage, discord, numbers, self.tasks, QUEUES, lambda request: None
        )
        self.place = an_instance(self.agenda)
        self.request = Request(0, 0.0)
        self.request.acknowledged, self.request.expires_s = True, 900.0

    def _send(self, queue: str, task: Task, _: object) -> None:
        self.sent.append((queue, task.number, self.agenda.now_s))

    def call(self, kind: CallKind, at_s: float = 0.0, task: Task | None = None) -> int:
        """Its status.  task: which calls; None for a workflow."""
        return self.answer(kind, at_s, task).code

    def by_task(self, kind: CallKind, at_s: float, attempts: int = 1, number: int = 1) -> HttpResponse:
        """The answer to a task."""
        task = Task(self.request, kind, at_s, number)
        task.attempts = attempts
        return self.answer(kind, at_s, task)

    def answer(self, kind: CallKind, at_s: float = 0.0, task: Task | None = None) -> HttpResponse:
        found: list[HttpResponse | HttpFailure] = []
        self.request.calls += 1
        call = Call(self.request, kind, self.request.calls, at_s, lambda *_: None, task)
        self.agenda.add(at_s, lambda: self.steps.perform(call, self.place, found.append))
        while not found:
            self.agenda.advance()
        assert isinstance(found[0], HttpResponse)
        return found[0]


def run(agenda: Agenda) -> None:
    while agenda.next_s < math.inf:
        agenda.advance()


def an_instance(agenda: Agenda, processes: int = 1, threads: int = 8) -> Instance:
    return Instance(
        0.0,
        started_s=0.0,
        processor=Processor(agenda, 1.0, 1.0),
        processes=processes,
        threads=threads,
        bytes_per_s=1e9,
        connections_per_s=1e9,
    )


def test_a_picture_is_drawn_once() -> None:
    working = Working()
    assert [working.call("generate", at_s) for at_s in (0.0, 10.0, 20.0)] == [200, 200, 200]
    assert working.storage.calls == {"write": 1, "read": 0, "look": 2}


def test_for_a_fresh_request_nobody_looks() -> None:
    working = Working()
    assert [working.call("generate", at_s) for at_s in (0.0, 2.9)] == [200, 200]
    assert working.storage.calls == {"write": 2, "read": 0, "look": 0}


def test_a_workflow_that_says_the_number_of_its_attempt_is_of_a_time_when_that_counted() -> None:
    working = Working()
    for attempt, at_s, looks in ((1, 10.0, 0), (2, 10.5, 1)):
        call = Call(working.request, "generate", 1, at_s, lambda *_: None, None, attempt)
        working.agenda.add(at_s, partial(working.steps.perform, call, working.place, lambda _: None))
        run(working.agenda)
        assert working.storage.calls["look"] == looks


def test_a_picture_that_could_not_be_stored_is_drawn_again() -> None:
    working = Working(a_scenario(LOAD, "{part: storage, kind: error, status: 503, ends: 10s}"))
    assert working.call("generate") == 503
    assert working.call("generate", at_s=20.0) == 200
    assert working.storage.calls == {"write": 2, "read": 0, "look": 1}


def test_a_write_that_takes_too_long_may_have_been_done() -> None:
    working = Working(a_scenario(LOAD, "{part: storage, kind: slow, median: 8s, max: 8s, ends: 1s}"))
    assert working.call("generate") == 503
    assert working.call("generate", at_s=20.0) == 200
    assert working.storage.calls["write"] == 1


def test_a_reply_is_shown_and_an_apology_replaces_nothing_else() -> None:
    working = Working()
    assert working.call("reply") == 200
    assert (working.request.shown, working.request.edited, working.request.posts) == ("pictures", True, 0)
    assert working.call("tell") == 200
    assert working.request.shown == "told"


def test_after_the_token_only_the_bot_shows_the_picture_and_twice_only_after_minutes() -> None:
    assert [Working().call(kind, at_s=901.0) for kind in ("reply", "tell")] == [410, 410]
    working = Working(steps__bot_token=1)
    assert working.call("tell", at_s=901.0) == 410
    for at_s, posts in ((902.0, 1), (960.0, 1), (1300.0, 2)):
        assert working.call("reply", at_s=at_s) == 200
        assert working.request.posts == posts
    assert working.request.shown == "late"


DOWN = "{part: discord, kind: error, status: 503, ends: 2000s}"


def test_a_reply_that_a_task_cannot_show_puts_itself_off_until_the_last_word() -> None:
    """The token ends at 900 s.  At 810 s there is time for another attempt, at 830 s the member is told."""
    working = Working(a_scenario(LOAD, "{part: discord, kind: error, status: 503, ends: 815s}"))
    assert working.by_task("reply", 810.0) is WAITS
    assert working.by_task("reply", 830.0, number=2) is REPLIED
    assert working.request.shown == "pictures"
    working = Working(a_scenario(LOAD, "{part: storage, kind: error, status: 503, ends: 900s}"))
    assert working.by_task("reply", 810.0) is WAITS
    assert working.by_task("reply", 830.0, number=2) is REPLIED
    assert working.request.shown == "told"


@pytest.mark.parametrize(
    ("at_s", "queue", "least_s", "most_s"),
    [
        (2.0, "replies", 2.5, 5),
        (20.0, "replies", 10, 20),
        (400.0, "replies", 22.5, 45),
        (774.0, "replies", 22.5, 45),
        (798.0, "urgent", 22.5, 45),
        (850.0, "urgent", 12.5, 25),
        (892.5, "urgent", 4.3, 4.5),
    ],
)
def test_a_reply_waits_as_long_as_the_request_is_old_and_near_the_end_in_the_urgent_queue(
    at_s: float, queue: str, least_s: float, most_s: float
) -> None:
    working = Working(a_scenario(LOAD, DOWN), tasks__create_s=0.01, tasks__dispatch_s=1e-9, discord__tell_s=0.001)
    assert working.by_task("reply", at_s, number=3) is WAITS
    run(working.agenda)
    ((its, number, sent_s),) = working.sent
    assert (its, number) == (queue, 4)
    assert least_s <= sent_s - at_s <= most_s + 0.1


def test_a_task_that_is_delivered_twice_makes_its_successor_once() -> None:
    working = Working(a_scenario(LOAD, DOWN))
    task = Task(working.request, "reply", 100.0)
    task.attempts = 1
    assert [working.answer("reply", at_s, task) for at_s in (100.0, 101.0)] == [WAITS] * 2
    run(working.agenda)
    assert len(working.sent) == 1


@pytest.mark.parametrize(("kind", "seconds"), [("error, status: 503", 0.05), ("hang", 5.0)])
def test_where_cloud_tasks_takes_no_task_the_queue_repeats_this_one(kind: str, seconds: float) -> None:
    faults = f"{DOWN}, {{part: tasks, kind: {kind}, ends: 900s}}"
    working = Working(a_scenario(LOAD, faults), discord__tell_s=0.001)
    assert working.by_task("reply", 100.0).code == 503
    assert working.agenda.now_s == pytest.approx(100 + seconds, abs=0.1)
    run(working.agenda)
    assert working.sent == []


def test_in_a_project_without_these_waits_the_queue_repeats_a_task() -> None:
    working = Working(a_scenario(LOAD, DOWN), replace(NUMBERS, reply_waits=None))
    assert [working.by_task("reply", at_s).code for at_s in (100.0, 899.0)] == [503, 503]
    assert working.by_task("reply", 901.0) is GAVE_UP


def test_a_task_that_cannot_tell_either_is_put_off_until_no_call_ends_in_time() -> None:
    working = Working(a_scenario(LOAD, DOWN))
    assert [working.by_task("reply", at_s) for at_s in (830.0, 895.0)] == [WAITS, WAITS]
    assert [working.by_task("reply", at_s) for at_s in (896.1, 901.0)] == [GAVE_UP, GAVE_UP]
    assert working.request.shown == ""


def test_a_task_learns_at_once_what_no_repetition_helps() -> None:
    """Where Discord refuses the picture for good it refuses the word too; a message that is gone takes neither."""
    for status in (400, 401, 404):
        working = Working(a_scenario(LOAD, f"{{part: discord, kind: error, status: {status}, ends: 900s}}"))
        assert working.by_task("reply", 10.0) is GAVE_UP
        assert working.by_task("tell", 20.0) is GAVE_UP
    missing = Working(a_scenario(LOAD, "{part: storage, kind: error, status: 404, ends: 900s}"))
    assert missing.by_task("reply", 10.0) is REPLIED
    assert missing.request.shown == "told"


def test_a_reply_that_is_blocked_waits_longer_each_time_by_whichever_task() -> None:
    blocked = a_scenario(LOAD, "{part: discord, kind: error, status: 403, body: page, ends: 900s}")
    working = Working(blocked, replace(NUMBERS, reply_waits=None))
    waits = [retry_after_s(working.by_task("reply", 10.0 + number, attempts=1 + number)) for number in range(4)]
    assert waits == [10, 30, 90, 90]
    assert retry_after_s(working.answer("reply", 20.0)) == 2
    later = Working(blocked, tasks__dispatch_s=1e-9)
    assert later.by_task("reply", 100.0, number=2) is WAITS
    run(later.agenda)
    assert 30 <= later.sent[0][2] - 100 <= 46


def test_a_picture_that_discord_shows_after_we_gave_up_is_shown() -> None:
    working = Working(a_scenario(LOAD, "{part: discord, kind: slow, median: 15s, max: 15s, ends: 1m}"))
    assert working.call("reply") == 503
    assert working.request.replied_s is None
    run(working.agenda)
    assert working.request.shown == "pictures"
    assert working.request.replied_s is not None
    assert 15 < working.request.replied_s < 16


def test_a_global_limit_holds_all_calls_of_the_process_back() -> None:
    working = Working(a_scenario(LOAD, "{part: discord, kind: rate_limit, retry_after: 30s, ends: 1s}"))
    assert [working.call("reply", at_s=at_s) for at_s in (0.0, 20.0, 40.0)] == [429, 429, 200]


def test_too_many_invalid_requests_ban_our_address() -> None:
    faults = a_scenario(LOAD, "{part: discord, kind: error, status: 403, ends: 10s}")
    discord = Discord(a_model(discord__most_invalid=3, discord__ban_s=100), faults, 1, 10.0)
    seen = [discord.call(at_s, 0, number, uploads=False)[1] for number, at_s in enumerate((1, 2, 3, 20, 102, 104))]
    refused, banned = Answer(403), Answer(429, is_page=True)
    assert seen[:5] == [refused, refused, refused, banned, banned]
    assert seen[5].status == 200


def test_more_writes_than_a_bucket_takes_are_slowed_down() -> None:
    storage = Storage(a_model(storage__writes_per_s=2), calm(LOAD), 1, 5.0)
    seconds = [storage.call("write", 100.0, number, 0)[0] for number in range(5)]
    assert [round(after - seconds[0], 3) for after in seconds] == [0, 0, 0.5, 1.0, 1.5]


def test_a_request_without_a_free_thread_waits_for_one() -> None:
    agenda = Agenda(0.0)
    instance, begun = an_instance(agenda, threads=2), list[int]()
    for number in range(3):
        instance.begin(lambda number=number: begun.append(number))  # type: ignore[misc]
    assert begun == [0, 1]
    instance.end(1.0)
    assert begun == [0, 1, 2]
    assert instance.in_progress == 2


def test_uploads_fill_the_line_one_after_another() -> None:
    instance = Instance(
        0.0,
        started_s=0.0,
        processor=Processor(Agenda(0.0), 1.0, 1.0),
        processes=1,
        threads=1,
        bytes_per_s=100.0,
        connections_per_s=1.0,
    )
    assert [instance.upload_ends_s(at_s, 300.0) for at_s in (0.0, 1.0, 10.0)] == [3.0, 6.0, 13.0]
    assert instance.upload_ends_s(20.0, 1.0) == 21.0  # one connection a second


def test_two_messages_for_one_request_are_a_duplicate_and_break_the_promise() -> None:
    measure = Measure(Agenda(0.0), 1.0, 1, lambda _: False)
    for number, (edited, posts) in enumerate([(True, 0), (False, 1), (True, 1), (False, 2)]):
        request = Request(number, 0.0)
        measure.send(request)
        request.acknowledged, request.edited, request.posts, request.open = True, edited, posts, 1
        measure.release(request)
    assert measure.duplicates == 2


def test_retries_write_no_picture_twice() -> None:
    found: Any = simulated(even(5, 30), "{part: storage, kind: slow, median: 8s, max: 8s, ends: 10s}")
    assert found.calls_per_request.generate > 1.3
    assert found.cost_usd["storage_write"] * 200_000 == 150


def test_a_picture_that_is_sent_again_is_taken_for_a_later_one() -> None:
    request = Request(0, 100.0)
    for at_s, what, since_s in ((101.0, "told", 101.0), (110.0, "pictures", 110.0), (120.0, "pictures", 110.0)):
        request.show(what, at_s)  # type: ignore[arg-type]
        assert request.shown_s == since_s
    assert request.replied_s == 110.0
