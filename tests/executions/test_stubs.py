"""The file of `mando run --stub`: what it may hold, and where its mistakes are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.executions.engine.stubs import Stubs
from local.workflows.errors import WorkflowError, WorkflowSyntaxError

GET = "googleapis.firestore.v1.projects.databases.documents.get"


def answers(source: str, name: str = GET, calls: int = 1) -> list[object]:
    """What so many calls get; an error as its payload in a tuple."""
    stubs = Stubs.parse(source, "stub.yaml")
    found: list[object] = []
    for _ in range(calls):
        try:
            found.append(stubs.answer(name).value)
        except WorkflowError as error:
            found.append((error.payload,))
    return found


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("7", 7),
        ("", None),
        ("[]", []),
        ("[1, {a: 2}]", [1, {"a": 2}]),
        ("{return: 1, more: 2}", {"return": 1, "more": 2}),
        ("{return: {return: 1}}", {"return": 1}),
        ("2024-01-01", "2024-01-01"),
        ("!!binary aGk=", b"hi"),
    ],
)
def test_a_value_is_read_as_a_workflow_reads_it(written: str, value: object) -> None:
    assert answers(f"{GET}: {written}") == [value]


def test_a_list_of_answers_is_one_a_call_and_the_last_stays() -> None:
    source = f"{GET}: [{{return: [1]}}, {{raise: boom}}, {{return: 3}}]"
    assert answers(source, calls=4) == [[1], ("boom",), 3, 3]


def test_each_name_counts_its_own_calls() -> None:
    stubs = Stubs.parse(f"{GET}: [{{return: 1}}, {{return: 2}}]\ngke.request: [{{return: 3}}, {{return: 4}}]", "s")
    assert [stubs.answer(name).value for name in (GET, "gke.request", GET, "gke.request")] == [1, 3, 2, 4]


def test_an_error_with_a_status_is_an_http_error_unless_it_has_tags() -> None:
    http = {"code": 404, "body": {"e": 1}, "headers": {}, "message": "HTTP server responded with error code 404"}
    assert answers(f"{GET}: {{raise: {{code: 404, body: {{e: 1}}}}}}") == [({**http, "tags": ["HttpError"]},)]
    assert answers(f"{GET}: {{raise: {{code: 404, tags: [Mine]}}}}") == [({"code": 404, "tags": ["Mine"]},)]


def test_what_has_no_stub_says_how_to_give_one() -> None:
    with pytest.raises(WorkflowError, match="mando run --stub FILE") as caught:
        Stubs().answer(GET)
    assert caught.value.tags == ["SystemError"]


def test_any_connector_helper_and_function_of_kubernetes_may_have_a_stub() -> None:
    names = [
        "googleapis.storage.v1.objects.get",
        "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run",
        "googleapis.secretmanager.v1.projects.secrets.versions.accessString",
        "experimental.executions.map",
        "gke.await_job",
    ]
    assert Stubs.parse("\n".join(f"{name}: 1" for name in names), "stub.yaml").names == set(names)


@pytest.mark.parametrize(
    ("source", "place", "part"),
    [
        ("googleapis.storage.v1.object.get: 1", "1:1", "did you mean 'googleapis.storage.v1.objects.get'?"),
        ("gke.requst: 1", "1:1", "did you mean 'gke.request'?"),
        ("http.get: 1", "1:1", "there is no connector 'http.get'"),
        (f"{GET}: 1\n{GET}: 2", "2:1", "is defined twice"),
        (f"{GET}:\n- return: 1\n- rais: 2", "3:3", "expected `return: …` or `raise: …`"),
        (f"{GET}: [", "1:60", "stream end"),
        ("[1]", "1:1", "expected a map of names"),
        (f"{GET}: &a [*a]", "1:59", "contains itself"),
        (f"{GET}: {'[' * 12_000}{']' * 12_000}", "1:1059", "nested too deeply"),
    ],
)
def test_a_mistake_is_told_with_its_place(source: str, place: str, part: str) -> None:
    with pytest.raises(WorkflowSyntaxError) as caught:
        Stubs.parse(source, "stub.yaml")
    first = str(caught.value).splitlines()[0]
    assert first.startswith(f"stub.yaml:{place}: ")
    assert part in first


PIECES = [*"{}[]:-,&*!? \n'\"#|>ab1", "!!binary ", GET, "return: ", "raise: ", "<<: "]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text_is_a_file_of_stubs_or_has_mistakes_inside_it(source: str) -> None:
    try:
        stubs = Stubs.parse(source, "stub.yaml")
    except WorkflowSyntaxError as error:
        for one in error.problems:
            assert 1 <= one.line <= source.count("\n") + 1
            assert one.column >= 1
    else:
        assert stubs.names <= {GET}
