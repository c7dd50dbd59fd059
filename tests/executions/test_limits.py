"""Each limit of executions and deployments just below, at and above it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from local.executions.data.workflows import Settings
from local.executions.engine import deployment, service
from local.executions.engine.deployment import check_workflow_id, labels_of, settings_of
from local.executions.engine.service import parse_argument
from local.http.api_error import ApiError
from tests.executions.face import WORKFLOW, a_face
from tests.executions.test_service import SLEEP, returning
from tests.running import until


def test_the_quotas_are_others_than_documented() -> None:
    """Source: Workflows, "Quotas and limits"."""
    assert (service.MAX_CONCURRENT, service.MAX_BACKLOGGED, service.MAX_ARGUMENT_BYTES) == (10_000, 100_000, 32_768)


async def test_too_many_executions_begin_or_too_few_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two run and three wait; one that has ended makes room for one more."""
    monkeypatch.setattr(service, "MAX_BACKLOGGED", 3)
    async with a_face(tmp_path, max_concurrent=2) as face:
        face.deploy(SLEEP)
        created = [face.service.create(WORKFLOW, None) for _ in range(4)]
        with pytest.raises(ApiError, match="Too many executions run at once") as refused:
            face.service.create(WORKFLOW, None, may_queue=False)
        assert (refused.value.code, refused.value.status) == (429, "RESOURCE_EXHAUSTED")
        created.append(face.service.create(WORKFLOW, None))
        assert [one["state"] for one in created] == ["ACTIVE", "ACTIVE", "QUEUED", "QUEUED", "QUEUED"]
        with pytest.raises(ApiError):
            face.service.create(WORKFLOW, None)
        await face.service.cancel(created[0]["name"])
        await until(lambda: not face.service.is_running(created[0]["name"]))
        assert face.service.create(WORKFLOW, None)["state"] == "QUEUED"
        with pytest.raises(ApiError):
            face.service.create(WORKFLOW, None)


async def test_one_that_must_not_wait_is_refused_although_there_is_room(tmp_path: Path) -> None:
    async with a_face(tmp_path, max_concurrent=2) as face:
        face.deploy(SLEEP)
        for _ in range(2):
            assert face.service.create(WORKFLOW, None, may_queue=False)["state"] == "ACTIVE"
        with pytest.raises(ApiError):
            face.service.create(WORKFLOW, None, may_queue=False)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"' + "x" * 32_766 + '"', "x" * 32_766),
        ('"' + "x" * 32_767 + '"', "The argument is larger than 32768 bytes."),
        ('"' + "ü" * 16_383 + '"', "ü" * 16_383),
        ('"' + "ü" * 16_383 + 'x"', "The argument is larger than 32768 bytes."),
        ("[" * 32_000 + "]" * 700, "The argument is not valid JSON: "),
        ("", "The argument is not valid JSON: "),
        ("[1,]", "The argument is not valid JSON: "),
    ],
)
def test_an_argument_below_its_limit_is_refused_or_one_above_it_taken(text: str, value: str) -> None:
    """Source: Workflows, "Quotas and limits": 32 KiB, in UTF-8."""
    if not value.startswith("The argument"):
        assert parse_argument(text) == value
        return
    with pytest.raises(ApiError) as refused:
        parse_argument(text)
    assert (refused.value.code, str(refused.value)[: len(value)]) == (400, value)


@pytest.mark.parametrize("workflow_id", ["w", "W", "a-b_c9", "a" * 64, "a9"])
def test_a_name_that_a_workflow_may_have_is_refused(workflow_id: str) -> None:
    """Source: Workflows v1, projects.locations.workflows.create, workflowId."""
    check_workflow_id(workflow_id)


@pytest.mark.parametrize("workflow_id", ["", "9a", "a-", "a_", "-a", "a" * 65, "a.b", "a b", "ä"])
def test_a_name_that_no_workflow_may_have_is_taken(workflow_id: str) -> None:
    with pytest.raises(ApiError) as refused:
        check_workflow_id(workflow_id)
    assert refused.value.code == 400


@pytest.mark.parametrize(
    "given",
    [
        {"userEnvVars": {"A": "x" * 4095}},
        {"userEnvVars": {"A": "ü" * 2047}},
        {"userEnvVars": {"_GOOGLE": "1", "MY_WORKFLOWS": "1"}},
        {"labels": {"a_-9": "", "b": "9-_a"}},
    ],
)
def test_settings_at_their_limit_are_refused(given: dict[str, Any]) -> None:
    """Source: Workflows v1, Workflow.userEnvVars, Workflow.labels."""
    settings = settings_of(given)
    assert (dict(settings.env), dict(settings.labels)) == (given.get("userEnvVars", {}), given.get("labels", {}))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"userEnvVars": {"A": "x" * 4096}}, "The environment variable 'A' has more than 4096 bytes."),
        ({"userEnvVars": {"A": "ü" * 2048}}, "The environment variable 'A' has more than 4096 bytes."),
        ({"userEnvVars": {"WORKFLOWS_X": ""}}, "must not begin with GOOGLE or WORKFLOWS."),
        ({"userEnvVars": {"GOOGLE": ""}}, "must not begin with GOOGLE or WORKFLOWS."),
        (
            {"userEnvVars": {f"A{number}": "" for number in range(21)}},
            "There are 21 environment variables, at most 20 are allowed.",
        ),
        (
            {"labels": {f"a{number}": "" for number in range(65)}},
            "There are 65 labels, at most 64 are allowed.",
        ),
        ({"labels": {"a": "B"}}, "The label 'a': 'B' is wrong"),
        ({"labels": {"": "b"}}, "The label '': 'b' is wrong"),
        ({"labels": {"_a": "b"}}, "The label '_a': 'b' is wrong"),
        ({"description": "x" * 1001}, "The description has 1001 characters, at most 1000 are allowed."),
    ],
)
def test_settings_above_their_limit_are_taken_or_refused_without_a_reason(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError) as refused:
        settings_of(given)
    assert refused.value.code == 400
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("account", "kept"),
    [("a@demo", "a@demo"), ("projects/-/serviceAccounts/a@demo", "a@demo"), ("", None)],
)
def test_an_account_is_known_by_another_name(account: str, kept: str | None) -> None:
    """Source: Workflows v1, Workflow.serviceAccount: both forms are taken."""
    assert settings_of({"serviceAccount": account}).service_account == kept


def test_settings_of_which_nothing_is_said_say_something() -> None:
    assert settings_of({}) == Settings("")
    assert labels_of({}) == {}


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that were compiled, in order."""
    sources: list[str] = []
    compile_workflow = deployment.compile_workflow  # type: ignore[attr-defined]

    def noted(source: str, file: str) -> Any:
        sources.append(source)
        return compile_workflow(source, file)

    monkeypatch.setattr(deployment, "compile_workflow", noted)
    return sources


async def test_a_source_is_compiled_again_for_every_execution(tmp_path: Path, compiled: list[str]) -> None:
    """128 KiB take a second; meanwhile nobody is answered."""
    async with a_face(tmp_path) as face:
        face.deploy(returning("1"))
        await face.service.deployments.prepare(returning("1"))
        for _ in range(3):
            assert (await face.run())["result"] == "1"
    assert compiled == [returning("1")]


async def test_a_compiled_source_outlives_its_workflow(tmp_path: Path, compiled: list[str]) -> None:
    async with a_face(tmp_path) as face:
        for source in ("1", "2"):
            face.deploy(returning(source))
        face.service.delete_workflow(WORKFLOW)
        for source in ("1", "2"):
            face.deploy(returning(source))
    assert compiled == [returning(source) for source in ("1", "2", "1", "2")]


async def test_a_source_that_does_not_compile_is_kept(tmp_path: Path, compiled: list[str]) -> None:
    async with a_face(tmp_path) as face:
        for _ in range(2):
            await face.service.deployments.prepare("main: 1")
            with pytest.raises(deployment.SourceError):
                face.deploy("main: 1")
    assert compiled == ["main: 1"] * 2


async def test_two_who_cancel_at_once_are_told_different_things(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(SLEEP)
        name = face.service.create(WORKFLOW, None)["name"]
        await until(lambda: face.service.history(name))
        ended = await asyncio.gather(*(face.service.cancel(name) for _ in range(3)))
        assert [one["state"] for one in ended] == ["CANCELLED"] * 3
        assert ended[0] == ended[1] == ended[2]


async def test_a_mistake_of_ours_leaves_an_execution_that_never_ends(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:

        async def broken(_: object) -> None:
            raise RuntimeError

        face.service._perform_as = lambda *_: broken
        face.deploy(SLEEP)
        execution = await face.run()
    assert (execution["state"], execution["status"]["currentSteps"][0]["step"]) == ("FAILED", "sleep")
    assert execution["error"]["payload"] == '{"message":"SystemError: internal error","tags":["SystemError"]}'
    assert "result" not in execution
