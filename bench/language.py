"""How fast does a workflow run?  Ours beside workflows-emulator: 100,000 assignments, and 1,000 HTTP calls.

Each program is a process of its own that stays, and both run the same text, in turn.  The calls go to one aiohttp
server on loopback; the bare calls, made with aiohttp and with requests in the same processes, are what bounds them.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import threading
from pathlib import Path

from aiohttp import web

from bench.peers.peer_venv import ROOT, ensure_venv

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

_ASK = """
import json, sys, time
for line in sys.stdin:
    ask = json.loads(line)
    began_s = time.perf_counter()
    result = run(ask)
    print(json.dumps([time.perf_counter() - began_s, result]), flush=True)
"""
_OURS = """
import asyncio
from local.executions.engine.live import LivePerformer, drive
from local.http.outgoing import outgoing_session
from local.workflows.compile.workflow import compile_workflow
async def execute(ask):
    async with outgoing_session() as session:
        if ask["what"] == "bare":
            for _ in range(ask["calls"]):
                async with session.get(ask["url"]) as answer:
                    await answer.read()
            return None
        performer = LivePerformer(session, str, "http://127.0.0.1:1", print)
        return await drive(compile_workflow(ask["what"]).run({}, {}), performer.perform)
def run(ask):
    return asyncio.run(execute(ask))
"""
_PEER = """
import requests, yaml
from workflows_emulator.main import execute_workflow
def run(ask):
    if ask["what"] == "bare":
        for _ in range(ask["calls"]):
            requests.get(ask["url"]).content
        return None
    return execute_workflow(yaml.safe_load(ask["what"]), {})
"""


def main() -> None:
    peer = ensure_venv("language", "workflows-emulator==1.10.0")
    programs = {"mando": (Path(sys.executable), _OURS), "workflows-emulator": (peer, _PEER)}
    url = _serve()
    asks: dict[str, dict[str, object]] = {
        f"{ASSIGNMENTS:,} assignments": {"what": LOOP},
        f"{CALLS:,} HTTP calls": {"what": HTTP.replace("URL", url)},
        f"{CALLS:,} bare calls": {"what": "bare", "url": url, "calls": CALLS},
    }
    seconds: dict[tuple[str, str], list[float]] = {(ask, name): [] for ask in asks for name in programs}
    running = {
        name: subprocess.Popen(
            [str(python), "-c", setup + _ASK], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name, (python, setup) in programs.items()
    }
    for _ in range(ROUNDS):
        for ask, content in asks.items():
            for name, process in running.items():
                found, result = _asked(process, content)
                assert result in (None, 200, ASSIGNMENTS), f"{name}: {ask}: {result}"
                seconds[ask, name].append(found)
    for process in running.values():
        process.communicate()
    _report(seconds)


def _asked(process: subprocess.Popen[str], content: dict[str, object]) -> tuple[float, object]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(content) + "\n")
    process.stdin.flush()
    found, result = json.loads(process.stdout.readline())
    return found, result


def _serve() -> str:
    """The address of a server on a thread of its own; it ends with this process."""
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
    for ask in dict.fromkeys(ask for ask, _ in seconds):
        ours, theirs = seconds[ask, "mando"], seconds[ask, "workflows-emulator"]
        ratio = statistics.median(their_s / our_s for our_s, their_s in zip(ours, theirs, strict=True))
        print(f"  {ask:<24}{statistics.median(ours):10.3f}{statistics.median(theirs):22.3f}{ratio:14.1f}")


if __name__ == "__main__":
    main()
