"""The standard library as a table, compared whole: what each function takes, and where it may stand.

Source: Workflows, standard library; "Expressions", Blocking calls.
"""

from pathlib import Path

import pytest

from local.workflows.compile.workflow import compile_workflow
from local.workflows.errors import WorkflowSyntaxError
from local.workflows.stdlib import Function, library

TABLE = (Path(__file__).parent / "library.txt").read_text().splitlines()


def _row(function: Function) -> str:
    """plain: a value at once; asks: of a driver, also in an expression; step: only in a step of its own."""
    where = "step" if function.blocks else "asks" if function.yields_effects else "plain"
    parameters = [
        name if number < function.required else f"{name} = {default!r}"
        for number, (name, default) in enumerate(function.parameters.items())
    ]
    return f"{where:5} {function.name}({', '.join(parameters)})"


def test_a_function_that_is_gone_takes_other_arguments_or_stands_elsewhere_is_seen() -> None:
    assert [_row(function) for function in library.FUNCTIONS.values()] == TABLE, "right: library.txt"


def test_each_function_stands_under_its_own_name() -> None:
    assert [function.name for function in library.FUNCTIONS.values()] == list(library.FUNCTIONS)


def test_a_policy_of_the_library_that_differs_from_its_page_is_seen() -> None:
    """Source: Workflows, http.default_retry, http.default_retry_non_idempotent, retry.default_backoff."""
    backoff = {"initial_delay": 1, "max_delay": 60, "multiplier": 1.25}
    predicates = {
        "http.default_retry": "http.default_retry_predicate",
        "http.default_retry_non_idempotent": "http.default_retry_predicate_non_idempotent",
    }
    policies = {
        name: {"predicate": predicate, "max_retries": 5, "backoff": backoff} for name, predicate in predicates.items()
    }
    assert {**policies, "retry.default_backoff": backoff} == library.VALUES


ERRORS = {
    "429": {"code": 429},
    "500": {"code": 500},
    "502": {"code": 502},
    "503": {"code": 503},
    "504": {"code": 504},
    "a connection that broke": {"tags": ["ConnectionError"]},
    "a connection that failed": {"tags": ["X", "ConnectionFailedError"]},
    "no answer in time": {"tags": ["TimeoutError"]},
    "another tag": {"tags": ["HttpError"]},
    "tags that are no list": {"tags": "TimeoutError"},
    "a text": "TimeoutError",
    "nothing": None,
}


@pytest.mark.parametrize(
    ("name", "repeated"),
    [
        (
            "http.default_retry_predicate",
            {"429", "502", "503", "504", "a connection that broke", "a connection that failed", "no answer in time"},
        ),
        ("http.default_retry_predicate_non_idempotent", {"429", "503", "a connection that failed"}),
        ("retry.always", set(ERRORS)),
        ("retry.never", set()),
    ],
)
def test_an_error_that_a_predicate_takes_or_leaves_by_mistake_is_seen(name: str, repeated: set[str]) -> None:
    predicate = library.FUNCTIONS[name].body
    assert {label for label, error in ERRORS.items() if predicate(error) is True} == repeated
    assert {label for label, error in ERRORS.items() if predicate(error) is False} == set(ERRORS) - repeated


@pytest.mark.parametrize("function", library.FUNCTIONS.values(), ids=lambda function: function.name)
def test_an_argument_too_few_or_too_many_is_refused_before_anything_runs(function: Function) -> None:
    """By position in an expression and in a call, and by name: one less than must be given, one more than may."""
    names = list(function.parameters)
    for count in {function.required - 1, function.required, len(names), len(names) + 1} - {-1}:
        is_right = function.required <= count <= len(names)
        by_position = ", ".join(["null"] * count)
        by_name = ", ".join(f"{name}: null" for name in [*names, "one_more"][:count])
        sources = [f"call: {function.name}, args: [{by_position}]", f"call: {function.name}, args: {{{by_name}}}"]
        if not function.blocks:
            sources.append(f"return: '${{{function.name}({by_position})}}'")
        for source in sources:
            assert _compiles(f"main: [{{a: {{{source}}}}}]") is is_right, source


def _compiles(source: str) -> bool:
    try:
        compile_workflow(source)
    except WorkflowSyntaxError:
        return False
    return True
