"""Every function, value and error tag of the language has a case, here or among the connectors' workflows."""

import re
from pathlib import Path

import pytest

from local.workflows.stdlib import library
from tests.conformance.cases import FOLDER
from tests.executions import test_connectors

# Source: Workflows, "Workflow errors"; ExecutionError: experimental.executions.run.
TAGS = [
    "AuthError",
    "ConnectionError",
    "ConnectionFailedError",
    "ExecutionError",
    "HttpError",
    "IndexError",
    "KeyError",
    "LookupError",
    "OperationError",
    "ParallelNestingError",
    "RecursionError",
    "ResourceLimitError",
    "ResponseTypeError",
    "SystemError",
    "TimeoutError",
    "TypeError",
    "UnhandledBranchError",
    "ValueError",
    "ZeroDivisionError",
]
CASES = "".join(path.read_text() for path in sorted(FOLDER.glob("*.yaml")))
CONNECTORS = Path(test_connectors.__file__).read_text()


@pytest.mark.parametrize("name", [*library.FUNCTIONS, *library.VALUES])
def test_each_function_and_value_has_a_case(name: str) -> None:
    found = re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", CASES + CONNECTORS)
    assert found is not None, f"{name} has no case in any tests/conformance/*.yaml"


@pytest.mark.parametrize("tag", TAGS)
def test_each_error_tag_has_a_case(tag: str) -> None:
    found = re.search(rf"\b{tag}\b", CASES)
    assert found is not None, f"{tag} has no case in any tests/conformance/*.yaml"


def test_the_library_raises_no_other_tags() -> None:
    sources = "".join(path.read_text() for path in Path("local/workflows").rglob("*.py"))
    raised = set(re.findall(r'"([A-Z]\w+Error)"', sources)) - {"RuntimeError", "WorkflowError"}
    assert raised <= set(TAGS)
