"""An execution goes on from its journal with the code that began it, or fails and says at which step it cannot."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.executions.engine.fingerprint import KIND_NAMES, fingerprint
from local.workflows.effects import (
    Auth,
    AwaitCallback,
    ConnectorCall,
    CreateCallback,
    HttpCall,
    Leaf,
    Log,
    NewUuid,
    Now,
    Sleep,
)
from tests.executions.face import WORKFLOW, Face, a_face
from tests.running import until

STEPS = """
main:
  steps:
  - first: {call: http.post, args: {url: '${sys.get_env("TARGET") + "/first"}', body: {a: 1}}}
  - nap: {call: sys.sleep, args: {seconds: 0.01}}
  - pause: {call: sys.sleep, args: {seconds: 600}}
  - last: {call: http.post, args: {url: '${sys.get_env("TARGET") + "/last"}'}}
"""
SIDE_BY_SIDE = """
main:
  steps:
  - both:
      parallel:
        branches:
        - one:
            steps:
            - left: {call: sys.sleep, args: {seconds: 0.01}}
            - then: {call: sys.sleep, args: {seconds: 600}}
        - two: {steps: [{right: {call: sys.sleep, args: {seconds: 600}}}]}
"""


def waits_at(face: Face, name: str, step: str) -> bool:
    history = face.service._histories.get(name)
    return history is not None and history.waiting_steps() == [step]


async def gone_on(folder: Path, source: str, change: str, *values: str) -> dict[str, Any]:
    """The execution's end, after its file was changed by that statement while nothing ran."""
    async with a_face(folder) as face:
        face.deploy(source)
        name = face.service.create(WORKFLOW, None)["name"]
        recorded = 2 if source == STEPS else 1
        journal = face.service.store._database
        await until(lambda: len(journal.rows("SELECT 1 FROM journal")) == recorded)
        address = face.url
    with sqlite3.connect(folder / "executions.sqlite") as database:
        database.execute(change, values)
    async with a_face(folder, port=int(address.rpartition(":")[2])) as face:
        if values == ():
            await until(lambda: waits_at(face, name, "pause"))
            await face.service.cancel(name)
        return await face.ended(name) | {"calls": face.calls}


ZERO = "- zero: {call: sys.sleep, args: {seconds: 5}}\\n  "  # as JSON has it
REWRITE = "UPDATE revisions SET resource = replace(resource, ?, ?)"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("/first", "/other", "the step 'first' asks for an HTTP call that is another than the one whose outcome"),
        ("- first", ZERO + "- first", "the step 'zero' asks for a sleep, and its journal holds the outcome of an HTTP"),
        ("{a: 1}", "{a: 2}", "the step 'first' asks for an HTTP call that is another"),
        ("seconds: 0.01", "seconds: 0.02", "the step 'nap' asks for a sleep that is another"),
        ("  - nap: {call: sys.sleep, args: {seconds: 0.01}}", "  - nap: {return: 1}",
         "the workflow does not ask for a sleep as it did"),
    ],
    ids=["another URL", "another kind", "another body", "another time", "nothing"],
)  # fmt: skip
async def test_where_the_code_asks_for_something_else_the_execution_fails_and_says_at_which_step(
    tmp_path: Path, before: str, after: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    execution = await gone_on(tmp_path, STEPS, REWRITE, before, after)
    assert execution["state"] == "FAILED"
    error = json.loads(execution["error"]["payload"])
    assert error["tags"] == ["SystemError"]
    assert error["message"].startswith(f"SystemError: {said}")
    assert error["message"].endswith("the execution was begun with other code and cannot go on; start it again")
    assert execution["calls"] == [], "nothing is done on a wrong ground"
    assert error["message"].removeprefix("SystemError: ") in caplog.text


async def test_of_branches_that_wait_side_by_side_each_is_named(tmp_path: Path) -> None:
    execution = await gone_on(tmp_path, SIDE_BY_SIDE, REWRITE, "seconds: 0.01", "seconds: 0.02")
    said = json.loads(execution["error"]["payload"])["message"]
    assert said.startswith("SystemError: one of the steps 'left', 'right' asks for a sleep that is another")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE revisions SET resource = replace(resource, '/last', '/other')",
        "UPDATE revisions SET resource = replace(resource, 'seconds: 600', 'seconds: 700')",
        "UPDATE journal SET kind = NULL, digest = NULL",
    ],
    ids=["what comes later is changed", "what waits is changed", "the journal is of layout 1"],
)
async def test_where_what_is_recorded_agrees_the_execution_goes_on(tmp_path: Path, change: str) -> None:
    execution = await gone_on(tmp_path, STEPS, change)
    assert (execution["state"], execution["calls"]) == ("CANCELLED", [])


async def test_a_sleep_that_was_interrupted_is_compared_as_it_was_asked_for(tmp_path: Path) -> None:
    """After a restart less is left of it; what was asked for is still the whole."""
    source = STEPS.replace("seconds: 600", "seconds: 1").replace(
        "- last", "- rest: {call: sys.sleep, args: {seconds: 600}}\n  - last"
    )
    async with a_face(tmp_path) as face:
        face.deploy(source)
        name = face.service.create(WORKFLOW, None)["name"]
        await until(lambda: waits_at(face, name, "pause"))
        port = int(face.url.rpartition(":")[2])
    for _ in range(2):
        async with a_face(tmp_path, port=port) as face:
            await until(lambda: waits_at(face, name, "rest"))
            assert face.service.get(name)["state"] == "ACTIVE"


CALL = HttpCall("GET", "http://a/b", {"A": "b"}, b"body", 5.0, Auth("OIDC", "x"))
DIFFERENT: list[Leaf] = [
    CALL,
    HttpCall("POST", "http://a/b", {"A": "b"}, b"body", 5.0),
    HttpCall("GET", "http://a/c", {"A": "b"}, b"body", 5.0),
    HttpCall("GET", "http://a/b", {"A": "b"}, b"other", 5.0),
    HttpCall("GET", "http://a/b", {"A": "b"}, None, 5.0),
    Sleep(1.0),
    Sleep(1.5),
    Now(),
    NewUuid(),
    Log({"a": 1}, "INFO"),
    Log({"a": 1}, "ERROR"),
    Log({"a": 2}, "INFO"),
    Log("\ud800", "INFO"),
    ConnectorCall("a", {"x": 1}),
    ConnectorCall("a", {"x": 2}),
    ConnectorCall("b", {"x": 1}),
    CreateCallback("GET"),
    CreateCallback("POST"),
    AwaitCallback("http://a", 5.0),
    AwaitCallback("http://b", 5.0),
]


def test_no_two_effects_that_ask_for_different_things_look_alike() -> None:
    assert len({fingerprint(effect) for effect in DIFFERENT}) == len(DIFFERENT)
    assert {fingerprint(effect).kind for effect in DIFFERENT} == KIND_NAMES.keys()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CALL, HttpCall("GET", "http://a/b", {}, b"body", 90.0)),
        (CALL, HttpCall("GET", "https://127.0.0.1:8082/b", {}, b"body", 5.0)),  # a `mando up` on other ports
        (AwaitCallback("http://a", 5.0), AwaitCallback("http://a", 4.0)),
        (Sleep(1), Sleep(1.0)),
    ],
)
def test_how_it_is_asked_makes_no_difference(one: Leaf, other: Leaf) -> None:
    assert fingerprint(one) == fingerprint(other)


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_every_text_has_a_digest(url: str, data: str) -> None:
    make: list[Callable[[], Leaf]] = [lambda: HttpCall("GET", url, {}, None, 1.0), lambda: Log(data, "INFO")]
    for effect in make:
        assert fingerprint(effect()) == fingerprint(effect())
        assert 0 <= fingerprint(effect()).digest < 2**32
