"""Which task calls, from its headers; and what the next one of its reply is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from steps.task_call import TaskCall, task_call

LONGEST = "x" * 490


def told(**headers: str) -> TaskCall | None:
    return task_call(Headers({name.replace("_", "-"): value for name, value in headers.items()}))


@pytest.mark.parametrize("kind", ["X_CloudTasks", "X_AppEngine", "x_cloudtasks"])
@pytest.mark.parametrize(
    ("name", "retries", "call", "attempt", "next_name"),
    [
        ("a-77", "0", TaskCall("a-77", 1, 0), 1, "a-77-r2"),
        ("a-77", "3", TaskCall("a-77", 1, 3), 4, "a-77-r2"),
        ("a-77-r2", "0", TaskCall("a-77", 2, 0), 2, "a-77-r3"),
        ("a-77-r9", "4", TaskCall("a-77", 9, 4), 13, "a-77-r10"),
        ("a-77-r10", "0", TaskCall("a-77", 10, 0), 10, "a-77-r11"),
        ("a-r2-77", "0", TaskCall("a-r2-77", 1, 0), 1, "a-r2-77-r2"),
        ("a-77-r2-r5", "0", TaskCall("a-77-r2", 5, 0), 5, "a-77-r2-r6"),
        ("a-77-r02", "0", TaskCall("a-77-r02", 1, 0), 1, "a-77-r02-r2"),
        ("-r2", "0", TaskCall("-r2", 1, 0), 1, "-r2-r2"),
        # Cloud Tasks names a task itself that has no name.
        ("9054071712345", "0", TaskCall("9054071712345", 1, 0), 1, "9054071712345-r2"),
        (LONGEST, "0", TaskCall(LONGEST, 1, 0), 1, f"{LONGEST}-r2"),
        # A number that is none.
        ("a-77", "many", TaskCall("a-77", 1, 0), 1, "a-77-r2"),
        ("a-77", "-1", TaskCall("a-77", 1, 0), 1, "a-77-r2"),
        ("a-77", "1000", TaskCall("a-77", 1, 0), 1, "a-77-r2"),
    ],
)
def test_a_task_tells_its_name_its_round_and_its_retries(
    kind: str, name: str, retries: str, call: TaskCall, attempt: int, next_name: str
) -> None:
    told_of = told(**{f"{kind}_TaskName": name, f"{kind}_TaskRetryCount": retries})
    assert told_of is not None
    assert told_of == call
    assert (told_of.attempt, told_of.next_name) == (attempt, next_name)


@pytest.mark.parametrize("kind", ["X_CloudTasks", "X_AppEngine"])
@pytest.mark.parametrize(
    ("due", "late_s"),
    [
        ("1000.5", 9.5),
        ("1000", 10),
        ("1010", 0),
        ("1010.5", 0),
        ("", 0),
        ("soon", 0),
        ("-1", 0),
        ("1e3", 0),
        ("inf", 0),
    ],
)
def test_a_task_tells_how_long_it_stood_in_the_line(kind: str, due: str, late_s: float) -> None:
    """Source: Cloud Tasks, request headers: TaskETA, in seconds since 1970."""
    told_of = told(**{f"{kind}_TaskName": "a-77", f"{kind}_TaskETA": due})
    assert told_of is not None
    assert told_of.late_s(1010.0) == late_s


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ä", "a\nb", "x" * 491])
def test_what_is_no_name_of_a_task_is_no_task(name: str) -> None:
    """Source: Cloud Tasks v2, Task: a name's letters."""
    headers = Headers(raw=[(b"x-cloudtasks-taskname", name.encode("latin-1"))])
    assert task_call(headers) is None


def test_two_names_are_none() -> None:
    headers = Headers(raw=[(b"x-cloudtasks-taskname", b"a-77"), (b"x-cloudtasks-taskname", b"b-77")])
    assert task_call(headers) is None


def test_without_a_name_no_task_calls() -> None:
    assert told(X_CloudTasks_TaskRetryCount="3", X_CloudTasks_QueueName="q") is None


@given(st.from_regex(r"[a-f0-9-]{36}-[0-9]{1,20}", fullmatch=True), st.integers(1, 9998), st.integers(0, 999))
def test_from_one_task_to_the_next_the_first_name_stays_and_the_round_counts(
    first: str, rounds: int, retries: int
) -> None:
    name = first if rounds == 1 else f"{first}-r{rounds}"
    call = told(X_CloudTasks_TaskName=name, X_CloudTasks_TaskRetryCount=str(retries))
    assert call is not None
    assert call == TaskCall(first, rounds, retries)
    after = told(X_CloudTasks_TaskName=call.next_name)
    assert after == TaskCall(first, rounds + 1, 0)
