"""Durations in the words of an operator."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuning.durations import duration_s, in_words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("250ms", 0.25), ("1.5h", 5400), ("2d", 172800)],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "10", "m", "10 m", "-5s", "1e3s", "10m ", "5:30", "٣s", "10min"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 90s, 10m or 1h30m"):
        duration_s(text)


@given(st.integers(0, 10**9))
def test_what_is_written_is_read_as_the_same(milliseconds: int) -> None:
    assert duration_s(in_words(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)


def test_a_duration_is_written_with_the_units_that_it_has() -> None:
    assert [in_words(seconds) for seconds in (0, 0.25, 90, 5400, 86400)] == ["0s", "250ms", "1m30s", "1h30m", "1d"]
