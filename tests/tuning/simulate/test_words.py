"""Numbers with their units."""

import pytest

from tuning.simulate.words import count, dollars, duration, short_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.0004, "1 ms"),
        (0.085, "85 ms"),
        (0.0994, "99 ms"),
        (0.0996, "0.1 s"),
        (0.6, "0.6 s"),
        (0.994, "0.99 s"),
        (0.9951, "1 s"),
        (8.44, "8.4 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (402.5, "6 min 42 s"),
        (3599.6, "1 h"),
        (7500, "2 h 5 min"),
        (100_000, "27 h 47 min"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (7.44, "7.4"), (8.0, "8"), (99.96, "100"), (212.4, "212"), (36_000, "36,000"), (1_000_000, "1,000,000")],
)
def test_a_count_has_a_decimal_only_where_it_is_small(number: float, text: str) -> None:
    assert count(number) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (0, "$0.00"),
        (0.00001, "less than $0.0001"),
        (0.0012, "$0.0012"),
        (0.214, "$0.21"),
        (187.2, "$187.20"),
        (5200.4, "$5,200"),
    ],
)
def test_dollars_have_cents_where_they_count(usd: float, text: str) -> None:
    assert dollars(usd) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "never"), (0.4, "at once"), (8.4, "8 s"), (402.5, "6.7 min"), (725, "12 min"), (9000, "2.5 h")],
)
def test_a_cell_has_room_for_one_number(seconds: float | None, text: str) -> None:
    assert short_duration(seconds) == text
