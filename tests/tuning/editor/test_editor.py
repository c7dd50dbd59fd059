"""/tune over HTTP: the fields, a question and its answer line by line, one at a time; nothing is left behind."""

import json
import logging
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local.live_files import LiveFile
from local.server import LocalCloud
from tests.running import until
from tests.servers import ROOT
from tests.system.up import children_of, four_free_ports
from tuning.editor.editor import Editor
from tuning.editor.runs import Runs
from tuning.sources import from_folder

SHORT = {"requests": "200"}
LONG = {"requests": "10000", "scenario": "discord-down", "down": "10m"}  # a minute at least

Json = dict[str, Any]


class Tune:
    """A local cloud with the page, of a copy of our files which a test may edit."""

    def __init__(self, root: Path, cloud: LocalCloud, editor: Editor, url: str, session: aiohttp.ClientSession) -> None:
        self.root = root
        self.cloud = cloud
        self.editor = editor
        self.url = url
        self.session = session

    async def state(self) -> Json:
        async with self.session.get(f"{self.url}/tune/state") as answer:
            assert answer.status == 200
            found: Json = await answer.json()
            return found

    @asynccontextmanager
    async def asked(self, **body: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        async with self.session.post(f"{self.url}/tune/answer", json=body) as answer:
            assert (answer.status, answer.content_type) == (200, "application/x-ndjson")
            yield answer

    async def lines(self, **body: Any) -> list[Json]:
        async with self.asked(**body) as answer:
            return await rest_of(answer)

    async def last(self, **body: Any) -> Json:
        return (await self.lines(**body))[-1]


async def rest_of(answer: aiohttp.ClientResponse) -> list[Json]:
    return [json.loads(line) for line in (await answer.text()).splitlines()]


def workers() -> list[int]:
    return [child for child in children_of(os.getpid()) if b"tuning.editor.worker" in command(child)]


def command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


@asynccontextmanager
async def tune_of(folder: Path, runs: Runs | None = None) -> AsyncIterator[Tune]:
    root = folder / "project"
    for file in from_folder(ROOT):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, root / file)
    port = four_free_ports()
    (folder / "data").mkdir()
    cloud = LocalCloud(folder / "data", port, "http://127.0.0.1:1")
    editor = Editor(root, cloud.files, runs)
    cloud.more_routes.extend(editor.routes())
    async with cloud, aiohttp.ClientSession() as session:
        yield Tune(root, cloud, editor, f"http://127.0.0.1:{port}", session)
        await editor.stop()
    assert workers() == []


@pytest.fixture
async def tune(tmp_path: Path) -> AsyncIterator[Tune]:
    async with tune_of(tmp_path) as made:
        yield made


async def test_the_fields_are_the_numbers_of_the_files_and_every_scenario_has_a_title(tune: Tune) -> None:
    state = await tune.state()
    files = {section["file"] for section in state["sections"]}
    assert files >= {"workflows/mando.yaml", "queue.yaml", "app.yaml", "ingress/limits.yaml", "deploy/deployment.yaml"}
    assert {"name": "calm", "title": "nothing fails", "lengthS": 0} in state["scenarios"]
    assert {"name": "discord-down", "title": "Discord is down", "lengthS": 600} in state["scenarios"]
    assert state["problem"] == ""


async def test_an_edit_is_answered_beside_the_files_in_force(tune: Tune) -> None:
    lines = await tune.lines(values={"create-image-queue.rate": "200"}, **SHORT)
    kinds = [line["kind"] for line in lines]
    assert (kinds[0], kinds[-1], set(kinds[1:-1])) == ("edit", "answer", {"findings", "progress"})
    assert re.search(r"^-  rate: [0-9]+/s  ", lines[0]["diff"], re.MULTILINE)
    assert "+  rate: 200/s  " in lines[0]["diff"]
    (findings,) = [line["findings"] for line in lines if line["kind"] == "findings"]
    assert [one["knob"] for one in findings if one["is_new"] and one["level"] == "error"] == ["create-image-queue.rate"]
    assert lines[-1]["data"]["names"] == ["edited", "in force"]
    assert "<strong>edited</strong> <em>Promise kept:</em>" in lines[-1]["sentences"]


async def test_without_an_edit_there_is_one_answer(tune: Tune) -> None:
    lines = await tune.lines(**SHORT)
    assert (lines[0]["diff"], len(lines[-1]["data"]["runs"])) == ("", 1)


async def test_what_was_asked_before_is_answered_from_memory_with_the_same_numbers(tune: Tune) -> None:
    first, again = await tune.last(**SHORT), await tune.lines(**SHORT)
    assert [line["ended"] for line in again if line["kind"] == "progress"] == [200]
    assert again[-1]["data"] == first["data"]


async def test_wrong_fields_are_named_and_nothing_is_simulated(tune: Tune) -> None:
    (line,) = await tune.lines(values={"app.max_instances": "many"}, rate="-1")
    assert line["kind"] == "wrong"
    assert sorted(line["fields"]) == ["app.max_instances", "rate"]


async def test_a_number_that_no_file_may_have_is_told_at_its_field_and_there_is_no_answer(tune: Tune) -> None:
    lines = await tune.lines(values={"limits.per_minute": "0"}, **SHORT)
    (findings,) = [line["findings"] for line in lines if line["kind"] == "findings"]
    assert [(one["knob"], one["level"]) for one in findings] == [("limits.per_minute", "error")]
    assert (lines[-1]["kind"], lines[-1]["reason"]) == ("reason", "The files cannot be read.")


async def test_a_new_question_ends_the_last_one(tune: Tune) -> None:
    async with tune.asked(**LONG) as answer:
        await answer.content.readline()
        assert (await tune.last(**SHORT))["kind"] == "answer"
        assert (await rest_of(answer))[-1] == {"kind": "stopped"}


async def test_a_page_that_is_closed_leaves_no_process(tune: Tune) -> None:
    async with tune.asked(**LONG) as answer:
        await answer.content.readline()
        await until(workers)
        answer.close()
    await until(lambda: not workers())


async def test_the_local_cloud_answers_while_a_simulation_runs_and_ends_it_when_it_ends(tune: Tune) -> None:
    async with tune.asked(**LONG) as answer:
        await answer.content.readline()
        await until(workers)
        async with tune.session.get(f"{tune.url}/ops/state") as state:
            assert state.status == 200
        await tune.editor.stop()
        assert (await rest_of(answer))[-1] == {"kind": "stopped"}
    assert workers() == []


async def test_a_simulation_that_takes_too_long_is_stopped_and_says_so(tmp_path: Path) -> None:
    async with tune_of(tmp_path, Runs(longest_s=0.05)) as tune:
        said = await tune.last(**LONG)
    assert said["kind"] == "reason"
    assert said["reason"].startswith("Stopped after 0.05 s.")


async def test_a_process_that_dies_is_said_and_logged(tune: Tune, caplog: pytest.LogCaptureFixture) -> None:
    async with tune.asked(**LONG) as answer:
        await answer.content.readline()
        await until(workers)
        with caplog.at_level(logging.ERROR, "mando.tuning"):
            os.kill(workers()[0], signal.SIGKILL)
            assert "a mistake of ours" in (await rest_of(answer))[-1]["reason"]
    assert "the process ended early" in caplog.text


async def test_of_a_file_that_is_saved_with_a_mistake_the_deployed_text_is_asked(tune: Tune) -> None:
    queue = LiveFile(tune.root / "queue.yaml", lambda text: "deployed")
    queue.load()
    tune.cloud.files.append(queue)
    before = await tune.state()
    queue.path.write_text("queue: [")
    assert (await tune.state())["version"] == before["version"]
    assert (await tune.last(**SHORT))["kind"] == "answer"


async def test_a_saved_number_is_the_field_s_value_at_once(tune: Tune) -> None:
    before = await tune.state()
    limits = tune.root / "ingress/limits.yaml"
    limits.write_text(limits.read_text().replace("per_minute: 6", "per_minute: 9"))
    after = await tune.state()
    assert after["version"] != before["version"]
    rows = [row for section in after["sections"] for row in section["rows"]]
    assert [row["knobs"][0]["value"] for row in rows if row["label"] == "per_minute"] == ["9"]


async def test_a_file_that_is_no_text_is_said(tune: Tune) -> None:
    (tune.root / "app.yaml").write_bytes(b"\xff\xfe")
    assert (await tune.state())["problem"] == "app.yaml: the file is not UTF-8"
    assert await tune.lines() == [{"kind": "problem", "problem": "app.yaml: the file is not UTF-8"}]


@pytest.mark.parametrize("path", ["/tune", "/tune/tune.js", "/tune/answer.js", "/tune/uplot.js", "/tune/answer.css"])
async def test_the_page_may_load_its_own_files_alone(tune: Tune, path: str) -> None:
    async with tune.session.get(f"{tune.url}{path}") as answer:
        assert (answer.status, answer.headers["X-Content-Type-Options"]) == (200, "nosniff")
        if path == "/tune":
            assert "script-src 'self'; style-src 'self'" in answer.headers["Content-Security-Policy"]


async def test_another_page_cannot_ask(tune: Tune) -> None:
    headers = {"Origin": "https://evil.example"}
    async with tune.session.post(f"{tune.url}/tune/answer", json={}, headers=headers) as answer:
        assert answer.status == 403
    async with tune.session.post(
        f"{tune.url}/tune/answer", data="{}", headers={"Content-Type": "text/plain"}
    ) as answer:
        assert answer.status == 415
    async with tune.session.post(f"{tune.url}/tune/answer", json=[]) as answer:
        assert answer.status == 400
    assert workers() == []
