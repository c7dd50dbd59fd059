"""Measure how much CPU time the interpreter takes, in virtual time and without I/O.

`python -m bench.interpreter [FOLDER]`: with FOLDER, another checkout of mando runs the same workflows in turn, and
the ratio of the two is shown.  Each checkout is one long-running process.
"""

import json
import subprocess
import sys
from pathlib import Path

from bench.language import LOOP
from bench.peers.peer_venv import ROOT

ROUNDS = 60

# A job: the workflow, how often it runs in a round, and the answer of /reply-discord.  The doomed execution makes about
# 42 attempts: each is two calls, two looks at the clock and a sleep.  Then it tries to tell the member.
_GOOD = (200, {"message_id": "1310000000000000002"})
_DOWN = (503, {"kind": "discord", "error": {"status": 503, "message": "Discord answered 503"}})

_WORKER = """
import json, sys, time
from local.executions.engine.virtual import Agenda, TimedOutcome, VirtualExecution
from local.workflows.compile.workflow import compile_workflow
from local.workflows.effects import HttpCall, HttpResponse, Now, Sleep
from local.workflows.errors import WorkflowError

START_S = 1767268800.25  # of 2026-01-01
ENV = {
    "STEPS_URL": "https://steps-dot-mando.appspot.com", "STEPS_AUDIENCE": "mando-steps",
    "REPLY_URL": "https://steps-dot-mando.appspot.com", "REPLY_AUDIENCE": "mando-steps",
}
REQUEST = {
    "interaction_id": "1310000000000000001", "application_id": "1200000000000000001", "sealed_token": "A" * 400,
    "channel_id": "1100000000000000001", "user_id": "1000000000000000001", "locale": "en-US",
    "options": {"words": "a calm sea at dawn", "symmetry": 8, "palette": "ocean"},
    "received_at": "2026-01-01T12:00:00.123456Z", "expires_at": "2026-01-01T12:15:00.123456Z",
}
PICTURE = {"object": "pictures/" + "0" * 64 + ".png", "title": "Calm sea", "description": "8-fold, ocean", "colour": 1}
HEADERS = {"Content-Type": "application/json", "Content-Length": "140", "Date": "Thu, 01 Jan 2026 12:00:00 GMT"}


def answer(status, body):
    return TimedOutcome(0.13, HttpResponse(status, HEADERS, json.dumps(body).encode()))


for line in sys.stdin:
    source, runs, reply = json.loads(line)
    workflow, drawn, replied, effects = compile_workflow(source), answer(200, PICTURE), answer(*reply), 0

    def perform(number, effect):
        global effects
        effects += 1
        if isinstance(effect, HttpCall):
            return drawn if effect.url.endswith("/generate-image") else replied
        if isinstance(effect, Now):
            return TimedOutcome(0.0, agenda.now_s)
        assert isinstance(effect, Sleep)
        return TimedOutcome(effect.seconds, None)

    began_s = time.process_time()
    for _ in range(runs):
        agenda = Agenda(START_S)
        execution = VirtualExecution(workflow.run(REQUEST, ENV), agenda, perform)
        while not execution.has_ended:
            agenda.advance()
        try:
            result = execution.result()
        except WorkflowError as error:
            result = str(error)
    print(json.dumps([(time.process_time() - began_s) / runs, effects, result]), flush=True)
"""


def main() -> None:
    mando = (ROOT / "workflows" / "mando.yaml").read_text()
    jobs: dict[str, list[object]] = {
        "good execution": [mando, 50, _GOOD],
        "doomed execution": [mando, 1, _DOWN],
        "100,000 assignments": [LOOP, 1, _GOOD],
    }
    folders = [ROOT, *map(Path, sys.argv[1:2])]
    running = [_start(folder) for folder in folders]
    seconds: dict[str, list[list[float]]] = {name: [] for name in jobs}
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            answers = [_run_job(process, job) for process in running]
            assert all(said[1:] == answers[0][1:] for said in answers), f"{name}: {answers}"
            seconds[name].append([took_s for took_s, *_ in answers])
    for process in running:
        process.communicate()
    print(f"µs of CPU time for one run, the least of {ROUNDS} rounds")
    print("  " + " " * 22 + "".join(f"{name:>14}" for name in ("this", "other", "other/this")[: 2 * len(folders) - 1]))
    for name, rounds in seconds.items():
        least_us = [min(one) * 1e6 for one in zip(*rounds, strict=True)]
        print(f"  {name:<22}" + "".join(f"{one:14,.1f}" for one in least_us), end="")
        print(f"{least_us[1] / least_us[0]:14.2f}" if len(folders) > 1 else "")


def _start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _WORKER]
    return subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _run_job(process: subprocess.Popen[str], job: object) -> list[float]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()
    answer: list[float] = json.loads(process.stdout.readline())
    return answer


if __name__ == "__main__":
    main()
