"""Measure how much CPU time the interpreter takes, in virtual time and without I/O.

It runs workflows/mando.yaml once to its picture, and once with a Discord that is down: after three attempts it makes a
task, which is to try again.  There is no peer: workflows-emulator sleeps for real, and cannot run this workflow.
"""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from bench.peers.peer_venv import ROOT
from bench.report import alone
from bench.report.figure import OURS, Effort, Figure
from local.executions.engine.virtual import Agenda, TimedOutcome, VirtualExecution
from local.workflows.compile.workflow import Workflow, compile_workflow
from local.workflows.effects import HttpCall, HttpResponse, Leaf, Now, Sleep

_START_S = 1767268800.25  # of 2026-01-01
_QUEUE = "projects/demo/locations/us-central1/queues/reply-discord-queue"
_ENV = {
    "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": "6e6c56d4-b2cd-4bd1-9dd2-37bf173b8de2",
    "STEPS_URL": "https://steps-dot-mando.appspot.com",
    "STEPS_AUDIENCE": "mando-steps",
    "REPLY_URL": "https://steps-dot-mando.appspot.com",
    "REPLY_AUDIENCE": "mando-steps",
    "QUEUE": _QUEUE,
    "REPLY_QUEUE": _QUEUE,
    "WORKFLOW": "projects/demo/locations/us-central1/workflows/mando",
    "TASK_SERVICE_ACCOUNT": "tasks@demo.iam.gserviceaccount.com",
    "WORKFLOW_SERVICE_ACCOUNT": "workflow@demo.iam.gserviceaccount.com",
}
_REQUEST: Mapping[str, Any] = {
    "interaction_id": "1310000000000000001",
    "application_id": "1200000000000000001",
    "sealed_token": "A" * 400,
    "channel_id": "1100000000000000001",
    "user_id": "1000000000000000001",
    "locale": "en-US",
    "options": {"words": "a calm sea at dawn", "symmetry": 8, "palette": "ocean"},
    "received_at": "2026-01-01T12:00:00.123456Z",
    "expires_at": "2026-01-01T12:15:00.123456Z",
}
_HEADERS = {"Content-Type": "application/json", "Content-Length": "140", "Date": "Thu, 01 Jan 2026 12:00:00 GMT"}
_PICTURE = {"object": f"pictures/{'0' * 64}.png", "title": "Calm sea", "description": "8-fold, ocean", "colour": 1}
_DOWN = {"kind": "discord", "error": {"status": 503, "message": "Discord answered 503"}}


def measure(effort: Effort) -> Iterator[Figure]:
    workflow = compile_workflow((ROOT / "workflows" / "mando.yaml").read_text())
    good, down = _answer(200, {"message_id": "1310000000000000002"}), _answer(503, _DOWN)
    for what, reply, calls in (
        ("a good execution of mando.yaml", good, 2),
        ("an execution that leaves its reply to a queue", down, 5),
    ):
        costs_us = []
        for _ in range(effort.of(60)):
            began_s = time.process_time()
            for _ in range(effort.of(50)):
                assert _calls(workflow, reply) == calls
            costs_us.append((time.process_time() - began_s) / effort.of(50) * 1e6)
        yield Figure(what, "µs of CPU", "less", {OURS: costs_us})


def _answer(status: int, body: object) -> TimedOutcome:
    return TimedOutcome(0.13, HttpResponse(status, _HEADERS, json.dumps(body).encode()))


def _calls(workflow: Workflow, reply: TimedOutcome) -> int:
    """Run it to its end; returns how many calls it made."""
    agenda, drawn, made, calls = Agenda(_START_S), _answer(200, _PICTURE), _answer(200, {"name": _QUEUE}), 0

    def perform(_: int, effect: Leaf) -> TimedOutcome:
        nonlocal calls
        if isinstance(effect, Now):
            return TimedOutcome(0.0, agenda.now_s)
        if isinstance(effect, Sleep):
            return TimedOutcome(effect.seconds, None)
        assert isinstance(effect, HttpCall), effect
        calls += 1
        if effect.url.endswith("/generate-image"):
            return drawn
        return reply if effect.url.endswith("/reply-discord") else made

    execution = VirtualExecution(workflow.run(dict(_REQUEST), _ENV), agenda, perform)
    while not execution.has_ended:
        agenda.advance()
    execution.result()
    return calls


if __name__ == "__main__":
    alone.main(measure, __doc__)
