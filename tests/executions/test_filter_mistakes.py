"""A filter or an order that is wrong: what is said, and at which place."""

from typing import Any

import pytest

from local.executions.data.filters import FilterError, parse_filter, parse_order
from tests.executions.test_lists_at_their_limits import FIELDS, found, words

NAMES = "word, state, time, length, number, flag, labels"


@pytest.mark.parametrize(
    ("filter_", "said"),
    [
        ("number", "column 7: expected a comparison after 'number': one of = != < <= > >= :"),
        ("number ~ 5", "column 8: expected a comparison after 'number': one of = != < <= > >= :"),
        ("labels.a", "column 9: expected a comparison after 'labels.a': one of = != < <= > >= :"),
        ("number =", "column 9: expected a value"),
        ("number =  ", "column 11: expected a value"),
        ("number = (", "column 10: expected a value"),
        ("= 5", f"column 1: expected one of {NAMES}"),
        ("word = a AND ", f"column 14: expected one of {NAMES}"),
        ("word = a OR", f"column 12: expected one of {NAMES}"),
        ("NOT", f"column 4: expected one of {NAMES}"),
        ("- ", f"column 3: expected one of {NAMES}"),
        ("()", f"column 2: expected one of {NAMES}"),
        ("(number = 5", "column 12: expected )"),
        ("(number = 5 ", "column 13: expected )"),
        ("number = 5)", "column 11: expected AND, OR or the end"),
        ("word = a  colour = b", f"column 11: unknown field 'colour', expected one of {NAMES}"),
        ("word = a AND labels = a", "column 14: labels is a map: expected labels.KEY = VALUE or labels:KEY"),
        ("word.a = b", "column 1: word has no member 'a'"),
        ("state < ACTIVE", "column 1: state is compared with = or !=, not <"),
        ("state >= ACTIVE", "column 1: state is compared with = or !=, not >="),
        ("state = NO", "column 1: state is one of ACTIVE, FAILED, not 'NO'"),
        ("state = active", "column 1: state is one of ACTIVE, FAILED, not 'active'"),
        ("length = soon", "column 1: length is seconds, such as 1.5s, not 'soon'"),
        ("length = 1.5m", "column 1: length is seconds, such as 1.5s, not '1.5m'"),
        ("number = 1.5", "column 1: number is a whole number, not '1.5'"),
        ("number = " + "9" * 19, f"column 1: number is a whole number, not '{'9' * 19}'"),
        ("flag = maybe", "column 1: flag is true or false, not 'maybe'"),
        ("time = noon", "column 1: time is a time in RFC 3339, such as 2026-08-01T10:00:00Z, not 'noon'"),
        (
            'time = "0001-01-01T00:00:00+23:00"',
            "column 1: time is a time in RFC 3339, such as 2026-08-01T10:00:00Z, not '0001-01-01T00:00:00+23:00'",
        ),
    ],
)
def test_a_mistake_in_a_filter_is_told_at_another_place_or_in_other_words(filter_: str, said: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(filter_, FIELDS)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("", "order '' is wrong: expected a field, then asc or desc or nothing"),
        ("number, ", "order '' is wrong: expected a field, then asc or desc or nothing"),
        ("number up", "order 'number up' is wrong: expected a field, then asc or desc or nothing"),
        ("number desc asc", "order 'number desc asc' is wrong: expected a field, then asc or desc or nothing"),
        ("number DESC", "order 'number DESC' is wrong: expected a field, then asc or desc or nothing"),
        ("colour", f"unknown field 'colour', expected one of {NAMES}"),
        ("word, labels desc", "labels has no order"),
    ],
)
def test_a_mistake_in_an_order_is_told_in_other_words(order: str, said: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_order(order, FIELDS)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("filter_", "said", "places"),
    [
        ("word = 'a b'", ["a b", "a"], [0]),
        (r"word = 'a\'b'", ["a'b", "ab"], [0]),
        (r'word = "a\"b"', ['a"b', "ab"], [0]),
        (r'word = "a\\b"', ["a\\b", "ab"], [0]),
        ('word = ""', ["", "a"], [0]),
        ("word = ''", ["", "a"], [0]),
        ("word : a", ["a", "ab"], [0]),
        ("word < b", ["a", "b", "c"], [0]),
        ("word >= *", ["!", "*", "a"], [1, 2]),
        ("word < a*", ["a", "a*", "b"], [0]),
        ("word != *", ["a"], []),
        ("word = *", ["", "a"], [0, 1]),
        ("word : a*", ["ab", "b"], [0]),
        ("word = *%*", ["a%b", "ab"], [0]),
        ("\tword\n=\na AND\nword = a", ["a", "b"], [0]),
        ("word=ANDROID", ["ANDROID", "a"], [0]),
        ("NOTHING = a OR word = a", [], None),
        ("", ["a", "b"], [0, 1]),
        ("  ", ["a", "b"], [0, 1]),
    ],
)
def test_a_value_is_read_as_another(filter_: str, said: list[str], places: list[int] | None) -> None:
    """Source: AIP-160."""
    if places is None:
        with pytest.raises(FilterError, match="unknown field 'NOTHING'"):
            found(filter_, *words(*said))
    else:
        assert found(filter_, *words(*said)) == places


@pytest.mark.parametrize(
    ("filter_", "places"),
    [
        ("number = " + "9" * 18, [1]),
        ("number = -" + "9" * 18, [2]),
        ("number >= -4", [0, 1]),
        ("flag : *", [0, 1]),
        ("flag != true", [1, 2, 3]),
        ("state : ACTIVE", [0]),
        ("state : *", [0, 1]),
        ("labels : *", []),  # a key named *
        ("labels.a : *", [0]),
        ("labels.b = x*", [1]),
        ("labels.b != x*", [0, 2, 3]),
        ("labels.a-b = 1", [1]),
        ("length < 0.1s", [0]),
        ("length = -1s", [0]),
        ("fl_ag = true", [0]),
    ],
)
def test_a_comparison_with_what_is_not_there_or_at_the_largest_number_is_turned(
    filter_: str, places: list[int]
) -> None:
    rows: list[dict[str, Any]] = [
        {"number": 4, "flag": True, "state": "ACTIVE", "labels": {"a": "x"}, "length": -1.0},
        {"number": 10**18 - 1, "flag": False, "state": "FAILED", "labels": {"b": "xy", "a-b": "1"}, "length": 0.1},
        {"number": -(10**18) + 1},
        {},
    ]
    assert found(filter_, *rows) == places
