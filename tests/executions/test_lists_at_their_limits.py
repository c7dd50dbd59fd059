"""Filters with signs of their own, pages that change while they are read, and sizes at their limits."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from local.executions.data.database import Database
from local.executions.data.filters import Field, FilterError, parse_filter, parse_order
from local.executions.data.pages import Query
from local.http.api_error import ApiError
from tests.executions.face import WORKFLOW, a_face
from tests.executions.test_lists import ask
from tests.executions.test_service import returning

FIELDS = {
    "word": Field("json_extract(resource, '$.word')", "text"),
    "state": Field("json_extract(resource, '$.state')", "enum", ("ACTIVE", "FAILED")),
    "time": Field("json_extract(resource, '$.time')", "time"),
    "length": Field("json_extract(resource, '$.length')", "duration"),
    "number": Field("json_extract(resource, '$.number')", "integer"),
    "flag": Field("json_extract(resource, '$.flag')", "boolean"),
    "labels": Field("json_extract(resource, '$.labels')", "labels"),
}


def found(words: str, *resources: dict[str, Any]) -> list[int]:
    """The places of the resources that the filter finds."""
    database = Database(Path(":memory:"))
    condition = parse_filter(words, FIELDS)
    places = []
    for place, resource in enumerate(resources):
        query = f"SELECT 1 FROM (SELECT ? AS resource) WHERE {condition.sql}"
        if database.row(query, json.dumps(resource), *condition.values):
            places.append(place)
    database.close()
    return places


def words(*said: str) -> Sequence[dict[str, Any]]:
    return [{"word": one} for one in said]


@pytest.mark.parametrize(
    ("filter_", "said", "places"),
    [
        ("word = a_*", ["a_b", "axb", "a_"], [0, 2]),
        ("word = *_b", ["a_b", "axb", "_b"], [0, 2]),
        ("word = *_*", ["a_b", "axb", "_"], [0, 2]),
        ("word = 100%*", ["100%", "1000", "100% of"], [0, 2]),
        (r'word = "a\\*"', [r"a\b", "ab", "a" + chr(92)], [0, 2]),
        ('word = "it\'s*"', ["it's me", "its me"], [0]),
        ("word != a_*", ["a_b", "axb"], [1]),
        ("word = a*", ["ab", "ba", "a"], [0, 2]),
        ("word = *a", ["ab", "ba", "a"], [1, 2]),
        ("word = *a*", ["bab", "b", "a"], [0, 2]),
        ("word = a*b", ["a*b", "axb"], [0]),
        ("word : *", ["", "a"], [0, 1]),
        ("word = a_b", ["a_b", "axb"], [0]),
    ],
)
def test_a_sign_in_a_word_finds_more_than_itself(filter_: str, said: list[str], places: list[int]) -> None:
    """Source: AIP-160: * stands for anything at either end, and nothing else stands for anything."""
    assert found(filter_, *words(*said)) == places


@pytest.mark.parametrize(
    ("filter_", "places"),
    [
        ("number < 5", [0]),
        ("number <= 5", [0, 1]),
        ("number = 5", [1]),
        ("number : 5", [1]),
        ("number >= 5", [1, 2]),
        ("number > 5", [2]),
        ("number != 5", [0, 2, 3]),
        ("NOT number = 5", [0, 2, 3]),
        ("-number = 5", [0, 2, 3]),
        ("number = -4", []),
        ("number:*", [0, 1, 2]),
    ],
)
def test_a_number_at_the_limit_falls_on_the_wrong_side(filter_: str, places: list[int]) -> None:
    assert found(filter_, {"number": 4}, {"number": 5}, {"number": 6}, {}) == places


@pytest.mark.parametrize(
    ("filter_", "places"),
    [
        ("length < 1.5s", [0]),
        ("length <= 1.5s", [0, 1]),
        ("length > 1.5", [2]),
        ('time < "2026-08-01T12:00:00+02:00"', [0]),
        ('time <= "2026-08-01T10:00:00Z"', [0, 1]),
        ('time > "2026-08-01T10:00:00"', [2]),
        ("flag = true", [0]),
        ("flag = FALSE", [1, 2]),
        ("state = ACTIVE", [0]),
        ("state != ACTIVE", [1, 2]),
        ("labels.a = x", [0]),
        ("labels.a != x", [1, 2]),
        ("labels:a", [0, 1]),
        ('label."a" : *', [0, 1]),
        ("labels.a = x_*", [1]),
    ],
)
def test_a_time_a_length_a_flag_or_a_label_falls_on_the_wrong_side(filter_: str, places: list[int]) -> None:
    rows = [
        {"length": 1.4, "time": "2026-08-01T09:59:59.999999Z", "flag": True, "state": "ACTIVE", "labels": {"a": "x"}},
        {"length": 1.5, "time": "2026-08-01T10:00:00.000000Z", "flag": False, "state": "FAILED", "labels": {"a": "x_"}},
        {"length": 1.6, "time": "2026-08-01T10:00:00.000001Z", "flag": False, "state": "FAILED", "labels": {}},
    ]
    assert found(filter_, *rows) == places


@pytest.mark.parametrize(
    ("filter_", "places"),
    [
        ("number = 1 word = a", [0]),
        ("number = 1 AND word = a", [0]),
        ("number = 1 OR word = a", [0, 1, 2]),
        ("number = 1 OR number = 2 AND word = a", [0, 2]),
        ("number = 2 AND number = 1 OR word = a", [2]),
        ("NOT number = 1 OR word = a", [0, 2, 3]),
        ("NOT (number = 1 OR word = a)", [3]),
        ("(number = 1 AND word = a) OR (number = 2 AND word = b)", [0, 3]),
    ],
)
def test_and_or_and_not_bind_in_another_order(filter_: str, places: list[int]) -> None:
    """Source: AIP-160: OR binds tighter than AND, and NOT tighter than both."""
    rows = [{"number": number, "word": word} for number, word in ((1, "a"), (1, "b"), (2, "a"), (2, "b"))]
    assert found(filter_, *rows) == places


MAX_RESTRICTIONS, MAX_NESTING = 200, 20


def nested(depth: int, sign: str) -> str:
    return f"number = 1 {sign} (" * depth + "number = 1" + ")" * depth


@pytest.mark.parametrize("sign", ["AND", "OR", "", "AND NOT NOT", "OR -"])
def test_a_filter_is_refused_below_its_limits_or_breaks_the_database_above(sign: str) -> None:
    """The limits are ours: SQLite bounds how deep and how large a condition is."""
    assert found(f" {sign} ".join(["number = 1"] * MAX_RESTRICTIONS), {"number": 1}, {}) in ([0], [0, 1], [])
    with pytest.raises(FilterError, match=f"more than {MAX_RESTRICTIONS} comparisons"):
        parse_filter(f" {sign} ".join(["number = 1"] * (MAX_RESTRICTIONS + 1)), FIELDS)
    each = 1 + sign.count("NOT") + sign.count("-")
    found(nested(MAX_NESTING // each, sign), {"number": 1})
    with pytest.raises(FilterError, match=f"nested more than {MAX_NESTING} deep"):
        parse_filter(nested(MAX_NESTING // each + 1, sign), FIELDS)


@pytest.mark.parametrize(
    ("order", "sql"),
    [
        ("number", "json_extract(resource, '$.number') ASC"),
        ("number asc", "json_extract(resource, '$.number') ASC"),
        ("num_ber desc, WORD", "json_extract(resource, '$.number') DESC, json_extract(resource, '$.word') ASC"),
    ],
)
def test_an_order_is_turned_round(order: str, sql: str) -> None:
    assert parse_order(order, FIELDS) == sql


@pytest.mark.parametrize("order", ["labels", "number up", "number desc asc", "nothing", "number,,word", ""])
def test_an_order_that_is_none_is_taken(order: str) -> None:
    with pytest.raises(FilterError):
        parse_order(order, FIELDS)


@pytest.mark.parametrize(("asked", "size"), [(None, 5), (0, 5), (1, 1), (9, 9), (10, 10), (11, 10), (10**9, 10)])
def test_a_page_is_larger_than_the_largest(asked: int | None, size: int) -> None:
    """Source: AIP-158: a larger pageSize is coerced down to the maximum, 0 is the default."""
    given = {} if asked is None else {"pageSize": asked}
    assert Query.of(given, FIELDS, 5, 10).size == size


@pytest.mark.parametrize("wrong", [{"pageSize": -1}, {"skip": -1}, {"pageToken": "x"}, {"pageToken": "WzEsMV0="}])
def test_a_page_that_cannot_be_is_shown(wrong: dict[str, Any]) -> None:
    with pytest.raises(ApiError):
        Query.of(wrong, FIELDS, 5, 10)


async def test_an_execution_that_begins_between_two_pages_repeats_one_of_the_first(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(returning("1"))
        for argument in ("1", "2", "3"):
            await face.run(argument)
        list_ = f"{WORKFLOW}/executions"
        query = {"view": "FULL", "pageSize": "2"}
        _, page = await ask(face, list_, params=query)
        await face.run("4")
        _, rest = await ask(face, list_, params={**query, "pageToken": page["nextPageToken"]})
        shown = [[one["argument"] for one in part["executions"]] for part in (page, rest)]
        assert (shown, "nextPageToken" in rest) == ([["3", "2"], ["1"]], False)


@pytest.mark.parametrize("changed", [{"filter": "state=FAILED"}, {"orderBy": "createTime"}, {"filter": ""}])
async def test_a_token_goes_on_with_another_question(tmp_path: Path, changed: dict[str, str]) -> None:
    """Source: AIP-158: all other arguments must be as they were with the page that gave the token."""
    async with a_face(tmp_path) as face:
        face.deploy(returning("1"))
        for _ in range(2):
            await face.run()
        asked = {"filter": "state=SUCCEEDED", "orderBy": "createTime desc", "pageSize": "1"}
        _, page = await ask(face, f"{WORKFLOW}/executions", params=asked)
        token = {"pageToken": page["nextPageToken"]}
        status, _ = await ask(face, f"{WORKFLOW}/executions", params={**asked, **token, "pageSize": "5"})
        assert status == 200
        status, refused = await ask(face, f"{WORKFLOW}/executions", params={**asked, **token, **changed})
        assert (status, "page token" in refused["error"]["message"]) == (400, True)


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_a_last_page_that_is_full_promises_another(tmp_path: Path, count: int) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(returning("1"))
        for _ in range(count):
            await face.run()
        _, page = await ask(face, f"{WORKFLOW}/executions", params={"pageSize": "2"})
        assert (len(page["executions"]), "nextPageToken" in page) == (min(count, 2), count > 2)
