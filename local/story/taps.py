"""Where the story is heard: each part of the local cloud tells of what passes it, and here that becomes spans.

Called by the parts, which local/server.py connects.  http_taps.py hears the calls that come in.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from local.data.disk import DiskUnavailable
from local.discord.data.interaction import Interaction, label_of
from local.discord.data.rows import Change
from local.discord.engine.delivery import Delivery
from local.discord.forms.answer import Immediate
from local.executions.engine.live import PerformEffect
from local.faults.fault import Fault
from local.story import tallies
from local.story.answers import for_an_operator, gave_up, said_by, why_failed
from local.story.recorder import Recorder
from local.story.span import (
    GENERATE,
    INGRESS,
    MOST_BODY_CHARACTERS,
    REPLY,
    WORKFLOW,
    Span,
    interaction_in,
    interaction_of_task,
    target_of,
)
from local.tasks.task import AttemptResult, Task
from local.waiting import REPLAY_LABEL
from local.workflows.effects import HttpCall, HttpFailure, HttpResponse, Leaf, Outcome, Sleep

_IN_ARGUMENT = re.compile(r'"interaction_id": ?"([0-9]{17,19})"')
_OF_EXECUTION = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}-.*")
_NEXT_ROUND = re.compile(r".*-r[0-9]+")


class Taps:
    """place_of(execution): the routine and the step in which an execution is, by its full name."""

    def __init__(self, recorder: Recorder, place_of: Callable[[str], tuple[str, str]]) -> None:
        self._recorder = recorder
        self._place_of = place_of
        self._attempts: dict[str, tuple[int, Span]] = {}  # by the task's full name
        self._executions = recorder.store.open_executions()
        self._outages: dict[tuple[str, str], int] = {}  # by target and kind

    # Discord

    def delivery_began(self, interaction: Interaction) -> int:
        sent = json.loads(interaction.body)
        user, data = sent["member"]["user"], sent["data"]
        member = user.get("global_name") or user.get("username") or user["id"]
        words = " ".join(f"{one['name']}: {one['value']}" for one in data.get("options", []) if "value" in one)
        # As the member sees it: a command that is typed, one of a menu, a button, a modal.
        is_typed = sent["type"] == 2 and data["type"] == 1
        command = f"/{data['name']}" if is_typed else str(data.get("name") or label_of(sent) or data["custom_id"])
        self._recorder.ask(int(interaction.id), member=member, member_id=user["id"], words=words, command=command)
        return self._recorder.begin(Span(int(interaction.id), "delivery", INGRESS, self._now_s()))

    def delivery_ended(self, number: int, interaction: Interaction, delivery: Delivery) -> None:
        end_s = self._now_s()
        said = for_an_operator(delivery.answer.form.content or "") if isinstance(delivery.answer, Immediate) else ""
        problem = f"Discord got no answer: {delivery.problem}" if delivery.answer is None else ""
        span = Span(
            int(interaction.id),
            "delivery",
            INGRESS,
            end_s - delivery.ms / 1000,
            end_s,
            is_error=delivery.answer is None,
            status=delivery.status,
            outcome="said" if said else "",
            sentence=problem or said,
        )
        self._recorder.end(number, span)
        summary = self._recorder.store.summary(span.interaction)
        if summary is not None and summary.kind == "refused":
            # Numbers differ from member to member; the kind of a refusal is its words without them.
            self._recorder.count(f"{tallies.REFUSAL}{re.sub('[0-9.]*[0-9]', 'N', span.sentence)}")

    def message_changed(self, change: Change) -> None:
        message = change.message
        about = message.interaction_id or message.nonce or ""
        is_reply = message.author == "application" and message.state == "replied"
        interaction = interaction_in(about)
        if interaction is None or not is_reply or change.kind == "MESSAGE_DELETE":
            return
        is_picture = bool(message.attachments) or any("image" in embed for embed in message.embeds)
        # The ingress's own words are no reply: they say how it goes on.
        if is_picture or change.kind == "MESSAGE_UPDATE" or message.nonce:
            self._recorder.show(interaction, message.id, is_picture=is_picture)

    # Tasks

    def task_created(self, task: Task) -> None:
        interaction = interaction_of_task(task.task_id)
        if interaction is None:
            return
        maker = "line"
        if _NEXT_ROUND.fullmatch(task.task_id):
            maker = "steps"
        elif _OF_EXECUTION.fullmatch(task.task_id):
            maker = "workflow"
        queue, at_s = _short(task.queue), self._now_s()
        target = target_of(task.request.target)
        self._recorder.note(
            Span(interaction, "task", queue, at_s, at_s, target, outcome=maker, task=task.name, next_s=task.schedule_s)
        )
        self._keep_request(interaction, task, target)

    def attempt_began(self, task: Task) -> None:
        interaction = interaction_of_task(task.task_id)
        self._recorder.count(f"{tallies.DISPATCH}{_short(task.queue)}")
        if interaction is None:
            return
        span = Span(
            interaction,
            "attempt",
            _short(task.queue),
            self._now_s(),
            target=target_of(task.request.target),
            attempt=task.attempts + 1,
            task=task.name,
        )
        self._attempts[task.name] = self._recorder.begin(span), span

    def attempt_ended(self, task: Task, result: AttemptResult, next_s: float | None) -> None:
        number, span = self._attempts.pop(task.name, (0, None))
        if span is None:
            return
        sentence = gave_up(span.target, result.body) if result.status == 200 else ""
        is_error = bool(sentence) or not result.succeeded
        if not result.succeeded:
            words = said_by(span.target, result.status, result.body) or result.error
            sentence = words if next_s is not None else f"{words}; the queue gave up after {span.attempt} attempts"
        self._recorder.end(
            number,
            replace(
                span,
                end_s=self._now_s(),
                is_error=is_error,
                status=result.status,
                outcome="put off" if result.status == 202 else "",
                sentence=sentence,
                body=result.body[:MOST_BODY_CHARACTERS] if is_error else "",
                next_s=next_s,
            ),
        )

    # Executions

    def execution_changed(self, execution: dict[str, Any]) -> None:
        execution_id = execution["name"].rpartition("/")[2]
        known = self._executions.get(execution_id)
        if known is None:
            found = _IN_ARGUMENT.search(execution.get("argument", ""))
            interaction = interaction_in(found[1]) if found else None
            if interaction is None:
                return
            span = Span(
                interaction,
                "execution",
                WORKFLOW,
                self._now_s(),
                outcome=execution["state"],
                execution=execution_id,
                revision=execution["workflowRevisionId"],
                original=execution.get("labels", {}).get(REPLAY_LABEL, ""),
            )
            self._executions[execution_id] = self._recorder.begin(span), span
            self._recorder.carry_request(span.interaction, execution["argument"])
            return
        number, span = known
        error = execution.get("error", {})
        ended = replace(
            span,
            end_s=self._now_s() if "endTime" in execution else None,
            is_error="error" in execution,
            outcome=execution["state"],
            sentence=why_failed(error),
            body=str(error.get("payload", ""))[:MOST_BODY_CHARACTERS],
        )
        self._recorder.end(number, ended)
        if ended.end_s is None:
            self._executions[execution_id] = number, ended
        else:
            self._executions.pop(execution_id, None)

    def heard(self, perform: PerformEffect, execution: str) -> PerformEffect:
        """perform, with a span for each call and each sleep of that execution, a full name."""
        execution_id = execution.rpartition("/")[2]
        known = self._executions.get(execution_id)
        if known is None:
            return perform
        interaction, revision = known[1].interaction, known[1].revision

        async def performed(effect: Leaf) -> Outcome:
            if not isinstance(effect, HttpCall | Sleep):
                return await perform(effect)
            routine, step = self._place_of(execution)
            what = Span(
                interaction,
                "call" if isinstance(effect, HttpCall) else "sleep",
                WORKFLOW,
                self._now_s(),
                target=target_of(effect.url) if isinstance(effect, HttpCall) else "",
                execution=execution_id,
                step=f"{routine}.{step}",
                revision=revision,
            )
            if isinstance(effect, Sleep):
                what = replace(what, next_s=what.begin_s + effect.seconds)
            number = self._recorder.begin(what)
            outcome: Outcome = None
            try:
                outcome = await perform(effect)
            finally:  # also where the execution is cancelled
                self._recorder.end(number, self._ended_call(what, outcome))
            return outcome

        return performed

    def _ended_call(self, span: Span, outcome: Outcome) -> Span:
        ended = replace(span, end_s=self._now_s())
        match outcome:
            case HttpResponse(code=code, body=body) if code >= 400:
                text = body[:MOST_BODY_CHARACTERS].decode(errors="replace")
                return replace(ended, is_error=True, status=code, sentence=said_by(span.target, code, text), body=text)
            case HttpResponse(code=code, body=body):
                if span.target == GENERATE:
                    with suppress(ValueError, LookupError, TypeError):
                        picture = json.loads(body)
                        self._recorder.drew(span.interaction, str(picture["object"]), json.dumps(picture))
                return replace(ended, status=code)
            case HttpFailure(message=message):
                return replace(ended, is_error=True, sentence=f"{span.target or 'the call'}: {message}")
        return ended

    # Faults

    def faults_changed(self, pending: list[Fault]) -> None:
        """Faults of a kind that follow each other are one outage."""
        store, now_s = self._recorder.store, self._now_s()
        kept = {(fault.target, fault.kind) for fault in pending}
        with suppress(DiskUnavailable):  # a fault does not depend on its shade in the charts
            for key in self._outages.keys() - kept:
                store.end_outage(self._outages.pop(key), now_s)
            for target, kind in kept - self._outages.keys():
                self._outages[target, kind] = store.begin_outage(target, kind, now_s)

    def _keep_request(self, interaction: int, task: Task, target: str) -> None:
        """The request that a task carries, and the picture; a task of a step holds them, one of the workflow a text."""
        with suppress(ValueError, LookupError, TypeError, AttributeError):
            body = json.loads(task.request.body)
            if target == WORKFLOW:
                self._recorder.carry_request(interaction, str(body["argument"]))
            elif target == GENERATE:
                self._recorder.carry_request(interaction, json.dumps(body))
            elif target == REPLY and body.get("picture"):
                self._recorder.drew(interaction, str(body["picture"]["object"]), json.dumps(body["picture"]))

    def _now_s(self) -> float:
        return self._recorder.now_s()


def _short(queue: str) -> str:
    return queue.rpartition("/")[2]
