"""The steps on one instance with one request, the bucket and Discord that they call, and the queues of what waits."""

import math
from dataclasses import replace
from functools import partial

from local.executions.engine.virtual import Agenda
from local.tasks.rules import QueueConfig
from local.workflows.effects import HttpFailure, HttpResponse
from schemas.deployment import ReplyWaits
from schemas.deployment import Steps as Numbers
from tests.tuning.simulate.builders import a_model, even, our_project
from tuning.orders import CallKind
from tuning.simulate.calls import Call
from tuning.simulate.discord import Discord
from tuning.simulate.instance import Instance
from tuning.simulate.processor import Processor
from tuning.simulate.queues import Queue
from tuning.simulate.request import Request
from tuning.simulate.scenario import Scenario, calm
from tuning.simulate.steps import Steps
from tuning.simulate.storage import Storage
from tuning.simulate.task import Task
from tuning.simulate.tasks import Tasks

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
