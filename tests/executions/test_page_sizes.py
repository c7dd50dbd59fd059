"""How long the pages of each list are, and which tokens lead to the next."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.executions.api.executions_api import ExecutionsApi
from local.executions.api.workflows_api import WorkflowsApi
from local.executions.data.database import Database
from local.executions.data.filters import Field
from local.executions.data.pages import Query
from local.executions.data.workflows import Revision, Settings
from local.executions.engine.service import ExecutionService
from local.http.api_error import ApiError
from tests.executions.face import PARENT, WORKFLOW, service_alone, write
from tests.executions.test_list_fields import at


@pytest.fixture
def service() -> Iterator[ExecutionService]:
    database = Database(Path(":memory:"))
    yield service_alone(database)
    database.close()


COUNT = 1001


def fill_executions(service: ExecutionService) -> None:
    for number in range(COUNT):
        service.store.insert(WORKFLOW, {"name": f"{WORKFLOW}/executions/{number}", "state": "SUCCEEDED"})


def fill_workflows(service: ExecutionService) -> None:
    for number in range(COUNT):
        service.registry.put(Revision(f"{PARENT}/workflows/w{number:04}", 1, "r", Settings(""), "", "", ""))


def fill_revisions(service: ExecutionService) -> None:
    for number in range(101):
        service.registry.put(Revision(WORKFLOW, number, f"r{number}", Settings(""), "", "", ""))


def fill_operations(service: ExecutionService) -> None:
    for number in range(COUNT):
        metadata = {"createTime": at(1)}
        service.registry.put_operation({"name": f"{PARENT}/operations/{number}", "metadata": metadata})


def fill_entries(service: ExecutionService) -> None:
    number = service.store.insert(WORKFLOW, {"name": "e", "state": "SUCCEEDED"})
    entries = [{"entryId": f"{entry}"} for entry in range(COUNT)]
    write(service._database, service.store.put_history(number, 0, entries))


# The list → what it calls its items, how it is filled and asked, how many it shows unasked, and at most.  Source:
# Workflows v1 and Workflow Executions v1, pageSize of each list call; of operations, executions with the short view and
# entries the page says nothing of what is usual: unsure.
@pytest.mark.parametrize(
    ("items", "fill", "parent", "view", "usual", "most"),
    [
        ("executions", fill_executions, WORKFLOW, "BASIC", 100, 1000),
        ("executions", fill_executions, WORKFLOW, "FULL", 100, 100),
        ("workflows", fill_workflows, PARENT, "", 500, 1000),
        ("revisions", fill_revisions, WORKFLOW, "", 20, 100),
        ("operations", fill_operations, PARENT, "", 100, 1000),
        ("stepEntries", fill_entries, "e", "", 1000, 1000),
    ],
)
def test_a_page_is_longer_or_shorter_than_documented(
    service: ExecutionService,
    items: str,
    fill: Callable[[ExecutionService], None],
    parent: str,
    view: str,
    usual: int,
    most: int,
) -> None:
    with service._database.transaction():
        service.registry.put(Revision(WORKFLOW, 0, "r", Settings(""), "", "", ""))
        fill(service)
    of_workflows, of_executions = WorkflowsApi(service), ExecutionsApi(service, service._database)
    ask = {
        "executions": of_executions.list_executions,
        "workflows": of_workflows.list_workflows,
        "revisions": of_workflows.list_revisions,
        "operations": of_workflows.list_operations,
        "stepEntries": of_executions.list_step_entries,
    }[items]
    for asked, size in ((None, usual), (0, usual), (1, 1), (most, most), (most + 1, most)):
        page = ask(parent, {"view": view} | ({} if asked is None else {"pageSize": asked}))
        shown = page.get("workflows" if items == "revisions" else items, [])
        assert (len(shown), "nextPageToken" in page) == (size, True), asked
        assert len(json.dumps(page["nextPageToken"])) < 100


FIELDS = {"a": Field("a", "text"), "b": Field("b", "text")}
ASKED: list[dict[str, Any]] = [{}, {"filter": "a=b"}, {"orderBy": "a"}, {"filter": "a=b", "orderBy": "a"}]
DIGEST = Query.of({}, {}, 1, 1).digest


def token(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


@pytest.mark.parametrize(
    ("skip", "newest"), [(0, 0), (1, 0), (125, 126), (10**6, 10**6), (2**62 - 1, 0), (0, 2**62 - 1)]
)
def test_a_token_that_was_given_is_refused_later(skip: int, newest: int) -> None:
    """However many items have been shown and however many there are."""
    query = Query.of({"pageToken": token([skip, newest, DIGEST])}, {}, 1, 1)
    assert (query.skip, query.newest) == (skip, newest)
    both = Query.of({"pageToken": token([skip, newest, DIGEST]), "skip": 3}, {}, 1, 1)
    assert both.skip == skip + 3


@pytest.mark.parametrize(
    "content",
    [
        *([-1, 0, DIGEST], [2**62, 0, DIGEST], [0, 2**62, DIGEST], [0, 0, DIGEST + 1], [0, 0, None]),
        *([True, 0, DIGEST], [0, False, DIGEST], [0.5, 0, DIGEST], ["0", 0, DIGEST], [0, None, DIGEST]),
        *([0, 0], [0, 0, DIGEST, 0], {}, 7, None, "abc"),
    ],
)
def test_a_token_that_nobody_gave_breaks_the_database(content: object) -> None:
    """Numbers of more than 63 bits, and what is no whole number."""
    with pytest.raises(ApiError, match="page token is not valid") as refused:
        Query.of({"pageToken": token(content)}, {}, 1, 1)
    assert refused.value.code == 400


@pytest.mark.parametrize("text", ["x", "é", "W", base64.urlsafe_b64encode(b"[" * 100_000).decode(), " ", "\udfff"])
def test_a_token_that_is_none_is_a_mistake_of_ours(text: str) -> None:
    with pytest.raises(ApiError, match="page token is not valid"):
        Query.of({"pageToken": text}, {}, 1, 1)


def test_the_first_page_has_a_token_or_begins_elsewhere() -> None:
    query = Query.of({}, {}, 1, 1)
    assert (query.skip, query.newest, query.order) == (0, None, None)


def test_a_filter_and_an_order_of_the_same_words_have_the_same_token() -> None:
    assert len({Query.of(asked, FIELDS, 1, 1).digest for asked in ASKED}) == len(ASKED)
