"""The mistakes in a file of stubs: each with its line, its column, its words and how much of the line is underlined."""

import pytest

from local.executions.engine.stubs import Stubs
from local.workflows.errors import WorkflowError, WorkflowSyntaxError
from tests.executions.test_stubs import GET, answers

STATUS_500 = "HTTP server responded with error code 500"
OTHER_ITEMS = "expected `return: …` or `raise: …`, as the other items of this list are"


@pytest.mark.parametrize(
    ("source", "mistakes"),
    [
        ("http.get: 1", [(1, 1, "there is no connector 'http.get'", 8)]),
        (
            "gke.request: 1\n  \ngke.requst: 1",
            [(3, 1, "there is no connector 'gke.requst'; did you mean 'gke.request'?", 10)],
        ),
        (
            "experimental.executions.mapp: 1",
            [
                (
                    1,
                    1,
                    "there is no connector 'experimental.executions.mapp'; did you mean 'experimental.executions.map'?",
                    28,
                )
            ],
        ),
        (f"{GET}:\n- return: 1\n- 2\n- raise: 3\n- {{}}", [(3, 3, OTHER_ITEMS, 1), (5, 3, OTHER_ITEMS, 1)]),
        (f"{GET}:\n- raise: 1\n- {{return: 1, raise: 2}}", [(3, 3, OTHER_ITEMS, 1)]),
        ("gke.request: !!binary '###'", [(1, 24, "Only base64 data is allowed", 3)]),
        ("gke.request: !!int abcd", [(1, 20, "this is no int", 4)]),
        ("gke.request: {a: {b: [!!int xyz]}}", [(1, 29, "this is no int", 3)]),
        ("gke.request: [{return: {a: 1, a: 2}}]", [(1, 31, "'a' is defined twice", 1)]),
        (
            "http.get: 1\nhttp.put: !!int x",
            [
                (1, 1, "there is no connector 'http.get'", 8),
                (2, 1, "there is no connector 'http.put'", 8),
                (2, 17, "this is no int", 1),
            ],
        ),
    ],
)
def test_a_mistake_is_told_at_another_place_or_underlines_something_else(
    source: str, mistakes: list[tuple[int, int, str, int]]
) -> None:
    with pytest.raises(WorkflowSyntaxError) as caught:
        Stubs.parse(source, "stub.yaml")
    told = [(one.line, one.column, one.message, one.length) for one in caught.value.problems]
    assert told == mistakes
    assert {one.file for one in caught.value.problems} == {"stub.yaml"}


@pytest.mark.parametrize("source", ["", "# nothing yet\n", "{}"])
def test_a_file_without_stubs_is_a_mistake(source: str) -> None:
    assert Stubs.parse(source, "stub.yaml").names == set()
    assert Stubs().names == set()


@pytest.mark.parametrize(
    ("written", "payload"),
    [
        ("{code: 500}", {"code": 500, "body": None, "headers": {}, "message": STATUS_500, "tags": ["HttpError"]}),
        (
            "{code: 500, body: b, message: m, headers: {a: b}}",
            {"code": 500, "body": "b", "headers": {"a": "b"}, "message": "m", "tags": ["HttpError"]},
        ),
        ("{code: '500'}", {"code": "500"}),
        ("{body: b}", {"body": "b"}),
        ("{code: 500, tags: []}", {"code": 500, "tags": []}),
        ("[1]", [1]),
        ("null", None),
    ],
)
def test_an_error_is_raised_with_more_or_less_than_it_says(written: str, payload: object) -> None:
    """Source: recorded from the real service, of an error with a status."""
    assert answers(f"{GET}: {{raise: {written}}}", calls=2) == [(payload,), (payload,)]


def test_a_stub_of_another_name_counts_the_calls_of_this_one() -> None:
    stubs = Stubs.parse(f"{GET}: [{{return: 1}}, {{raise: 2}}, {{return: 3}}]", "s")
    assert stubs.answer(GET).value == 1
    with pytest.raises(WorkflowError):
        stubs.answer("gke.request")
    with pytest.raises(WorkflowError):
        stubs.answer(GET)
    assert [stubs.answer(GET).value for _ in range(3)] == [3, 3, 3]
