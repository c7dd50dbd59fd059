"""Every field by which a list is filtered and ordered."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from local.executions.api.executions_api import ExecutionsApi
from local.executions.data.database import Database
from local.executions.data.executions import EXECUTION_FIELDS
from local.executions.data.filters import Field
from local.executions.data.pages import Query
from local.executions.data.workflows import WORKFLOW_FIELDS, Revision, Settings
from local.executions.engine.service import ExecutionService
from local.http.api_error import ApiError
from tests.executions.face import PARENT, WORKFLOW, service_alone, write


def at(minute: int) -> str:
    return f"2026-08-01T10:0{minute}:00.000000Z"


# Each field is smaller in "a" than in "b", and "c" has none of those that may be left out.
EXECUTIONS: Mapping[str, dict[str, Any]] = {
    "a": {
        "name": f"{WORKFLOW}/executions/{'a' * 36}",
        "createTime": at(1),
        "startTime": at(2),
        "endTime": at(3),
        "duration": "9.5s",
        "state": "SUCCEEDED",
        "workflowRevisionId": "000001-aaa",
        "labels": {"team": "blue"},
        "status": {"currentSteps": [{"routine": "main", "step": "one"}]},
    },
    "b": {
        "name": f"{WORKFLOW}/executions/{'b' * 36}",
        "createTime": at(4),
        "startTime": at(5),
        "endTime": at(6),
        "duration": "10.0s",
        "state": "FAILED",
        "workflowRevisionId": "000002-bbb",
        "labels": {"team": "red"},
        "status": {"currentSteps": [{"routine": "main", "step": "two"}]},
    },
    "c": {
        "name": f"{WORKFLOW}/executions/{'c' * 36}",
        "createTime": at(7),
        "state": "QUEUED",
        "workflowRevisionId": "000003-ccc",
    },
}
WORKFLOWS: Mapping[str, Revision] = {
    "a": Revision(
        *(f"{PARENT}/workflows/a", 1, "000001-aaa"),
        Settings("", "a@demo", {}, "one", {"team": "blue"}, "LOG_ALL_CALLS", "EXECUTION_HISTORY_BASIC"),
        *(at(1), at(2), at(3)),
    ),
    "b": Revision(
        *(f"{PARENT}/workflows/b", 2, "000002-bbb"),
        Settings("", "b@demo", {}, "two", {"team": "red"}, "LOG_NONE", "EXECUTION_HISTORY_DETAILED"),
        *(at(4), at(5), at(6)),
    ),
    "c": Revision(f"{PARENT}/workflows/c", 3, "000003-ccc", Settings(""), at(7), at(7), at(7)),
}


@pytest.fixture
def service() -> Iterator[ExecutionService]:
    database = Database(Path(":memory:"))
    yield service_alone(database)
    database.close()


def executions(service: ExecutionService, **asked: Any) -> str:
    """Which of them the list shows, in that order."""
    for execution in EXECUTIONS.values():
        service.store.insert(WORKFLOW, execution)
    page = service.store.page(WORKFLOW, Query.of(asked, EXECUTION_FIELDS, 10, 10))
    return "".join(one["name"][-1] for one in page.items)


def workflows(service: ExecutionService, **asked: Any) -> str:
    for revision in WORKFLOWS.values():
        service.registry.put(revision)
    page = service.registry.workflows(PARENT, Query.of(asked, WORKFLOW_FIELDS, 10, 10))
    return "".join(one.workflow[-1] for one in page.items)


# Source: Workflow Executions v1, executions.list, filter and orderBy.
@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        (f"executionId = {'b' * 36}", "b"),
        ("state = SUCCEEDED", "a"),
        ("state = QUEUED", "c"),
        ('createTime > "2026-08-01T10:01:00Z"', "cb"),
        ('startTime <= "2026-08-01T10:02:00Z"', "a"),
        ('endTime > "2026-08-01T10:03:00Z"', "b"),
        ("duration > 9.5s", "b"),
        ("workflowRevisionId = 000003-ccc", "c"),
        ("stepName = two", "b"),
        ("labels.team = red", "b"),
        ("labels:team", "ba"),
        ("endTime:*", "ba"),
        ("", "cba"),
    ],
)
def test_a_filter_of_executions_finds_another(service: ExecutionService, filter_: str, found: str) -> None:
    assert executions(service, filter=filter_) == found


@pytest.mark.parametrize("state", ["STATE_UNSPECIFIED", "ACTIVE", "CANCELLED", "UNAVAILABLE"])
def test_a_state_that_no_execution_is_in_is_refused(service: ExecutionService, state: str) -> None:
    """Source: Workflow Executions v1, Execution.State."""
    assert executions(service, filter=f"state = {state}") == ""


@pytest.mark.parametrize("order", [name for name in EXECUTION_FIELDS if name not in ("labels", "state", "createTime")])
def test_executions_stand_in_another_order(service: ExecutionService, order: str) -> None:
    """What is not there is smaller than all that is."""
    least_first = "abc" if order in ("executionId", "workflowRevisionId") else "cab"
    assert executions(service, orderBy=order) == least_first


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("state", "bca"),
        ("createTime", "abc"),
        ("createTime desc", "cba"),
        ("endTime desc, createTime", "bac"),
        ("executionId desc", "cba"),
    ],
)
def test_executions_stand_in_the_order_of_something_else(service: ExecutionService, order: str, found: str) -> None:
    assert executions(service, orderBy=order) == found


def test_executions_that_an_order_does_not_tell_apart_stand_the_oldest_first(service: ExecutionService) -> None:
    service.store.insert(WORKFLOW, EXECUTIONS["a"] | {"name": f"{WORKFLOW}/executions/{'d' * 36}"})
    assert executions(service, orderBy="endTime") == "cadb"


@pytest.mark.parametrize("fields", [EXECUTION_FIELDS, WORKFLOW_FIELDS])
def test_there_is_an_order_of_labels(fields: Mapping[str, Field]) -> None:
    """Source: AIP-132: a map has none."""
    with pytest.raises(ApiError, match="Invalid orderBy: labels has no order"):
        Query.of({"orderBy": "labels"}, fields, 10, 10)


# Source: Workflows v1, projects.locations.workflows.list, filter and orderBy.
@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        (f"name = {PARENT}/workflows/b", "b"),
        ("description = two", "b"),
        ("state = ACTIVE", "abc"),
        ("state = UNAVAILABLE", ""),
        ("revisionId = 000002*", "b"),
        ('createTime > "2026-08-01T10:01:00Z"', "bc"),
        ('updateTime <= "2026-08-01T10:02:00Z"', "a"),
        ('revisionCreateTime > "2026-08-01T10:06:00Z"', "c"),
        ("serviceAccount = b@demo", "b"),
        ("callLogLevel = LOG_NONE", "b"),
        ("callLogLevel = CALL_LOG_LEVEL_UNSPECIFIED", "c"),
        ("callLogLevel = LOG_ERRORS_ONLY", ""),
        ("executionHistoryLevel = EXECUTION_HISTORY_DETAILED", "b"),
        ("executionHistoryLevel = EXECUTION_HISTORY_BASIC", "a"),
        ("labels.team = red", "b"),
    ],
)
def test_a_filter_of_workflows_finds_another(service: ExecutionService, filter_: str, found: str) -> None:
    assert workflows(service, filter=filter_) == found


@pytest.mark.parametrize("order", [name for name in WORKFLOW_FIELDS if name not in ("labels", "state")])
def test_workflows_stand_in_another_order(service: ExecutionService, order: str) -> None:
    least_first = {
        "description": "cab",
        "serviceAccount": "cab",
        "callLogLevel": "cab",
        "executionHistoryLevel": "abc",
    }
    assert workflows(service, orderBy=order) == least_first.get(order, "abc")
    assert workflows(service, orderBy=f"{order} desc") == least_first.get(order, "abc")[::-1]


ENTRIES = [
    {
        "entryId": "9",
        "createTime": at(1),
        "updateTime": at(2),
        "routine": "main",
        "step": "a",
        "stepType": "STEP_ASSIGN",
        "navigationInfo": {"parent": "9"},
        "state": "STATE_FAILED",
    },
    {
        "entryId": "10",
        "createTime": at(3),
        "updateTime": at(4),
        "routine": "sub",
        "step": "b",
        "stepType": "STEP_CALL",
        "navigationInfo": {"parent": "10"},
        "state": "STATE_SUCCEEDED",
    },
]


# Source: Workflow Executions v1, executions.stepEntries.list, filter and orderBy.
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("entryId", "10"),
        ("createTime", '"2026-08-01T10:03:00Z"'),
        ("updateTime", '"2026-08-01T10:04:00Z"'),
        ("routine", "sub"),
        ("step", "b"),
        ("stepType", "STEP_CALL"),
        ("parent", "10"),
        ("state", "SUCCEEDED"),
    ],
)
def test_step_entries_are_not_found_by_a_field_or_stand_in_another_order(
    service: ExecutionService, field: str, value: str
) -> None:
    name = f"{WORKFLOW}/executions/{'a' * 36}"
    write(service._database, service.store.put_history(service.store.insert(WORKFLOW, EXECUTIONS["a"]), 0, ENTRIES))
    api = ExecutionsApi(service, service._database)

    def listed(**asked: str) -> list[str]:
        page = api.list_step_entries(name, asked)
        assert page["totalSize"] == 2, "of all that there are"
        return [one["entryId"] for one in page.get("stepEntries", [])]

    assert listed(filter=f"{field} = {value}") == ["10"]
    assert listed(filter=f"{field} >= {value}") == ["10"]
    assert listed(filter=f"{field} < {value}") == ["9"]
    assert (listed(orderBy=field), listed(orderBy=f"{field} desc")) == (["9", "10"], ["10", "9"])
