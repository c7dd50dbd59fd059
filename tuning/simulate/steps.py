"""The two steps on an instance of App Engine: draw and store; fetch and show.  Called by appengine.

In: a call of the workflow or of a task.  Out: the HTTP answer that the steps would give it.
Source: generate.py, hand_on.py, reply.py, last_word.py, waits.py and verdicts.py of steps/; tests compare.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Protocol

from local.executions.engine.virtual import Agenda
from local.workflows.effects import HttpFailure, HttpResponse
from schemas.deployment import Steps as Numbers
from tuning.last_word import Next, after_draw, after_show, after_tell, is_urgent, wait_s
from tuning.model import Model
from tuning.simulate.calls import Call
from tuning.simulate.dice import uniform, values
from tuning.simulate.discord import Answer, Discord
from tuning.simulate.processor import Processor
from tuning.simulate.request import Request
from tuning.simulate.storage import Storage
from tuning.simulate.task import Task
from tuning.simulate.tasks import Tasks
from tuning.simulate.throttle import Throttle
from tuning.step_answers import GAVE_UP, GENERATED, REPLIED, WAITS, failed, limited, retry_after_s

FRESH_S = 3.0
ACKNOWLEDGED_WITHIN_S = 30.0
BLOCKED_WAITS_S = (2.0, 10.0, 30.0, 90.0)
NONCE_S = 300.0  # Discord shows a second message of the same nonce only after minutes
_GONE = failed(410, "discord")
_LATER = failed(503, "discord")

Outcome = HttpResponse | HttpFailure
Finish = Callable[[Outcome], None]


class Place(Protocol):
    """What a step needs of its instance."""

    processor: Processor

    def process(self) -> Throttle: ...
    def upload_ends_s(self, begins_s: float, size_bytes: float) -> float: ...


class Steps:
    """release() is called for a request that a message of Discord was still awaited for.

    numbers: of deploy/deployment.yaml.  queues: the short names of those in which a reply waits, the urgent one last.
    has_workflow: else a reply's first task is made here, and its call is the first attempt.
    """

    def __init__(
        self,
        agenda: Agenda,
        model: Model,
        seed: int,
        storage: Storage,
        discord: Discord,
        numbers: Numbers,
        tasks: Tasks,
        queues: tuple[str, str],
        release: Callable[[Request], None],
        *,
        has_workflow: bool = True,
    ) -> None:
        self._agenda = agenda
        self._numbers = numbers
        self._tasks = tasks
        self._queues = queues
        self._has_workflow = has_workflow
        self._jitter = uniform(seed, "put off")
        self._storage = storage
        self._discord = discord
        self._release = release
        self._generate_s = values(seed, "generate", model.distribution("steps.generate_cpu_s"))
        self._again_s = values(seed, "generate again", model.distribution("steps.generate_again_cpu_s"))
        self._reply_s = values(seed, "reply", model.distribution("steps.reply_cpu_s"))
        self._picture_bytes = model.number("steps.picture_bytes")
        self._has_bot = model.number("steps.bot_token") > 0
        self.uploaded_bytes = 0.0

    def perform(self, call: Call, place: Place, finish: Finish) -> None:
        """Begin the work of a call; finish() is called when it ends."""
        request, number = call.request, call.number
        if call.kind != "generate":
            if call.task is not None:
                finish = partial(self._to_the_end, call, call.task, place, finish)
            work = partial(self._reply, call, place, finish)
            place.processor.work(self._reply_s(request.number, number), work)
            return
        if call.task is not None:
            finish = partial(self._hand_on, call.task, finish, request.expires_s - self._agenda.now_s)
        if call.attempt == 1 or (call.attempt is None and self._agenda.now_s - request.received_s < FRESH_S):
            place.processor.work(self._generate_s(request.number, 0), partial(self._store, call, place, finish))
        else:
            place.processor.work(self._again_s(request.number, number), partial(self._look, call, place, finish))

    def _hand_on(self, task: Task, finish: Finish, left_s: float, outcome: Outcome) -> None:
        """Where no workflow shows the reply: a task of the reply queue does.  left_s: when the call began."""
        follows = after_draw(_status(outcome), left_s, self._numbers.last_word_s)
        if follows == "answer":
            finish(outcome)
            return
        is_picture = follows == "hand on"
        then = partial(self._handed_on, finish, left_s, GENERATED if is_picture else GAVE_UP)
        self._tasks.create_next(task, "reply" if is_picture else "tell", self._queues[0], self._agenda.now_s, then)

    def _handed_on(self, finish: Finish, left_s: float, outcome: Outcome, is_there: bool) -> None:
        if is_there:
            finish(outcome)
        else:
            finish(failed(503, "queue") if left_s > 0 else GAVE_UP)

    def _look(self, call: Call, place: Place, finish: Finish) -> None:
        """An older request draws only what is not in the bucket."""
        now_s, request = self._agenda.now_s, call.request
        seconds, status, _ = self._storage.call("look", now_s, request.number, call.number)
        if status != 200:
            self._agenda.add(now_s + seconds, partial(finish, failed(status, "bucket")))
        else:
            self._agenda.add(now_s + seconds, partial(self._looked, call, place, finish))

    def _looked(self, call: Call, place: Place, finish: Finish) -> None:
        if call.request.stored:
            finish(GENERATED)
        else:
            place.processor.work(self._generate_s(call.request.number, 0), partial(self._store, call, place, finish))

    def _store(self, call: Call, place: Place, finish: Finish) -> None:
        now_s, request = self._agenda.now_s, call.request
        seconds, status, is_done = self._storage.call("write", now_s, request.number, call.number)
        ends_s = now_s + seconds
        if status == 200:
            ends_s = max(ends_s, place.upload_ends_s(now_s, self._picture_bytes))
        if is_done:
            request.stored = True
        self._agenda.add(ends_s, partial(finish, GENERATED if status == 200 else failed(status, "bucket")))

    def _reply(self, call: Call, place: Place, finish: Finish) -> None:
        now_s, request = self._agenda.now_s, call.request
        is_picture = call.kind == "reply"
        if now_s >= request.expires_s and not (is_picture and self._has_bot):
            finish(_GONE)
        elif not is_picture:
            self._send(call, call.number, place, finish, is_picture=False)
        else:
            seconds, status, _ = self._storage.call("read", now_s, request.number, call.number)
            if status != 200:
                self._agenda.add(now_s + seconds, partial(finish, failed(status, "bucket")))
            else:
                send = partial(self._send, call, call.number, place, finish, is_picture=True)
                self._agenda.add(now_s + seconds, send)

    def _to_the_end(self, call: Call, task: Task, place: Place, finish: Finish, outcome: Outcome) -> None:
        """A task is over when its queue hears 2xx."""
        now_s, request, is_picture = self._agenda.now_s, call.request, call.kind == "reply"
        follows = after_show(self._numbers, _status(outcome), request.expires_s - now_s, is_picture=is_picture)
        if follows == "tell" and now_s < request.expires_s:
            request.calls += 1
            self._send(call, request.calls, place, partial(self._told, task, finish), is_picture=False)
        else:
            self._follow("give up" if follows == "tell" else follows, task, finish, outcome)

    def _told(self, task: Task, finish: Finish, outcome: Outcome) -> None:
        self._follow(after_tell(_status(outcome)), task, finish, outcome)

    def _follow(self, follows: Next, task: Task, finish: Finish, outcome: Outcome) -> None:
        """A reply that could not be shown puts itself off; where it cannot, the queue repeats the task."""
        if follows == "done":
            finish(outcome)
            return
        now_s, request = self._agenda.now_s, task.request
        left_s, jitter = request.expires_s - now_s, self._jitter(request.number, request.calls)
        waits_s = wait_s(self._numbers, now_s - request.received_s, left_s, retry_after_s(outcome), jitter)
        if follows == "give up" or waits_s is None:
            finish(GAVE_UP)
        elif self._numbers.reply_waits is None:
            finish(outcome)
        else:
            queue = self._queues[is_urgent(self._numbers, left_s - waits_s - task.late_s)]
            self._tasks.create_next(task, task.kind, queue, now_s + waits_s, partial(self._put_off, finish, outcome))

    def _put_off(self, finish: Finish, outcome: Outcome, is_there: bool) -> None:
        finish(WAITS if is_there else outcome)

    def _send(self, call: Call, number: int, place: Place, finish: Finish, *, is_picture: bool) -> None:
        """Edit the message, or post one as the bot after the token's life.  number: of the call, for its luck."""
        now_s, request, throttle = self._agenda.now_s, call.request, place.process()
        wait_s = throttle.begin(now_s)
        if wait_s > 0:
            finish(limited(wait_s))
            return
        is_late = now_s >= request.expires_s
        if not request.acknowledged and not is_late:
            is_early = now_s - request.sent_s < ACKNOWLEDGED_WITHIN_S
            if is_early or not self._has_bot:
                throttle.end(now_s, 404)  # 404/10015: nothing to edit yet
                finish(_LATER if is_early else _GONE)
                return
            is_late = True
        seconds, answer, shown_s = self._discord.call(now_s, request.number, number, uploads=is_picture)
        ends_s = now_s + seconds
        if is_picture and answer.status == 200:
            uploaded_s = place.upload_ends_s(now_s, self._picture_bytes)
            self.uploaded_bytes += self._picture_bytes
            ends_s, shown_s = max(ends_s, uploaded_s), max(shown_s, uploaded_s - now_s)
        if answer.status == 200:
            self._agenda.add(ends_s, partial(self._answered, throttle, request, is_picture, is_late, finish))
            return
        if shown_s < math.inf:
            request.open += 1
            self._agenda.add(now_s + shown_s, partial(self._shown, request, is_picture, is_late))
        self._agenda.add(ends_s, partial(self._refused, call, throttle, answer, finish))

    def _answered(self, throttle: Throttle, request: Request, is_picture: bool, is_late: bool, finish: Finish) -> None:
        throttle.end(self._agenda.now_s, 200)
        self._show(request, is_picture, is_late)
        finish(REPLIED)

    def _shown(self, request: Request, is_picture: bool, is_late: bool) -> None:
        """Nobody waits for the answer any more."""
        self._show(request, is_picture, is_late)
        self._release(request)

    def _show(self, request: Request, is_picture: bool, is_late: bool) -> None:
        now_s = self._agenda.now_s
        if is_late:
            if request.acknowledged and now_s - request.posted_s >= NONCE_S:
                request.posts += 1
            request.posted_s = now_s
        else:
            request.edited = True
        if request.acknowledged:
            request.show("late" if is_late else "pictures" if is_picture else "told", now_s)

    def _refused(self, call: Call, throttle: Throttle, answer: Answer, finish: Finish) -> None:
        throttle.end(self._agenda.now_s, answer.status)
        attempt = 1 if call.task is None else call.task.tries_before + (2 if self._has_workflow else 1)
        finish(step_answer(answer, attempt, throttle, self._agenda.now_s))


def _status(outcome: Outcome) -> int:
    return outcome.code if isinstance(outcome, HttpResponse) else _LATER.code


def step_answer(answer: Answer, attempt: int, throttle: Throttle, now_s: float) -> HttpResponse:
    """What a step answers after this refusal of Discord, and what its process remembers of it."""
    status = answer.status
    if status == 429:
        return limited(throttle.limited(now_s, answer.retry_after_s, answer.is_page, answer.is_global))
    if status == 403 and answer.is_page:
        return limited(BLOCKED_WAITS_S[min(attempt, len(BLOCKED_WAITS_S)) - 1])
    if status in (401, 403):
        return failed(403, "discord")
    if status == 404:
        return _GONE
    if status == 0 or status >= 500 or status in (408, 425):
        return _LATER
    return failed(400, "discord")
