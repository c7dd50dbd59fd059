"""Callbacks over real HTTP: an execution waits at an address of its own until a request comes or the time is over."""

import json
import subprocess
import sys
from pathlib import Path

import aiohttp
import requests

from tests.executions.face import Face, a_face
from tests.running import until
from tests.servers import ROOT

SOURCE = """
main:
  params: [timeout]
  steps:
  - open: {call: events.create_callback_endpoint, args: {http_callback_method: POST}, result: callback}
  - wait: {call: events.await_callback, args: {callback: "${callback}", timeout: "${timeout}"}, result: request}
  - again: {call: events.await_callback, args: {callback: "${callback}", timeout: "${timeout}"}, result: second}
  - done: {return: ["${request.http_request.body}", "${request.http_request.query}", "${second.http_request.body}"]}
"""


async def _started(face: Face, timeout_s: float = 30) -> str:
    face.deploy(SOURCE)
    name: str = face.service.create("projects/demo/locations/us-central1/workflows/w", str(timeout_s))["name"]
    return name


async def _address(face: Face, session: aiohttp.ClientSession, name: str) -> str:
    """Where the execution waits, as the API lists it."""
    await until(lambda: any(one["step"] == "wait" for one in face.service.history(name)))
    async with session.get(f"{face.url}/v1/{name}/callbacks") as listed:
        (callback,) = (await listed.json())["callbacks"]
    assert callback["method"] == "POST"
    return f"{face.url}/v1/{callback['name']}"


async def test_a_request_with_the_right_method_goes_on_and_others_are_refused(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face, aiohttp.ClientSession() as session:
        name = await _started(face)
        url = await _address(face, session, name)
        async with session.get(url) as refused:
            assert (refused.status, (await refused.json())["error"]["code"]) == (405, 405)
        async with session.post(url + "x") as unknown:
            assert unknown.status == 404
        assert face.service.is_running(name)
        for body in ({"x": 1}, {"x": 2}):
            async with session.post(url + "?a=b", json=body) as taken:
                assert taken.status == 200
        assert json.loads((await face.ended(name))["result"]) == [{"x": 1}, {"a": "b"}, {"x": 2}]
        async with session.post(url) as over:
            assert over.status == 404


async def test_without_a_request_there_is_a_timeout_error(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        ended = await face.ended(await _started(face, 0.01))
    assert json.loads(ended["error"]["payload"])["tags"] == ["TimeoutError"]


async def test_an_address_and_what_came_to_it_survive_the_end_of_the_process(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face, aiohttp.ClientSession() as session:
        name = await _started(face)
        url = await _address(face, session, name)
        path = url.removeprefix(face.url)
        async with session.post(url, json="first") as taken:
            assert taken.status == 200
        await until(lambda: any(one["step"] == "again" for one in face.service.history(name)))
    async with a_face(tmp_path) as face, aiohttp.ClientSession() as session:
        assert face.service.is_running(name)
        async with session.post(face.url + path, json="second") as taken:
            assert taken.status == 200
        assert json.loads((await face.ended(name))["result"]) == ["first", {}, "second"]


def test_mando_run_says_where_it_waits_and_takes_the_request(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(SOURCE)
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", "run", str(file), "--data", "30"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr is not None
        assert running.stdout is not None
        word, method, url = running.stderr.readline().split()
        assert (word, method) == ("callback:", "POST")
        assert requests.post(url, json=1, timeout=10).status_code == 200
        assert requests.post(url, json=2, timeout=10).status_code == 200
        execution = json.loads(running.stdout.read())
    assert json.loads(execution["result"]) == [1, {}, 2]
