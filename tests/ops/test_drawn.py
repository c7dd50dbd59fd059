"""The charts, the waterfall and the words of the pages, without a server."""

from collections.abc import Mapping
from typing import Any

import pytest

from local.ops.charts import shades, spark
from local.ops.shown import indented, over, state_parts, whole
from local.ops.waterfall import waterfall_of
from local.story.figures import Figures, Outage, figures
from local.story.story import Bar, Story
from local.story.summary import Summary

NOW_S = 1_000_000.0


def some_figures(outages: tuple[Outage, ...] = ()) -> Figures:
    nothing: Mapping[str, int] = {}
    return figures(NOW_S, {}, (), requests=nothing, executions=nothing, waiting_for=nothing, outages=outages)


def a_bar(row: str, begin_s: float, end_s: float | None, **fields: Any) -> Bar:
    return Bar(**{"part": row, "row": row, "label": row, "kind": "work", "begin_s": begin_s, "end_s": end_s, **fields})


def a_story(*bars: Bar, now_s: float = 10, kind: Any = "waiting") -> Story:
    summary = Summary(1, 0.0, kind)
    return Story(summary, now_s, "", None, bars, (), (), None, 0, "", "")


def test_the_highest_value_touches_the_top_and_nothing_the_ground() -> None:
    drawn = spark([0, 5, 10, 0], some_figures())
    assert drawn.most == 10
    assert drawn.line == "M0.5 30.0 L1.5 16.0 L2.5 2.0 L3.5 30.0"
    assert drawn.area == "M0.5 32 L0.5 30.0 L1.5 16.0 L2.5 2.0 L3.5 30.0 L3.5 32Z"


def test_a_gap_divides_the_line_and_a_lonely_value_is_seen() -> None:
    assert spark([4, None, 4, 4], some_figures()).line == "M0.1 2.0 L0.9 2.0M2.5 2.0 L3.5 2.0"


def test_points_on_one_height_are_drawn_as_one_stroke() -> None:
    assert spark([1] * 60, some_figures()).line == "M0.5 2.0 L59.5 2.0"


@pytest.mark.parametrize("values", [[], [None, None], [0, 0]])
def test_of_nothing_there_is_no_highest_value(values: list[float | None]) -> None:
    assert not spark(values, some_figures()).most


def test_outages_are_shaded_from_their_beginning_to_their_end_and_those_that_overlap_once() -> None:
    begin_s = some_figures().begin_s
    seen = (
        Outage("discord", "503", begin_s + 15, begin_s + 45),
        Outage("storage", "503", begin_s + 30, begin_s + 60),
        Outage("discord", "429", begin_s - 60, begin_s - 30),
        Outage("discord", "500", begin_s + 870, None),
    )
    now = some_figures(seen)
    until_now = round((NOW_S - begin_s - 870) / 15, 2)
    assert shades(now.outages, now, 60) == ((1.0, 3.0), (58.0, until_now))


def test_bars_of_one_row_share_a_lane_and_steps_stand_below_their_execution() -> None:
    fall = waterfall_of(
        a_story(
            a_bar("workflow a", 0, 8, part="workflow", execution="a"),
            a_bar("discord", 1, 2, kind="error", sentence="no"),
            a_bar("workflow a s", 2, 4, part="workflow", execution="a", step="main.s"),
            a_bar("discord", 5, None, kind="error", sentence="no"),
        )
    )
    assert fall is not None
    assert [lane.label for lane in fall.lanes] == ["execution a", "workflow a s", "Discord"]
    assert [(bar.x, bar.width) for bar in fall.lanes[2].bars] == [(10, 10), (50, 50)]
    assert fall.lanes[2].errors == (("no", 2),)
    assert (fall.lanes[0].bars[0].kind, fall.lanes[1].bars[0].kind) == ("whole", "work")
    assert fall.ticks == ((0, "0"), (20, "2 s"), (40, "4 s"), (60, "6 s"), (80, "8 s"), (100, "10 s"))


def test_the_axis_of_a_request_that_is_over_ends_with_its_last_bar() -> None:
    over_ = waterfall_of(a_story(a_bar("ingress", 0, 4), now_s=1000, kind="shown"))
    going_on = waterfall_of(a_story(a_bar("ingress", 0, 4), now_s=1000))
    assert over_ is not None
    assert going_on is not None
    assert (over_.end_s, going_on.end_s) == (4, 1000)


@pytest.mark.parametrize("long_s", [0.0, 0.004, 3.0, 59.0, 899.0, 86_400.0, 90 * 86_400.0])
def test_an_axis_has_few_ticks_and_all_are_on_it(long_s: float) -> None:
    fall = waterfall_of(a_story(a_bar("ingress", 0, long_s), kind="shown"))
    assert fall is not None
    assert 1 <= len(fall.ticks) <= 7
    assert all(0 <= x <= 100 for x, _ in fall.ticks)


def test_where_nothing_was_recorded_there_is_no_waterfall() -> None:
    assert waterfall_of(a_story()) is None


def test_the_time_in_a_state_is_apart_so_that_a_script_counts_it() -> None:
    waits = Summary(1, 0.0, "waiting", since_s=5, blamed="discord", rounds=3, next_s=22)
    told = state_parts(waits, 10)
    assert (told.before, told.at_s, told.ticks, told.after) == (
        "waiting for Discord, round 3, next try in ",
        22,
        "left",
        "",
    )
    overdue = state_parts(Summary(1, 0.0, "waiting", blamed="discord", next_s=5, task="p/queues/q/tasks/t"), 10)
    assert (overdue.before, overdue.ticks, overdue.after) == (
        "waiting for Discord, due for ",
        "past",
        ", in the line of q",
    )
    assert state_parts(Summary(1, 0.0, "drawing", since_s=7), 10).ticks == "past"
    assert state_parts(Summary(1, 0.0, "shown", replied_s=4.0), 10).before == "shown after 4 s"


@pytest.mark.parametrize(
    ("number", "words"), [(None, "–"), (0.2, "0 s"), (0.6, "1 s"), (12.4, "12 s"), (185, "3 min 5 s")]
)
def test_a_time_that_is_counted_is_in_whole_seconds(number: float | None, words: str) -> None:
    assert whole(number) == words


def test_json_is_indented_and_another_text_stays() -> None:
    assert indented('{"a": "é"}') == '{\n  "a": "é"\n}'
    assert indented("no json") == "no json"


def test_what_has_ended_is_counted() -> None:
    assert over({"shown": 2, "failed": 1, "waiting": 5}) == 3
