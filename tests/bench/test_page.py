"""docs/benchmarks.md is made of the figures kept, and says what mando is worse at."""

import re

import pytest

from bench.__main__ import Failed, measured
from bench.report import kept
from bench.report.figure import OURS, Effort, Figure, Goal
from bench.report.page import PAGE, files, page, unexplained
from tuning.prices import read_prices

GOOD = Figure("a thing", "ms", "less", {OURS: [2.0, 4.0, 3.0], "a peer": [4.0, 8.0, 5.0]}, [Goal(0.5, True, "a peer")])
BAD = Figure("another thing", "1/s", "more", {OURS: [50.0], "a peer": [100.0], "a slow one": [5.0]}, [Goal(60, False)])


def page_of(*figures: Figure) -> str:
    return page({"simulate": kept.run_of(1, figures)})


def test_the_page_and_its_plots_are_made_of_the_figures_kept() -> None:
    made = files(kept.read(kept.FILE))
    assert {file: file.read_text() for file in made} == made, "run `python -m bench --page`"
    assert {PAGE, *PAGE.parent.glob("plots/benchmarks-*.svg")} == set(made)


def test_the_dollars_kept_are_of_todays_prices() -> None:
    figures = kept.read(kept.FILE)["dollars"].figures
    assert {figure.unit for figure in figures} == {f"$ of {read_prices().as_of}"}, "run `python -m bench dollars`"


def test_a_peer_has_a_line_with_the_ratio_of_the_rounds_the_medians_and_the_goal() -> None:
    line = "| a thing (ms, less is better) | **0.5** | a peer | 3 | 5 | ≤ 0.5: reached |"
    assert line in page_of(GOOD).splitlines()


def test_a_goal_of_mando_alone_that_is_missed_is_said_with_its_reason() -> None:
    told = page_of(BAD)
    assert "| another thing (1/s, more is better) |  |  | 50 |  | ≥ 60: **not reached** |" in told
    assert "- another thing: No reason is written yet." in told
    assert "0 of 1 goals are reached" in told


def test_the_page_ends_with_each_peer_that_is_better_and_with_no_other() -> None:
    _, _, end = page_of(GOOD, BAD).partition("## What we are slower at than somebody, and why\n")
    assert re.findall(r"^\| (?!measured|---)(.*) \|$", end, re.MULTILINE) == [
        "another thing | a peer | 2 times | 50 | 100 | 1/s"
    ]
    assert "Nothing that is measured here." in page_of(GOOD)


def test_a_figure_that_is_worse_and_has_no_reason_is_named() -> None:
    known = Figure("requests simulated in a second of the processor", "1/s", "more", BAD.rounds)
    runs = {"simulate": kept.run_of(1, [GOOD, BAD, known])}
    assert unexplained(runs) == [("simulate", BAD)]


def test_a_benchmark_that_fails_or_takes_too_long_has_no_figures_and_says_why() -> None:
    failed = [measured("none_of_ours", is_short=True, bound_s=60), measured("simulate", is_short=True, bound_s=0.2)]
    assert all(isinstance(one, Failed) for one in failed)
    assert [str(one.why) for one in failed if isinstance(one, Failed)] == ["ended with code 1", "not done within 0 s"]


@pytest.mark.parametrize(("is_short", "count"), [(True, 2), (False, 50)])
def test_a_short_run_does_less(is_short: bool, count: int) -> None:
    assert Effort(is_short).of(50, 2) == count
