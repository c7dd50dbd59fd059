"""When a run lets others go first, and how many branches of it run side by side."""

import itertools

import pytest

from local.workflows.compile.workflow import compile_workflow
from local.workflows.effects import Pause, Sleep
from local.workflows.run.branches import Branches
from local.workflows.run.observer import Bill

LOOP = "main: [{a: {for: {value: v, range: [1, 100], steps: [{b: {assign: [x: 1]}}]}}}, {r: {return: done}}]"


def test_a_run_that_does_more_than_ten_steps_without_letting_others_go_first_is_seen() -> None:
    bill = Bill()
    run = compile_workflow(LOOP).run(None, {}, None, bill)
    assert [bill.internal for effect in run if isinstance(effect, Pause)] == list(range(9, 100, 10))


@pytest.mark.parametrize(("bytes_", "is_large"), [(16 * 1024 - 1, False), (16 * 1024, False), (16 * 1024 + 1, True)])
def test_others_go_first_after_each_large_value(bytes_: int, is_large: bool) -> None:
    """A text counts 8 bytes more than its characters."""
    source = "main: {params: [s], steps: [{a: {assign: [t: '${s}']}}, {b: {assign: [u: 1]}}, {c: {assign: [v: 1]}}]}"
    bill = Bill()
    run = compile_workflow(source).run("x" * (bytes_ - 8), {}, None, bill)
    assert [bill.internal for effect in run if isinstance(effect, Pause)] == ([1, 2] if is_large else [])


@pytest.mark.parametrize("every", [1, 2, 5])
def test_a_run_that_stops_in_the_midst_goes_on_where_it_stopped(every: int) -> None:
    """It may stop at each tenth step: before the 10th, the 20th and so on."""
    asked = itertools.count(1)
    branches = Branches(compile_workflow(LOOP).run(None, {}), lambda: next(asked) % every == 0)
    stops = 0
    while branches.is_paused:
        assert (branches.ended, branches.pending) == (None, {})
        stops += 1
        branches.advance()
    assert stops == 10 // every
    assert branches.ended is not None
    assert branches.ended.value == "done"


def _most_at_a_time(source: str) -> list[int]:
    """How many sleeps are waited for, after each end of the one that was asked for first."""
    branches = Branches(compile_workflow(source).run(None, {}))
    counts = []
    while branches.ended is None:
        assert all(isinstance(effect, Sleep) for effect in branches.pending.values())
        counts.append(len(branches.pending))
        branches.resume(min(branches.pending), None)
    assert branches.ended.value == "done"
    return counts


def _loop(count: int, steps: str, limit: str = "") -> str:
    return f"{{parallel: {{{limit}for: {{value: v, range: [1, {count}], steps: {steps}}}}}}}"


NAP = "{call: sys.sleep, args: [1]}"


@pytest.mark.parametrize(("count", "most"), [(1, 1), (19, 19), (20, 20), (21, 20), (50, 20)])
def test_twenty_iterations_run_at_a_time_and_the_next_begins_when_one_ends(count: int, most: int) -> None:
    """Source: Workflows, "Quotas and limits": concurrent branches or iterations."""
    counts = _most_at_a_time(f"main: [{{a: {_loop(count, f'[{{n: {NAP}}}]')}}}, {{r: {{return: done}}}}]")
    assert counts == [*[most] * (count - most), *range(most, 0, -1)]


@pytest.mark.parametrize(("limit", "most"), [(1, 1), (2, 2), (19, 19), (20, 20), (21, 20)])
def test_a_limit_of_its_own_counts_where_it_is_lower(limit: int, most: int) -> None:
    step = _loop(30, f"[{{n: {NAP}}}]", f"concurrency_limit: {limit}, ")
    counts = _most_at_a_time(f"main: [{{a: {step}}}, {{r: {{return: done}}}}]")
    assert counts == [*[most] * (30 - most), *range(most, 0, -1)]


@pytest.mark.parametrize(("outer", "inner"), [(3, 5), (3, 30), (25, 3), (30, 30)])
def test_branches_that_wait_for_branches_leave_them_their_place_and_get_it_back(outer: int, inner: int) -> None:
    """After its inner loop each iteration sleeps once more: a place too many or too few would be seen there."""
    steps = f"[{{i: {_loop(inner, f'[{{n: {NAP}}}]')}}}, {{m: {NAP}}}]"
    counts = _most_at_a_time(f"main: [{{a: {_loop(outer, steps)}}}, {{r: {{return: done}}}}]")
    assert len(counts) == outer * inner + outer
    assert max(counts) == min(20, outer * inner)
    full = [count for count in counts if count == max(counts)]
    assert len(full) >= len(counts) - 20 - outer


def test_two_loops_one_after_the_other_have_twenty_places_each() -> None:
    loops = ", ".join(f"{{l{number}: {_loop(25, f'[{{n{number}: {NAP}}}]')}}}" for number in (1, 2))
    counts = _most_at_a_time(f"main: [{loops}, {{r: {{return: done}}}}]")
    assert counts == 2 * [*[20] * 5, *range(20, 0, -1)]
