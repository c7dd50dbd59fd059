"""Measure how fast a workflow runs: ours and workflows-emulator, 100,000 assignments and 1,000 HTTP calls.

Each program is one long-running process; both run the same workflow, in turn.  The calls go to an aiohttp server on
loopback.  The lower bound is bare calls without a workflow: ours with aiohttp, theirs with requests.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import threading
from pathlib import Path

from aiohttp import web

from bench.peers.peer_venv import ROOT, peers_python

ROUNDS = 3
ASSIGNMENTS = 100_000
CALLS = 1_000

# 2,000 iterations of one step of 50: an execution has at most 100,000 steps, and a step 50 assignments.
LOOP = (
    "main:\n  steps:\n  - init: {assign: [x: 0]}\n  - loop:\n      for:\n        value: v\n"
    "        range: [1, 2000]\n        steps:\n        - add:\n            assign:\n"
    + "            - x: ${x + 1}\n" * 50
    + "  - done: {return: '${x}'}\n"
)
HTTP = (
    "main:\n  steps:\n  - init: {assign: [r: null]}\n  - loop:\n      for:\n        value: v\n"
    "        range: [1, 1000]\n"
    "        steps:\n        - get:\n            call: http.get\n            args: {url: 'URL'}\n"
    "            result: r\n"
    "  - done: {return: '${r.code}'}\n"
)

_WORKER = """
import json, sys, time
for line in sys.stdin:
    job = json.loads(line)
    began_s = time.perf_counter()
    result = run(job)
    print(json.dumps([time.perf_counter() - began_s, result]), flush=True)
"""
_OURS = """
import asyncio
from local.executions.engine.live import LivePerformer, drive
from local.http.outgoing import outgoing_session
from local.workflows.compile.workflow import compile_workflow
async def execute(job):
    async with outgoing_session() as session:
        if job["what"] == "bare":
            for _ in range(job["calls"]):
                async with session.get(job["url"]) as answer:
                    await answer.read()
            return None
        performer = LivePerformer(session, str, "http://127.0.0.1:1", print)
        return await drive(compile_workflow(job["what"]).run({}, {}), performer.perform)
def run(job):
    return asyncio.run(execute(job))
"""
_PEER = """
import requests, yaml
from workflows_emulator.main import execute_workflow
def run(job):
    if job["what"] == "bare":
        for _ in range(job["calls"]):
            requests.get(job["url"]).content
        return None
    return execute_workflow(yaml.safe_load(job["what"]), {})
"""


def main() -> None:
    peer = peers_python()
    programs = {"mando": (Path(sys.executable), _OURS), "workflows-emulator": (peer, _PEER)}
    url = _serve()
    jobs: dict[str, dict[str, object]] = {
        f"{ASSIGNMENTS:,} assignments": {"what": LOOP},
        f"{CALLS:,} HTTP calls": {"what": HTTP.replace("URL", url)},
        f"{CALLS:,} bare calls": {"what": "bare", "url": url, "calls": CALLS},
    }
    seconds: dict[tuple[str, str], list[float]] = {(job, name): [] for job in jobs for name in programs}
    running = {
        name: subprocess.Popen(
            [str(python), "-c", setup + _WORKER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name, (python, setup) in programs.items()
    }
    for _ in range(ROUNDS):
        for job, parameters in jobs.items():
            for name, process in running.items():
                took_s, result = _run_job(process, parameters)
                assert result in (None, 200, ASSIGNMENTS), f"{name}: {job}: {result}"
                seconds[job, name].append(took_s)
    for process in running.values():
        process.communicate()
    _report(seconds)


def _run_job(process: subprocess.Popen[str], parameters: dict[str, object]) -> tuple[float, object]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(parameters) + "\n")
    process.stdin.flush()
    took_s, result = json.loads(process.stdout.readline())
    return took_s, result


def _serve() -> str:
    """Start the server in a daemon thread; return its address."""
    ready: list[str] = []
    listening = threading.Event()

    async def serve() -> None:
        app = web.Application()

        async def hello(_: web.Request) -> web.Response:
            return web.json_response({"hello": "world"})

        app.router.add_get("/", hello)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ready.append(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        listening.set()
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    listening.wait(timeout=10)
    return ready[0]


def _report(seconds: dict[tuple[str, str], list[float]]) -> None:
    print(f"seconds, median of {ROUNDS} rounds")
    print(f"  {'':<24}{'mando':>10}{'workflows-emulator':>22}{'theirs/ours':>14}")
    for job in dict.fromkeys(job for job, _ in seconds):
        ours, theirs = seconds[job, "mando"], seconds[job, "workflows-emulator"]
        ratio = statistics.median(their_s / our_s for our_s, their_s in zip(ours, theirs, strict=True))
        print(f"  {job:<24}{statistics.median(ours):10.3f}{statistics.median(theirs):22.3f}{ratio:14.1f}")


if __name__ == "__main__":
    main()
