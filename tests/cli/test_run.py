"""`mando run` as a stranger types it, with a file of theirs."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from aiohttp import web

from local.workflows.limits import MAX_SOURCE_BYTES
from tests.command import mando
from tests.running import served
from tests.servers import ROOT
from tests.wire import a_wire

CALLS = """
main:
  params: [url]
  steps:
  - first: {call: http.get, args: {url: "${url}", auth: {type: OIDC}}}
  - second: {call: http.get, args: {url: "${url}", auth: {type: OAuth2}}}
"""


def a_file(folder: Path, text: str | bytes, name: str = "w.yaml") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def started(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", "run", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return mando("run", *arguments, **environment)


def execution_of(*arguments: str, **environment: str) -> Any:
    return json.loads(run(*arguments, **environment).stdout)


def test_sleeps_side_by_side_take_as_long_as_the_longest(tmp_path: Path) -> None:
    source = (
        "main:\n  steps:\n  - p:\n      parallel:\n        for:\n          value: s\n          in: [100, 70, 100]\n"
        "          steps: [{z: {call: sys.sleep, args: {seconds: '${s}'}}}]\n"
    )
    execution = execution_of(a_file(tmp_path, source), "--virtual-time", "--history", "basic")
    assert execution["duration"] == "100.000000s"
    begun, ended = (re.sub(r"\.\d+Z", "", execution["stepEntries"][0][name]) for name in ("createTime", "updateTime"))
    assert (begun, ended) == tuple(re.sub(r"\.\d+Z", "", execution[name]) for name in ("startTime", "endTime"))
    assert begun != ended


def test_an_execution_shows_its_argument_and_a_compact_result(tmp_path: Path) -> None:
    file = a_file(tmp_path, "main:\n  params: [a]\n  steps:\n  - r: {return: {z: [1, 2], é: '${a}', b: null}}\n")
    execution = execution_of(file)
    assert (execution["argument"], execution["result"]) == ("null", '{"b":null,"z":[1,2],"é":null}')
    given = execution_of(file, "--data", '{"x": 1}')
    assert (given["argument"], given["result"]) == ('{"x": 1}', '{"b":null,"z":[1,2],"é":{"x":1}}')


async def test_calls_with_auth_carry_the_users_token_which_is_never_printed(tmp_path: Path) -> None:
    async with a_wire() as wire:
        ended = await _beside(a_file(tmp_path, CALLS), "--data", json.dumps(wire.url), MANDO_RUN_TOKEN="s3cr3t\n")
    assert ended.returncode == 0, ended.stderr
    assert [wire.headers(number)["authorization"] for number in (0, 1)] == ["Bearer s3cr3t"] * 2
    helped = run("--help", MANDO_RUN_TOKEN="s3cr3t")
    assert "MANDO_RUN_TOKEN" in helped.stdout
    assert all("s3cr3t" not in text for text in (ended.stdout, ended.stderr, helped.stdout, helped.stderr))


async def test_without_a_token_of_the_users_a_made_up_one_is_sent_which_is_said_once(tmp_path: Path) -> None:
    async with a_wire() as wire:
        ended = await _beside(a_file(tmp_path, CALLS), "--data", json.dumps(wire.url), MANDO_RUN_TOKEN="")
    assert [wire.headers(number)["authorization"] for number in (0, 1)] == ["Bearer made-up-by-mando-run"] * 2
    assert ended.stderr.count("made-up token") == 1


def test_a_token_that_cannot_be_sent_is_refused_and_not_printed(tmp_path: Path) -> None:
    ended = run(a_file(tmp_path, CALLS), MANDO_RUN_TOKEN="s3c\r3t")
    assert (ended.returncode, "s3c" in ended.stderr) == (2, False)
    assert ended.stderr == "mando run: MANDO_RUN_TOKEN has a character that no token has\n"


async def _beside(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """As run(), while servers of this event loop answer."""
    return await asyncio.to_thread(run, *arguments, **environment)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        ("# nothing yet\n", ":1:1: the file is empty, expected `main`"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "is not UTF-8"),
        (b"ELF\0\0\1\2: x\n", "is no workflow: it is no text"),
        ("\n<!DOCTYPE html>\n<p>404: not found</p>", "is no workflow: it is HTML or XML"),
        ("#!/bin/bash\nset -e\nfor i in 1 2; do echo $i; done\n", "is no workflow: it is a script"),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {a: [1]}\nstatus: {}\n",
            "is no workflow: it is a map of apiVersion, kind, metadata, spec, …; "
            "expected main and subworkflows, or a list of steps",
        ),
        ("kind: A\nspec: 1\n---\nkind: B\n", "is no workflow: it is a map of kind, spec; expected main"),
        ('{"name": "x", "scripts": {"test": "y"}}', "is no workflow: it is a map of name, scripts; expected main"),
        ("just a word", "is no workflow: it is text or a number; expected main"),
        ("main:\n" + "#" * MAX_SOURCE_BYTES, "is larger than a workflow may be, which is 131072 bytes"),
    ],
)
def test_what_is_no_workflow_is_told_in_a_sentence(content: str | bytes, said: str, tmp_path: Path) -> None:
    ended = run(a_file(tmp_path, content))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert len(ended.stderr.splitlines()) <= 3


@pytest.mark.parametrize(
    ("path", "said"), [("/", "cannot read /: Is a directory"), ("/dev/zero", "/dev/zero is larger than")]
)
def test_what_is_no_file_is_told_in_a_sentence(path: str, said: str) -> None:
    ended = run(path)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert said in ended.stderr


def test_of_many_mistakes_the_first_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    steps = "".join(f"  - s{number}: {{assign: [x: '${{1 +}}']}}\n" for number in range(200))
    ended = run(a_file(tmp_path, "main:\n  steps:\n" + steps))
    assert ended.returncode == 2
    assert len(re.findall(r"w\.yaml:\d+:\d+: ", ended.stderr)) == 20
    assert ended.stderr.endswith("\nand 180 more\n")


def test_a_workflow_that_a_windows_editor_wrote_runs(tmp_path: Path) -> None:
    source = "main:\r\n  steps:\r\n  - r:\r\n      return: 1\r\n".encode("utf-8-sig")
    assert execution_of(a_file(tmp_path, source))["result"] == "1"


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "/v1", "ftp://h", "http://", "http://h:x"])
def test_a_base_url_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    ended = run(a_file(tmp_path, CALLS), "--base-url", url)
    assert (ended.returncode, ended.stderr) == (
        2,
        f"mando run: --base-url: {url!r} is not of the form http://HOST:PORT\n",
    )


@pytest.mark.parametrize("url", ["/relative", "example.com/x", "http:///x", ""])
def test_a_workflows_url_that_is_none_fails_the_execution(url: str, tmp_path: Path) -> None:
    """Source: Workflows, http.get: "ValueError: If the URL is invalid"."""
    execution = execution_of(a_file(tmp_path, CALLS), "--data", json.dumps(url))
    assert json.loads(execution["error"]["payload"])["tags"] == ["ValueError"]


@pytest.mark.parametrize("options", [[], ["--virtual-time"]])
def test_ctrl_c_cancels_the_execution(options: list[str], tmp_path: Path) -> None:
    source = (
        "main:\n  steps:\n"
        "  - c: {call: events.create_callback_endpoint, args: {http_callback_method: GET}, result: c}\n"
        "  - w: {call: events.await_callback, args: {callback: '${c}'}}\n"
    )
    process = started(a_file(tmp_path, source), "--history", "basic", *options)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("callback: GET http://")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    execution = json.loads(output)
    assert (process.returncode, execution["state"]) == (130, "CANCELLED")
    assert [one["state"] for one in execution["stepEntries"]] == ["STATE_SUCCEEDED", "STATE_CANCELLED"]
    assert "Traceback" not in errors


def test_a_person_can_send_the_callback_that_is_awaited_in_virtual_time(tmp_path: Path) -> None:
    source = (
        "main:\n  steps:\n  - s: {call: sys.sleep, args: {seconds: 5000}}\n"
        "  - c: {call: events.create_callback_endpoint, args: {http_callback_method: POST}, result: c}\n"
        "  - w: {call: events.await_callback, args: {callback: '${c}'}, result: got}\n"
        "  - s2: {call: sys.sleep, args: {seconds: 5000}}\n"
        "  - r: {return: '${got.http_request.body}'}\n"
    )
    process = started(a_file(tmp_path, source), "--virtual-time")
    assert process.stderr is not None
    url = process.stderr.readline().split()[-1]
    assert requests.post(url, json={"ok": True}, timeout=30).status_code == 200
    output, _ = process.communicate(timeout=60)
    execution = json.loads(output)
    assert execution["result"] == '{"ok":true}'
    assert 10_000 < float(execution["duration"].removesuffix("s")) < 10_030


async def test_in_virtual_time_a_real_call_takes_its_real_time_beside_a_sleep_that_takes_none(tmp_path: Path) -> None:
    source = (
        "main:\n  params: [url]\n  steps:\n  - before: {assign: [began: '${sys.now()}', took: null]}\n"
        "  - both:\n      parallel:\n        shared: [took]\n        branches:\n"
        "        - sleep: {steps: [{s: {call: sys.sleep, args: {seconds: 1000}}}]}\n"
        "        - call: {steps: [{c: {call: http.get, args: {url: '${url}'}}}, "
        "{t: {assign: [took: '${sys.now() - began}']}}]}\n"
        "  - r: {return: ['${took}', '${sys.now() - began}']}\n"
    )

    async def after_half_a_second(_: web.Request) -> web.Response:
        await asyncio.sleep(0.5)
        return web.Response()

    app = web.Application()
    app.router.add_get("/", after_half_a_second)
    async with served(app) as url:
        ended = await _beside(a_file(tmp_path, source), "--virtual-time", "--data", json.dumps(f"{url}/"))
    call_s, all_s = json.loads(json.loads(ended.stdout)["result"])
    assert 0.5 <= call_s < 20
    assert all_s == pytest.approx(1000)


def test_environment_variables_can_come_from_the_environment_too(tmp_path: Path) -> None:
    file = a_file(tmp_path, 'main:\n  steps:\n  - r: {return: \'${sys.get_env("A") + sys.get_env("B")}\'}\n')
    assert execution_of(file, "--env", "B=2", MANDO_RUN_ENV="A=1")["result"] == '"12"'
    assert execution_of(file, MANDO_RUN_ENV="A=one word\nB= and two")["result"] == '"one word and two"'
