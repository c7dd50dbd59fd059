"""Whatever a workflow computes, others are answered in between; and where it was stopped changes nothing in it."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from local.executions.data.workflows import Settings
from local.executions.engine import turns as turns_module
from local.executions.engine.live import drive
from local.executions.engine.turns import Turns
from local.project import WORKFLOW
from local.server import LocalCloud
from local.workflows.compile.workflow import compile_workflow
from local.workflows.effects import HttpCall, HttpResponse, Leaf
from local.workflows.run.branches import Branches
from tests.executions.face import PARENT, a_face
from tests.executions.face import WORKFLOW as W
from tests.running import until
from tests.system.up import four_free_ports

LOOP = """
main:
  steps:
  - init: {assign: [x: 0]}
  - loop: {for: {value: v, range: [1, 20000], steps: [{add: {assign: [x: "${x + 1}"]}}]}}
  - done: {return: "${x}"}
"""
LIST = """
main:
  steps:
  - init: {assign: [all: []]}
  - loop: {for: {value: v, range: [1, 3000], steps: [{add: {assign: [all: "${list.concat(all, v)}"]}}]}}
  - done: {return: "${len(all)}"}
"""
WIDE = """
main:
  steps:
  - wide: {parallel: {for: {value: v, range: [1, 30000], steps: [{one: {assign: [x: "${v}"]}}]}}}
  - done: {return: done}
"""
LONG_SOURCE = "main:\n  steps:\n" + "".join(
    f"  - s{number}:\n      assign:\n      - x{number}: ${{1 + 2 * (3 + {number})}}\n" for number in range(2000)
)


@asynccontextmanager
async def turns_counted() -> AsyncIterator[Callable[[], tuple[int, float]]]:
    """How many turns the event loop had so far, and the longest time between two of them in CPU seconds of ours."""
    count, longest_s = 0, 0.0

    async def look() -> None:
        nonlocal count, longest_s
        before_s = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now_s = time.thread_time()
            longest_s = max(longest_s, now_s - before_s)
            before_s, count = now_s, count + 1

    looking = asyncio.create_task(look())
    yield lambda: (count, longest_s)
    looking.cancel()


@pytest.mark.parametrize(("source", "result"), [(LOOP, "20000"), (LIST, "3000"), (WIDE, '"done"')])
async def test_no_computation_holds_the_event_loop(tmp_path: Path, source: str, result: str) -> None:
    """A slice is 10 ms; the garbage collector and a machine under load may make 200 ms of it, but never seconds."""
    gc.collect()
    gc.freeze()  # as `mando up` does
    async with a_face(tmp_path) as face:
        face.deploy(source)
        async with turns_counted() as counted:
            execution = await face.run()
            turns, longest_s = counted()
    gc.unfreeze()
    assert (execution["state"], execution["result"]) == ("SUCCEEDED", result)
    assert turns > 50
    assert longest_s < 0.2


async def test_the_page_of_operations_is_answered_while_forty_thousand_steps_run(tmp_path: Path) -> None:
    port = four_free_ports()
    async with LocalCloud(tmp_path, port, "http://127.0.0.1:1") as cloud, aiohttp.ClientSession() as session:
        cloud.executions.deployments.deploy(WORKFLOW, Settings(LOOP))
        names = [cloud.executions.create(WORKFLOW, None)["name"] for _ in range(2)]
        answered = 0
        while any(cloud.executions.is_running(name) for name in names):
            async with session.get(f"http://127.0.0.1:{port}/ops/state") as answer:
                assert answer.status == 200
            answered += 1
        assert answered > 20
        assert {cloud.executions.get(name)["result"] for name in names} == {"20000"}


async def test_a_long_source_is_compiled_beside_everything_else(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face, aiohttp.ClientSession() as session, turns_counted() as counted:
        body, parent = {"sourceContents": LONG_SOURCE}, f"{face.url}/v1/{PARENT}/workflows"
        async with session.post(f"{parent}?workflowId=long", json=body) as made:
            assert (made.status, (await made.json()).get("error")) == (200, None)
        turns, _ = counted()
    assert turns > 20


async def test_a_long_journal_is_replayed_in_slices(tmp_path: Path) -> None:
    source = """
main:
  steps:
  - loop: {for: {value: v, range: [1, 1500], steps: [{id: {assign: [x: "${uuid.generate()}"]}}]}}
  - nap: {call: sys.sleep, args: {seconds: 600}}
"""
    async with a_face(tmp_path) as face:
        face.deploy(source)
        name = face.service.create(W, None)["name"]
        await until(lambda: any(one["step"] == "nap" for one in face.service.history(name)))
        port = int(face.url.rpartition(":")[2])
    async with turns_counted() as counted, a_face(tmp_path, port=port) as face:
        await until(lambda: any(one["step"] == "nap" for one in face.service.history(name)))
        turns, _ = counted()
    assert turns >= 15  # one for 100 outcomes


async def test_cancelled_amid_a_computation_it_ends_at_once(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(LOOP)
        name = face.service.create(W, None)["name"]
        await until(lambda: len(face.service.history(name)) > 100)
        cancelled = await face.service.cancel(name)
        assert cancelled["state"] == "CANCELLED"
        entries = face.service.history(name)
        assert len(entries) < 36_000
        assert {one["state"] for one in entries} == {"STATE_SUCCEEDED", "STATE_CANCELLED"}


PARALLEL = """
main:
  steps:
  - init: {assign: [seen: []]}
  - wide:
      parallel:
        shared: [seen]
        for:
          value: v
          range: [1, 6]
          steps:
          - busy: {for: {value: w, range: [1, 40], steps: [{a: {assign: [x: "${w * v}"]}}]}}
          - call: {call: http.get, args: {url: "${\\"http://x/\\" + string(v)}"}}
          - note: {assign: [seen: "${list.concat(seen, v)}"]}
          - again: {for: {value: w, range: [1, 9], steps: [{b: {assign: [seen: "${list.concat(seen, v * w)}"]}}]}}
          - last: {call: sys.log, args: {text: "${string(v)}"}}
  - done: {return: "${seen}"}
"""


def told(is_time_over: Callable[[], bool]) -> tuple[list[tuple[int, Leaf]], Any]:
    """The effects in the order in which they were asked for, with their numbers, and the result."""
    branches = Branches(compile_workflow(PARALLEL).run(None, {}), is_time_over)
    asked: dict[int, Leaf] = {}
    while True:
        while branches.is_paused:
            branches.advance()
        asked |= branches.pending
        if branches.ended is not None:
            return sorted(asked.items()), branches.ended.value
        number = max(branches.pending) if len(asked) % 2 else min(branches.pending)
        branches.resume(number, _outcome(branches.pending[number]))


def _outcome(effect: Leaf) -> Any:
    return HttpResponse(200, {}, b"") if isinstance(effect, HttpCall) else None


async def test_runs_that_share_their_turns_hold_up_others_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """In each round of the event loop one of them goes on, however many there are."""
    clock, rounds, now = count(), list[int](), 0
    monkeypatch.setattr(turns_module, "time", SimpleNamespace(perf_counter=lambda: float(next(clock))))
    advance = Branches.advance

    def noted(branches: Branches) -> None:
        rounds.append(now)
        advance(branches)

    monkeypatch.setattr(Branches, "advance", noted)
    workflow = compile_workflow(LOOP.replace("20000", "300"))
    shared = Turns()

    async def hang(_: Leaf) -> Any:
        raise AssertionError

    running = [asyncio.create_task(drive(workflow.run(None, {}), hang, turns=shared)) for _ in range(3)]
    while not all(task.done() for task in running):
        now += 1
        await asyncio.sleep(0)
    assert [task.result() for task in running] == [300] * 3
    after = rounds[3:]  # they begin together
    assert len(after) > 30
    assert len(set(after)) == len(after)


def test_where_a_run_is_stopped_changes_neither_its_effects_nor_their_numbers_nor_its_result() -> None:
    without = told(lambda: False)
    always = told(lambda: True)
    sometimes = iter(range(10**6))
    assert without == always == told(lambda: next(sometimes) % 3 == 0)
    assert len(without[0]) == 12
