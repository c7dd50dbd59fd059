"""A column as one line of eight levels, and the stretch of a fault above it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuning.simulate.sparkline import Column, mark, sparkline

COLUMNS = st.lists(st.none() | st.floats(0, 1e9), max_size=300)


@pytest.mark.parametrize(
    ("column", "line"),
    [
        ([], ""),
        ([0, 0], "▁▁"),
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([0, 1, 1000], "▁▂█"),  # what is not zero is seen
        ([None, 5, None], " █ "),
        ([None, None], "  "),
    ],
)
def test_levels_go_from_zero_to_the_greatest(column: Column, line: str) -> None:
    assert sparkline(column, 60) == line


def test_a_part_shows_its_greatest_number_so_that_no_peak_is_missed() -> None:
    assert sparkline([1.0] * 299 + [100.0] + [1.0] * 300, 6) == "▂▂█▂▂▂"


@pytest.mark.parametrize(
    ("column", "line"), [([1, 10, 100], "▁▅█"), ([0.9, 1.0], "█"), ([5, 5], "██"), ([1, None, 1000], "▁ █")]
)
def test_times_are_drawn_in_decades_of_which_one_is_always_shown(column: Column, line: str) -> None:
    assert sparkline(column, 60, is_log=True).endswith(line)


@given(COLUMNS, st.integers(1, 80))
def test_a_line_is_as_wide_as_it_may_be(column: Column, width: int) -> None:
    assert len(sparkline(column, width)) == min(len(column), width)


@given(st.floats(0, 899), st.floats(0, 900))
def test_a_fault_is_marked_within_the_line(begins_s: float, length_s: float) -> None:
    marked = mark(begins_s, begins_s + length_s, 900, 60, "down")
    assert marked.strip()
    assert len(marked) <= 60 + len(" down")


def test_a_long_fault_holds_its_name_and_a_short_one_stands_before_it() -> None:
    assert mark(300, 900, 900, 30, "Discord down") == " " * 10 + "├── Discord down ──┤"
    assert mark(300, 400, 900, 30, "Discord down") == " " * 10 + "├──┤ Discord down"
    assert mark(300, 901, 900, 30, "Discord down") == " " * 10 + "├── Discord down ──→"
    assert mark(300, 301, 900, 30, "Discord down") == " " * 10 + "▼ Discord down"
