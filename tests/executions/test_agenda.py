"""The agenda of virtual time, and what stands on it besides calls."""

import asyncio
import math
from collections.abc import Sequence

import pytest
from aiohttp import web

from local.executions.data.outcomes import Result
from local.executions.engine.virtual import Agenda, TimedOutcome, VirtualExecution
from local.workflows.compile.workflow import compile_workflow
from local.workflows.effects import Leaf, Sleep
from local.workflows.errors import WorkflowError
from tests.executions.test_virtual import GET, Stage, answering, branches, sleep


@pytest.mark.parametrize(
    ("due_s", "order"),
    [
        ([3, 1, 2], [(1, 1), (2, 2), (3, 0)]),
        ([2, 2, 1], [(1, 2), (2, 0), (2, 1)]),
        ([1, 1, 1], [(1, 0), (1, 1), (1, 2)]),
        ([-1, 0.5, -2], [(0, 0), (0, 2), (0.5, 1)]),
    ],
)
def test_what_is_due_is_done_in_another_order_or_at_another_time(
    due_s: Sequence[float], order: list[tuple[float, int]]
) -> None:
    """The soonest first, then what was added first; what is due in the past is due now."""
    agenda, done = Agenda(0.0), list[tuple[float, int]]()
    assert agenda.next_s == math.inf
    for number, due in enumerate(due_s):
        agenda.add(due, lambda number=number: done.append((agenda.now_s, number)))  # type: ignore[misc]
    while agenda.next_s < math.inf:
        assert agenda.next_s == order[len(done)][0]
        agenda.advance()
    assert done == order
    with pytest.raises(IndexError):
        agenda.advance()
    assert agenda.now_s == order[-1][0]


def test_what_is_added_amid_an_advance_is_due_before_it() -> None:
    agenda, done = Agenda(5.0), list[float]()
    agenda.add(7.0, lambda: agenda.add(6.0, lambda: done.append(agenda.now_s)))
    agenda.advance()
    agenda.advance()
    assert (done, agenda.next_s) == ([7.0], math.inf)


def test_an_effect_that_somebody_else_ends_is_on_the_agenda_or_begun_twice() -> None:
    agenda, asked = Agenda(0.0), list[tuple[int, float]]()

    def perform(number: int, effect: Leaf) -> TimedOutcome | None:
        assert isinstance(effect, Sleep)
        asked.append((number, effect.seconds))
        return None if effect.seconds == 1 else TimedOutcome(effect.seconds, None)

    source = (
        f"main:\n  steps:\n  - a:\n      parallel:\n        branches:\n        - x: {{steps: [{{x1: {sleep(1)}}}]}}\n"
        f"        - y: {{steps: [{{y1: {sleep(2)}}}, {{y2: {sleep(3)}}}]}}\n  - d: {{return: done}}\n"
    )
    execution = VirtualExecution(compile_workflow(source).run(None, {}), agenda, perform)
    assert asked == [(0, 1.0), (1, 2.0)]
    agenda.advance()
    assert (asked, agenda.next_s) == ([(0, 1.0), (1, 2.0), (2, 3.0)], 5.0)
    execution.resume(0, None)
    assert (len(asked), execution.has_ended) == (3, False)
    agenda.advance()
    assert (agenda.now_s, execution.has_ended, execution.result()) == (5.0, True, "done")


def test_a_run_that_fails_ends_as_if_it_had_not() -> None:
    told: Result = WorkflowError("boom")
    source = "main: [{a: {call: sys.sleep, args: {seconds: 1}}}, {r: {return: 1}}]"
    agenda = Agenda(0.0)
    execution = VirtualExecution(compile_workflow(source).run(None, {}), agenda, lambda *_: TimedOutcome(1, told))
    agenda.advance()
    assert execution.has_ended
    with pytest.raises(WorkflowError) as caught:
        execution.result()
    assert caught.value.payload == "boom"


async def test_an_effect_that_takes_no_time_has_no_outcome_or_an_error_that_nobody_catches() -> None:
    stage = Stage()
    source = """
main:
  params: [url]
  steps:
  - id: {assign: [id: "${uuid.generate()}", began: "${sys.now()}"]}
  - later: {call: sys.sleep, args: {seconds: 10}}
  - stub:
      try: {call: gke.request, args: {cluster_id: c, location: l, method: GET, path: /x}, result: r}
      except: {as: e, steps: [{note: {call: sys.log, args: {text: "${e.tags[0]}"}}}]}
  - done: {return: ["${len(id)}", "${sys.now() - began}"]}
"""
    assert await stage.run(source, "") == [36, 10.0]
    assert stage.logged == [("SystemError", 10.0)]


async def test_a_call_that_is_under_way_outlives_a_run_that_is_given_up() -> None:
    stage, began = Stage(), asyncio.Event()

    async def never(_: web.Request) -> web.Response:
        began.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with answering(never) as url:
        running = asyncio.create_task(stage.run(branches(call=GET, other=GET), url))
        await began.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        for _ in range(20):
            await asyncio.sleep(0)
        left = [task for task in asyncio.all_tasks() if "_Calls" in repr(task)]
    assert left == []
    assert stage.agenda.next_s == math.inf, "they were ended, and have not failed"
