"""The same story from a project's logs and executions, and `mando trace` with both."""

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from cli.trace import command
from local.story.cloud import CloudExecution, executions_in, query, story_of_cloud
from local.story.story import Story
from tests.command import mando
from tests.story.way import a_way

ID = 1575507627733942272
BEGAN_S = 1795700689.0
EXECUTION = "6e6c56d4-b2cd-4bd1-9dd2-37bf173b8de2"
QUEUE = "projects/p/locations/l/queues/create-image-queue"
REPLIES = "projects/p/locations/l/queues/reply-discord-queue"


def entry(second: float, message: str, severity: str = "INFO", **fields: object) -> dict[str, object]:
    payload = {"message": message, "interaction_id": str(ID), **fields}
    return {"timestamp": f"2026-11-26T13:44:{second:09.6f}Z", "severity": severity, "jsonPayload": payload}


ENQUEUED = entry(49.1, f"enqueued {QUEUE}/tasks/a-{ID}")
DRAWN = entry(49.4, "/generate-image done", execution=EXECUTION, status=200, ms=120)
DOWN = entry(50, "/reply-discord Discord answered 503/0", "WARNING", execution=EXECUTION, status=503, ms=40)
OF_TASK: dict[str, Any] = {"task": f"{EXECUTION}-{ID}", "queue": "reply-discord-queue", "attempt": 1}
PUT_OFF = entry(
    55,
    f"/reply-discord waits in reply-discord-queue until 2026-11-26T13:45:05Z, as {EXECUTION}-{ID}-r2: no",
    **OF_TASK,
    status=202,
    ms=40,
    waits_in=f"{REPLIES}/tasks/{EXECUTION}-{ID}-r2",
    due="2026-11-26T13:45:05.000000Z",
)
SHOWN = entry(59, "/reply-discord done", **OF_TASK, status=200, ms=300, shows="picture")
RUN = CloudExecution(EXECUTION, "SUCCEEDED", "2026-11-26T13:44:49.2Z", "2026-11-26T13:44:53Z", "000003-abc")


def told(*entries: dict[str, object], executions: tuple[CloudExecution, ...] = (RUN,)) -> Story:
    return story_of_cloud(ID, entries, executions, BEGAN_S + 10)


def test_the_log_of_a_picture_is_a_story_with_the_same_parts() -> None:
    story = told(ENQUEUED, DRAWN, DOWN, SHOWN)
    assert story.summary.kind == "shown"
    assert (story.summary.attempts, story.summary.has_error, story.summary.revision) == (3, True, "000003-abc")
    assert [(bar.part, bar.kind) for bar in story.bars if bar.kind != "wait"] == [
        ("ingress", "work"),
        ("workflow", "work"),
        ("workflow", "work"),
        ("workflow", "error"),
        ("reply-discord-queue", "work"),
    ]
    assert story.executions[0].state == "SUCCEEDED"
    assert story.reply_s == pytest.approx(9.8, abs=1)
    assert ["attempts of tasks" in story.missing[0], "waits within" in story.missing[1]] == [True, True]


def test_a_request_that_waits_in_the_cloud_says_until_when() -> None:
    story = told(ENQUEUED, DRAWN, DOWN, PUT_OFF)
    assert story.state.startswith("waiting for ")
    assert story.summary.next_s is not None
    assert story.summary.next_s - BEGAN_S == pytest.approx(16, abs=1)


def test_a_refusal_and_nothing_at_all_are_told() -> None:
    refused = told(entry(49.1, "refused: the line is 900 s long", "WARNING"), executions=())
    assert refused.state == "refused at the ingress: refused: the line is 900 s long"
    assert "the log has no entry of it" in told(executions=()).missing[0]


def test_the_executions_are_those_that_steps_and_tasks_name() -> None:
    assert executions_in(ID, [ENQUEUED]) == []
    assert executions_in(ID, [ENQUEUED, DRAWN]) == executions_in(ID, [SHOWN]) == [EXECUTION]


def test_the_query_names_the_id_and_a_time_before_it() -> None:
    assert query(ID) == f'jsonPayload.interaction_id="{ID}" AND timestamp>="2026-11-26T13:43:49Z"'


def test_a_trace_of_a_project_is_made_by_gcloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A gcloud of a few lines, which prints what the real one would."""
    shown = {
        "name": f"projects/p/locations/l/workflows/mando/executions/{EXECUTION}",
        "state": "SUCCEEDED",
        "startTime": RUN.began,
        "endTime": RUN.ended,
        "workflowRevisionId": RUN.revision,
    }
    (tmp_path / "entries").write_text(json.dumps([ENQUEUED, DRAWN, SHOWN]))
    (tmp_path / "execution").write_text(json.dumps(shown))
    program = tmp_path / "gcloud"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n'
        f"case $1 in logging) cat {tmp_path}/entries ;; *) cat {tmp_path}/execution ;; esac\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    command.main([str(ID), "--project", "p"], standalone_mode=False)
    said = capsys.readouterr().out
    assert f"interaction {ID}" in said
    assert f"execution {EXECUTION}: SUCCEEDED" in said
    logging, executions = (tmp_path / "asked").read_text().splitlines()
    assert logging == f"logging read {query(ID)} --project=p --order=asc --limit=2000 --format=json"
    place = "--workflow=mando --location=us-central1 --project=p"
    assert executions == f"workflows executions describe {EXECUTION} {place} --format=json"


async def test_a_trace_of_this_machine_is_what_the_page_tells(tmp_path: Path) -> None:
    async with a_way(tmp_path) as way:
        interaction = await way.send()
        await way.until(interaction, "shown")
        port = way.base.rpartition(":")[2]
        text = await asyncio.to_thread(mando, "trace", interaction, "--port", port)
        as_json = await asyncio.to_thread(mando, "trace", interaction, "--port", port, "--json")
        unknown = await asyncio.to_thread(mando, "trace", "123456789012345678", "--port", port)
    assert text.returncode == as_json.returncode == 0
    assert "the ingress answers Discord" in text.stdout
    assert json.loads(as_json.stdout)["summary"]["interaction"] == interaction
    assert (unknown.returncode, "nothing is known" in unknown.stderr) == (1, True)
