"""One request in virtual time against steps that answer as scripted: its executions and its tasks, to the last one.

The interpreter and the rules of the queues are the real ones, and so is the check of a call's body; only the answers
are made up.  Nothing but a wait and a slow answer takes time.
"""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from local.executions.engine.virtual import Agenda, TimedOutcome, VirtualExecution
from local.tasks.rules import RetryConfig, retry_at_s
from local.workflows.compile.workflow import Workflow
from local.workflows.effects import HttpCall, HttpFailure, HttpResponse, Value
from local.workflows.errors import WorkflowError
from schemas.deployment import Steps
from schemas.request import ChannelId, InteractionId, Options, Request, UserId
from tuning.check import step_tasks
from tuning.check.answers import GENERATE, MESSAGE, REPLY, TIMES_OUT, UNAVAILABLE, Answer
from tuning.check.life import TELL, Call, Life, Step
from tuning.check.performer import Performer
from tuning.check.refusal import body_of, path_of, refusal
from tuning.last_word import JITTER, after_draw, after_show, after_tell, is_urgent, wait_s
from tuning.orders import EPOCH_S, NewTask
from tuning.step_answers import GAVE_UP, google_said, is_good, retry_after_s

_ID = InteractionId("77")
_NOBODY = Step("", "")  # of the workflow: the ingress has made the task
_TAKEN = (200, 409)  # the task is there
_MOST_CALLS = 2000  # of one request; more than any that ends has
_MOST_S = 86_400.0
_BY_THE_STEP = frozenset({"bucket", "discord", "drawing", "mistake"})  # kinds of errors that its work has

# Which call it is, and when → the answer.
Answers = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class World:
    """Where a request lives.  workflow: None where tasks call the steps, of which filled_queue has the first.

    retries: of each queue, by its short name; next_queues: into which the steps put a reply off.  steps: their numbers.
    reply_s: the longest that /reply-discord itself takes.
    """

    workflow: Workflow | None
    environment: tuple[tuple[str, str], ...]
    filled_queue: str
    retries: tuple[tuple[str, RetryConfig], ...]
    next_queues: tuple[str, str]
    token_life_s: float
    steps: Steps
    reply_s: float


# About five checks are kept.  Most edits leave the world of a request as it was: a rate, a number of instances.
@functools.lru_cache(maxsize=640)
def live(world: World, answers: Answers, begins_s: float, jitter: float, until_s: float) -> Life:
    """Follow it, at most until until_s.  begins_s: when its first execution starts, after the interaction.

    jitter: from 0 to 1, what the clock's fraction of a millisecond is; the workflow takes it for its random number.
    The same question has the same Life, which nobody may change.
    """
    living = _Living(world, answers, begins_s, jitter)
    living.run(min(until_s, _MOST_S))
    return living.life


@dataclass(slots=True)
class _Task:
    order: NewTask
    retry: RetryConfig
    step: Step  # which has made it, or the first of a reply's tasks
    attempts: int = 0
    first_s: float = 0.0


class _Living:
    def __init__(self, world: World, answers: Answers, begins_s: float, jitter: float) -> None:
        self.life = Life()
        self._world, self._answers, self._jitter = world, answers, jitter
        self._retries = dict(world.retries)
        self._agenda = Agenda(EPOCH_S + begins_s)
        self._running: list[tuple[VirtualExecution, Performer, float]] = []
        self._waiting = 0  # tasks
        self._names: set[tuple[str, str | None]] = set()
        self._request = _request(world.token_life_s)
        if world.workflow is None:
            self._make(step_tasks.drawing(self._request, world.filled_queue, _ID), _NOBODY)
        else:
            self._start(self._request)

    def run(self, until_s: float) -> None:
        life, agenda = self.life, self._agenda
        self._note_ended()
        while self._running or self._waiting:
            if len(life.calls) > _MOST_CALLS or agenda.next_s > EPOCH_S + until_s:
                life.has_ended = False
                life.executions += [(begins_s, self._now_s) for *_, begins_s in self._running]
                break
            agenda.advance()
            self._note_ended()
        life.ended_s = self._now_s

    @property
    def _now_s(self) -> float:
        """Since the interaction."""
        return self._agenda.now_s - EPOCH_S

    # Executions.

    def _start(self, argument: Value) -> None:
        world, number = self._world, len(self.life.executions) + len(self._running) + 1
        assert world.workflow is not None  # noqa: S101 -- else no task starts one
        performer = Performer(self.life, self._agenda, self._jitter, self._call, self._take)
        environment = performer.environment(
            dict(world.environment) | {"GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": str(number)}
        )
        run = world.workflow.run(argument, environment, performer.observe, self.life.bill)
        self._running.append((VirtualExecution(run, self._agenda, performer.perform), performer, self._now_s))

    def _note_ended(self) -> None:
        for one in self._running[:]:
            execution, performer, begins_s = one
            if not execution.has_ended:
                continue
            self._running.remove(one)
            self.life.executions.append((begins_s, self._now_s))
            try:
                execution.result()
            except WorkflowError as raised:
                self.life.error = raised
                self.life.failed = self.life.failed or performer.failed

    def _call(self, effect: HttpCall, step: Step) -> tuple[Call, TimedOutcome]:
        """A call of the workflow."""
        call = Call(self._now_s, path_of(effect), effect.timeout_s, step)
        refused = refusal(effect, call.path, _ID)
        call.is_refused = refused is not None
        call.answer = refused or self._answers(call)
        self.life.calls.append(call)
        seconds = call.answer.seconds
        return call, TimedOutcome(min(effect.timeout_s, effect.timeout_s if seconds is None else seconds),
                                  call.answer.outcome)  # fmt: skip

    # Tasks.

    def _take(self, order: NewTask, step: Step) -> HttpResponse:
        """The workflow makes a task."""
        made = self._make(order, step)
        if is_good(made):
            self.life.waits_s.append(0.0 if order.due_s is None else max(0.0, order.due_s - self._now_s))
        return made

    def _make(self, order: NewTask, step: Step) -> HttpResponse:
        """The workflow makes a task, or the step that a task has called."""
        retry = self._retries.get(order.queue)
        self.life.operations += 1
        self.life.tasks.setdefault((order.queue, order.kind), step)
        if retry is None:
            self.life.unknown_queues.setdefault(order.queue, step)
            return google_said(404)
        if order.name is not None and (order.queue, order.name) in self._names:
            return google_said(409)
        self._names.add((order.queue, order.name))
        self._waiting += 1
        due_s = self._now_s if order.due_s is None else max(self._now_s, order.due_s)
        self._agenda.add(EPOCH_S + due_s, functools.partial(self._dispatch, _Task(order, retry, step)))
        return google_said(200)

    def _dispatch(self, task: _Task) -> None:
        self.life.operations += 1
        task.attempts += 1
        if task.attempts == 1:
            task.first_s = self._now_s
        if task.order.kind == "start":
            self._waiting -= 1
            self._start_by(task)
            return
        http = task.order.http
        call = Call(self._now_s, path_of(http), http.timeout_s, task.step, task.order.queue)
        refused = refusal(http, call.path, _ID)
        self.life.calls.append(call)
        if refused is not None:
            call.is_refused, call.answer = True, refused
            self._waiting -= 1
            return
        call.answer = self._to_the_end(call, self._answers(call))
        self._agenda.add(self._agenda.now_s + (call.answer.seconds or 0.0), functools.partial(self._ended, task, call))

    def _start_by(self, task: _Task) -> None:
        http, body = task.order.http, body_of(task.order.http)
        argument = body.get("argument") if isinstance(body, dict) else None
        if http.auth is None or http.auth.kind != "OAuth2" or not isinstance(argument, str):
            self.life.strange.setdefault("the Executions API refuses what a task sends: its body or token", task.step)
            return
        self._start(json.loads(argument))

    def _to_the_end(self, call: Call, answer: Answer) -> Answer:
        """The answer of /reply-discord to a task: the step has the last word.  What hangs ends by its own time-outs."""
        answer = self._timed_out(answer)
        outcome, left_s = answer.outcome, self._world.token_life_s - self._now_s
        if call.path not in (REPLY, TELL) or not _is_by_the_step(outcome):
            return answer
        assert isinstance(outcome, HttpResponse)  # noqa: S101 -- as all that are by the step
        showing_s = answer.seconds or 0.0
        left_s -= showing_s
        follows = after_show(self._world.steps, outcome.code, left_s, is_picture=call.path == REPLY)
        if follows in ("done", "wait"):
            return answer
        if follows == "give up":
            return Answer(GAVE_UP, answer.seconds)
        word = Call(call.at_s + showing_s, TELL, self._world.reply_s, call.step, call.queue)
        word.answer = self._timed_out(self._answers(word))
        self.life.words.append(word)
        if word.is_good:
            return MESSAGE
        told = word.answer.outcome
        gives_up = isinstance(told, HttpResponse) and after_tell(told.code) == "give up"
        return Answer(GAVE_UP if gives_up else told, showing_s + (word.answer.seconds or 0.0))

    def _timed_out(self, answer: Answer) -> Answer:
        """What the step makes of its own call that has no answer."""
        return Answer(UNAVAILABLE.outcome, self._world.reply_s) if answer is TIMES_OUT else answer

    def _ended(self, task: _Task, call: Call) -> None:
        answer = call.answer
        assert answer is not None  # noqa: S101 -- _dispatch has set it
        outcome, now_s = answer.outcome, self._agenda.now_s
        asked_s = retry_after_s(outcome)
        retry, age_s = task.retry, self._now_s - task.first_s
        is_done = self._hands_on(call) if call.path == GENERATE else is_good(outcome)
        if is_done or self._puts_itself_off(task, call, asked_s) or retry.is_exhausted(task.attempts, age_s):
            self._waiting -= 1
            return
        asked_s *= 1 + JITTER * self._jitter
        self._agenda.add(retry_at_s(retry, task.attempts, now_s, asked_s), functools.partial(self._dispatch, task))

    def _hands_on(self, call: Call) -> bool:
        """Whether the step that draws has put the picture, or the reason why there is none, into the reply queue."""
        assert call.answer is not None  # noqa: S101 -- _dispatch has set it
        outcome, world = call.answer.outcome, self._world
        if not isinstance(outcome, HttpResponse) or not (is_good(outcome) or _is_by_the_step(outcome)):
            return False
        follows = after_draw(outcome.code, world.token_life_s - call.at_s, world.steps.last_word_s)
        if follows == "answer":
            return False
        order = step_tasks.reply(self._request, world.next_queues[0], _ID, is_picture=follows == "hand on")
        return self._make(order, call.step).code in _TAKEN

    def _puts_itself_off(self, task: _Task, call: Call, asked_s: float) -> bool:
        """Whether the step makes the next task of a reply that it could not show, or gives up."""
        world, now_s = self._world, self._now_s
        assert call.answer is not None  # noqa: S101 -- _dispatch has set it
        if call.path not in (REPLY, TELL) or not _is_by_the_step(call.answer.outcome):
            return False
        left_s = world.token_life_s - now_s
        waits_s = wait_s(world.steps, now_s, left_s, asked_s, self._jitter)
        if waits_s is None:
            call.answer = Answer(GAVE_UP, call.answer.seconds)
            return True
        if world.steps.reply_waits is None:
            return False
        queue = world.next_queues[is_urgent(world.steps, left_s - waits_s)]
        order = replace(task.order, queue=queue, due_s=now_s + waits_s, name=None)
        return is_good(self._make(order, task.step))


def _is_by_the_step(outcome: HttpResponse | HttpFailure) -> bool:
    return isinstance(outcome, HttpResponse) and _kind(outcome) in _BY_THE_STEP


def _kind(outcome: HttpResponse) -> Any:
    try:
        said = json.loads(outcome.body)
    except ValueError:
        return None
    return said.get("kind") if isinstance(said, dict) else None


def _request(life_s: float) -> Value:
    received = datetime.fromtimestamp(EPOCH_S, UTC)
    request = Request(
        _ID, "1", "a" * 64, ChannelId("2"), UserId("3"), "en-GB", Options(),
        received, received + timedelta(seconds=life_s),
    )  # fmt: skip
    value: Value = request.to_json()
    return value
