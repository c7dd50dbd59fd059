"""Steps and queues that answer the workflow as scripted, in virtual time: what it calls, waits for and puts off."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.workflows.compile.workflow import Workflow, compile_workflow
from local.workflows.effects import HttpCall, HttpFailure, HttpResponse, Leaf, Now, Outcome, Sleep, Value
from local.workflows.errors import WorkflowError
from local.workflows.run.branches import Branches
from local.workflows.run.observer import Bill
from tests.servers import ROOT

TEXT = (ROOT / "workflows" / "mando.yaml").read_text()
WORKFLOW = compile_workflow(TEXT, "mando.yaml")
RECEIVED = datetime(2026, 1, 1, 12, tzinfo=UTC)
LIFE_S = 900
PICTURE = {"object": "pictures/a.png", "title": "t", "description": "d", "colour": 1}
MESSAGE = {"message_id": "9"}
HANGS = "hangs"
TAKEN: dict[str, Any] = {}  # what the queue answers to a task that it takes; nobody reads it
DRAW, SHOW, QUEUE = "/generate-image", "/reply-discord", "cloudtasks.googleapis.com"
# The workflow's knobs once more: who changes one there changes it here, and what is slept in tests/outgoing/calls.yaml.
HICCUP_WAITS_S = (1, 2)  # hiccup_retries, hiccup_wait_s
MISTAKE_WAITS_S = (1, 2, 4)  # mistake_retries, mistake_wait_s
LONGEST_WAIT_S = 60
DENIED_S = 240  # permission_denied_s
DRAW_RESERVE_S = 175
REPLY_RESERVE_S = 150
FAILURE_RESERVE_S = 30
# As deploy/deployment.yaml gives them to the workflow.
ENV = {
    "STEPS_URL": "https://demo.appspot.com",
    "STEPS_AUDIENCE": "mando-steps",
    "REPLY_URL": "https://demo.appspot.com",
    "REPLY_AUDIENCE": "mando-steps",
    "QUEUE": "projects/demo/locations/us-central1/queues/create-image-queue",
    "REPLY_QUEUE": "projects/demo/locations/us-central1/queues/reply-discord-queue",
    "WORKFLOW": "projects/demo/locations/us-central1/workflows/mando",
    "TASK_SERVICE_ACCOUNT": "mando-tasks@demo.iam.gserviceaccount.com",
    "WORKFLOW_SERVICE_ACCOUNT": "mando-workflow@demo.iam.gserviceaccount.com",
}


def ours(status: int, **more: Any) -> tuple[int, dict[str, Any]]:
    """An error of the steps, as schemas/error.json has it."""
    return status, {"kind": "request", "error": {"status": status, "message": "m"}, **more}


def limited(retry_after: Any) -> tuple[int, dict[str, Any]]:
    return ours(429, retry_after=retry_after)


def is_picture(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == PICTURE.keys()


def page(status: int) -> HttpResponse:
    """An error of somebody on the way."""
    return HttpResponse(status, {"Content-Type": "text/html"}, b"<html>")


@dataclass(frozen=True, slots=True)
class Task:
    """A task that the workflow asked for, its body decoded; waits_s: from now to its scheduleTime."""

    queue: str
    fields: Mapping[str, Any]
    waits_s: float

    @property
    def body(self) -> Any:
        return self.fields["httpRequest"]["body"]


class World:
    """Answers calls in their order, the last answer for all that follow; sees what is asked and slept.

    share: the part of a millisecond that each look at the clock shows, the workflow's random number.
    workflow: the one in workflows/, if no other is given.
    left_s_at: how much of the token's life is left when the call of that number, from 1, is answered.
    """

    def __init__(
        self,
        generate: list[Any] | None = None,
        reply: list[Any] | None = None,
        queue: list[Any] | None = None,
        *,
        share: float = 0.5,
        left_s_at: Mapping[int, float] | None = None,
        workflow: Workflow = WORKFLOW,
    ) -> None:
        self.workflow = workflow
        self.answers = {DRAW: generate or [PICTURE], SHOW: reply or [MESSAGE], QUEUE: queue or [TAKEN]}
        self.share = share
        self.left_s_at = left_s_at or {}
        self.calls: list[tuple[str, dict[str, Any]]] = []  # of the steps
        self.called_with_s_left: list[float] = []
        self.tasks: list[Task] = []
        self.slept: list[float] = []
        self.expires_s = RECEIVED.timestamp() + LIFE_S
        self.now_s = RECEIVED.timestamp() + 1
        self.bill = Bill()
        self.executions = 0

    @property
    def request(self) -> dict[str, Any]:
        received, expires = RECEIVED, RECEIVED + timedelta(seconds=LIFE_S)
        return {"interaction_id": "77", "received_at": f"{received:%FT%TZ}", "expires_at": f"{expires:%FT%TZ}"}

    @property
    def age_s(self) -> float:
        return self.now_s - RECEIVED.timestamp()

    @property
    def drawings(self) -> int:
        return [path for path, _ in self.calls].count(DRAW)

    @property
    def failures_told(self) -> list[str]:
        return [body["failure"] for path, body in self.calls if body.get("failure") is not None]

    def run(self, request: Value = None) -> Any:
        """The result of one execution.  Raises WorkflowError."""
        self.executions += 1
        env = ENV | {"GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": f"execution-{self.executions}"}
        branches = Branches(self.workflow.run(request or self.request, env, None, self.bill))
        while branches.ended is None:
            ((number, effect),) = branches.pending.items()
            branches.resume(number, self._outcome(effect))
        if branches.ended.error is not None:
            raise branches.ended.error
        return branches.ended.value

    def run_to_the_end(self) -> Any:
        """What the member got in the end, tasks included: each starts the workflow or calls the step, at its time."""
        result = self.run()
        while "waits_in" in result:
            task = self.tasks[-1]
            self.now_s = max(self.now_s, datetime.fromisoformat(task.fields["scheduleTime"]).timestamp())
            if task.queue == ENV["REPLY_QUEUE"]:
                return self.deliver(task)
            result = self.run(json.loads(task.body["argument"]))
        return result

    def deliver(self, task: Task) -> Any:
        """What /reply-discord answers at last to a task, which Cloud Tasks repeats until a 200."""
        for _ in range(100):
            answer = self._answer_of(SHOW, task.body, 600)
            if isinstance(answer, HttpResponse) and answer.code == 200:
                return json.loads(answer.body)
        raise AssertionError("the task is never done")

    def _outcome(self, effect: Leaf) -> Outcome:
        match effect:
            case Now():
                return (round(self.now_s * 1000) + self.share) / 1000
            case Sleep(seconds=seconds):
                self.slept.append(seconds)
                self.now_s += seconds
                return None
            case HttpCall():
                return self._call(effect)
        raise AssertionError(effect)

    def _call(self, call: HttpCall) -> HttpResponse | HttpFailure:
        url, body = urlsplit(call.url), json.loads(call.body or b"{}")
        if url.netloc == QUEUE:
            self.tasks.append(self._task(url.path, body))
            return self._answer_of(QUEUE, {}, call.timeout_s)
        return self._answer_of(url.path, body, call.timeout_s)

    def _task(self, path: str, body: Any) -> Task:
        fields = body.pop("task")
        assert body == {}
        request = fields["httpRequest"]
        decoded = json.loads(base64.b64decode(request["body"], validate=True))
        due_s = datetime.fromisoformat(fields["scheduleTime"]).timestamp()
        queue = path.removeprefix("/v2/").removesuffix("/tasks")
        return Task(queue, {**fields, "httpRequest": {**request, "body": decoded}}, due_s - self.now_s)

    def _answer_of(self, where: str, body: dict[str, Any], timeout_s: float) -> HttpResponse | HttpFailure:
        answers = self.answers[where]
        if where == SHOW and not is_picture(body["picture"]) and not (body["picture"] is None and body["failure"]):
            answers = [ours(400)]  # schemas/reply.json
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if where != QUEUE:
            self.calls.append((where, body))
            self.called_with_s_left.append(self.expires_s - self.now_s)
        self.now_s += timeout_s if answer == HANGS else 0.1
        if where != QUEUE and len(self.calls) in self.left_s_at:
            self.now_s = self.expires_s - self.left_s_at[len(self.calls)]
        if answer == HANGS:
            return HttpFailure("TimeoutError", "no answer")
        if isinstance(answer, HttpResponse | HttpFailure):
            return answer
        if isinstance(answer, str):
            return HttpResponse(200, {"Content-Type": "text/html"}, answer.encode())
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        return HttpResponse(status, {"Content-Type": "application/json"}, json.dumps(content).encode())


def answering(where: str, answers: list[Any], **more: Any) -> World:
    """The world where that step, generate or reply, answers so."""
    given: dict[str, Any] = {where: answers, **more}
    return World(**given)


def failed(world: World, *, in_the_end: bool = False) -> WorkflowError:
    with pytest.raises(WorkflowError) as caught:
        world.run_to_the_end() if in_the_end else world.run()
    return caught.value


def payload_of(error: WorkflowError) -> dict[str, Any]:
    assert isinstance(error.payload, dict)
    return error.payload
