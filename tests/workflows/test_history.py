"""What an execution tells about itself: step entries, and the count of billable steps."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from local.executions.engine.step_entries import History
from local.workflows.compile.workflow import compile_workflow
from local.workflows.errors import WorkflowError
from local.workflows.run.observer import Bill
from tests.command import mando
from tests.conformance.script import Script
from tests.conformance.virtual import ScriptedTime

SOURCE = """
main:
  steps:
  - set: {assign: [x: 1, y: 2]}
  - look:
      switch:
      - {condition: "${x == 2}", next: end}
      - {condition: "${x == 1}", assign: [z: 3]}
  - loop: {for: {value: v, in: [a], steps: [{inner: {call: sub}}]}}
  - both: {parallel: {branches: [{one: {steps: [{p: {call: sys.now}}]}}]}}
  - attempt:
      try: {call: http.get, args: {url: "http://elsewhere.example/"}}
      except: {as: e, steps: [{again: {call: http.get, args: {url: "https://me.run.app/"}}}]}
  - fail: {raise: boom}
sub:
  steps: [{r: {return: 1}}]
"""


def _ran(
    source: str, answers: Sequence[dict[str, Any]] = ({"code": 500}, {}), *, with_variables: bool = False
) -> tuple[History, Bill]:
    history, bill = History("e", lambda: "now", with_variables), Bill()
    run = compile_workflow(source).run(None, {}, history.observe, bill)
    with pytest.raises(WorkflowError):
        ScriptedTime(Script(list(answers)), 0.0).drive(lambda: run)
    return history, bill


def test_each_step_is_an_entry_with_its_type_and_its_place_among_the_others() -> None:
    history, _ = _ran(SOURCE)
    shown = [
        (one["step"], one["stepType"], one["navigationInfo"].get("parent"), one["state"]) for one in history.entries
    ]
    done, failed = "STATE_SUCCEEDED", "STATE_FAILED"
    assert shown == [
        ("set", "STEP_ASSIGN", None, done),
        ("look", "STEP_SWITCH", None, done),
        ("condition", "STEP_CONDITION", "2", done),
        ("condition", "STEP_CONDITION", "2", done),
        ("loop", "STEP_FOR", None, done),
        ("0", "STEP_FOR_ITERATION", "5", done),
        ("inner", "STEP_SUBWORKFLOW_CALL", "6", done),
        ("r", "STEP_RETURN", "7", done),
        ("both", "STEP_PARALLEL_BRANCH", None, done),
        ("one", "STEP_PARALLEL_BRANCH_ENTRY", "9", done),
        ("p", "STEP_STD_LIB_CALL", "10", done),
        ("attempt", "STEP_TRY_RETRY_EXCEPT", None, done),
        ("try", "STEP_TRY", "12", failed),
        ("except", "STEP_EXCEPT", "12", done),
        ("again", "STEP_STD_LIB_CALL", "14", done),
        ("fail", "STEP_RAISE", None, failed),
    ]
    assert json.loads(history.entries[-1]["exception"]["payload"]) == "boom"
    assert history.entries[4]["navigationInfo"]["children"] == ["6"]
    assert all("variableData" not in one for one in history.entries)
    assert history.current_steps() == [{"routine": "main", "step": "fail"}]


def test_entries_say_what_came_before_and_after_them_and_which_of_how_many_they_are() -> None:
    history, _ = _ran(SOURCE, with_variables=True)
    along = [history.entries[number - 1]["navigationInfo"] for number in (1, 2, 5, 9, 12, 16)]
    assert [one.get("previous") for one in along] == [None, "1", "2", "5", "9", "12"]
    assert [one.get("next") for one in along] == ["2", "5", "9", "12", "16", None]
    metadata = {number: history.entries[number - 1]["stepEntryMetadata"] for number in (1, 3, 4, 6, 10, 11)}
    assert metadata == {
        1: {},
        3: {"progressType": "PROGRESS_TYPE_SWITCH", "progressNumber": "1", "expectedIteration": "2"},
        4: {"progressType": "PROGRESS_TYPE_SWITCH", "progressNumber": "2", "expectedIteration": "2"},
        6: {"progressType": "PROGRESS_TYPE_FOR", "progressNumber": "1", "expectedIteration": "1"},
        10: {
            "progressType": "PROGRESS_TYPE_PARALLEL_BRANCH",
            "progressNumber": "1",
            "expectedIteration": "1",
            "threadId": "10",
        },
        11: {"threadId": "10"},
    }
    basic, _ = _ran(SOURCE)
    assert all("expectedIteration" not in one["stepEntryMetadata"] for one in basic.entries)


def test_a_retry_is_an_entry_and_so_is_an_iteration_of_a_parallel_loop() -> None:
    history, _ = _ran("""
main:
  steps:
  - twice: {try: {call: http.get, args: {url: "http://server.example/"}}, retry: "${http.default_retry}"}
  - all:
      parallel:
        for: {value: v, in: [a, b], steps: [{nest: {steps: [{n: {next: end_it}}, {end_it: {call: sys.now}}]}}]}
  - fail: {raise: boom}
""", [{"code": 503}, {}])  # fmt: skip
    shown = [(one["step"], one["stepType"], one["stepEntryMetadata"].get("progressType")) for one in history.entries]
    assert shown[:3] == [
        ("twice", "STEP_TRY_RETRY_EXCEPT", None),
        ("try", "STEP_TRY", None),
        ("retry", "STEP_RETRY", "PROGRESS_TYPE_RETRY"),
    ]
    assert shown[3] == ("all", "STEP_PARALLEL_FOR", None)
    assert sorted(shown[4:12]) == sorted(
        2 * [("nest", "STEP_TYPE_UNSPECIFIED", None), ("n", "STEP_GOTO", None), ("end_it", "STEP_STD_LIB_CALL", None)]
        + [(name, "STEP_PARALLEL_BRANCH_ENTRY", "PROGRESS_TYPE_PARALLEL_FOR") for name in "01"]
    )


def test_what_was_in_progress_when_an_execution_was_cancelled_says_so() -> None:
    history = History("e", lambda: "now")
    run = compile_workflow("main: [{a: {assign: [x: 1]}}, {wait: {call: sys.sleep, args: {seconds: 9}}}]").run(
        None, {}, history.observe
    )
    next(run)
    history.cancel()
    assert [one["state"] for one in history.entries] == ["STATE_SUCCEEDED", "STATE_CANCELLED"]


def test_variables_are_kept_when_asked_for() -> None:
    history, _ = _ran(SOURCE, with_variables=True)
    assert history.entries[0]["variableData"] == {"variables": {"x": 1, "y": 2}}


def test_assignments_conditions_calls_and_returns_are_billed_and_foreign_hosts_as_external() -> None:
    _, bill = _ran(SOURCE)
    # 2 assignments, 2 conditions and the case's assignment, the call of sub and its return, sys.now, me.run.app, raise
    assert (bill.internal, bill.external) == (10, 1)


def test_run_prints_the_bill_and_the_history_and_takes_stubs(tmp_path: Path) -> None:
    file, stub = tmp_path / "w.yaml", tmp_path / "stub.yaml"
    file.write_text(
        "main:\n  steps:\n  - a: {call: googleapis.pubsub.v1.projects.topics.list, args: {project: p}, result: r}\n"
        "  - b: {return: '${r.topics}'}\n"
    )
    stub.write_text("googleapis.pubsub.v1.projects.topics.list: {topics: [t]}\n")
    ran = mando("run", str(file), "--stub", str(stub), "--history", "detailed")
    execution = json.loads(ran.stdout)
    assert (execution["state"], execution["result"]) == ("SUCCEEDED", '["t"]')
    assert [one["stepType"] for one in execution["stepEntries"]] == ["STEP_CONNECTOR_CALL", "STEP_RETURN"]
    assert ran.stderr == "billable steps: 2 internal, 0 external\n"
    without = mando("run", str(file))
    assert "googleapis.pubsub.v1.projects.topics.list is not served here and has no stub" in without.stdout
    stub.write_text("[1]")
    wrong = mando("run", str(file), "--stub", str(stub))
    assert (wrong.returncode, "--stub" in wrong.stderr) == (2, True)
    stub.write_text("googleapis.pubsub.v1.projects.topics.lst: 1\n")
    wrong = mando("run", str(file), "--stub", str(stub))
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "1:1: there is no connector 'googleapis.pubsub.v1.projects.topics.lst'; did you mean" in wrong.stderr


def test_run_takes_a_stub_for_a_connector_that_has_a_face_too(tmp_path: Path) -> None:
    file, stub = tmp_path / "w.yaml", tmp_path / "stub.yaml"
    file.write_text(
        "- a: {call: googleapis.storage.v1.buckets.get, args: {bucket: b}, result: r}\n- b: {return: '${r.name}'}\n"
    )
    stub.write_text("googleapis.storage.v1.buckets.get: {name: b}\n")
    ran = mando("run", str(file), "--stub", str(stub), "--base-url", "http://127.0.0.1:1")
    assert (ran.returncode, json.loads(ran.stdout)["result"]) == (0, '"b"')


def test_each_look_at_what_a_connector_has_started_is_billed() -> None:
    """Source: "Understand connectors", Long-running operations."""
    source = """
main:
  steps:
  - delete: {call: googleapis.workflows.v1.projects.locations.workflows.delete, args: {name: n}}
  - child:
      call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run
      args: {workflow_id: w, location: l, project_id: p}
  - fail: {raise: boom}
"""
    begun, active = {"name": "o"}, {"name": "e", "state": "ACTIVE"}
    looked_at = [begun, begun, {**begun, "done": True}, active, active, {"name": "e", "state": "SUCCEEDED"}]
    _, bill = _ran(source, [{"json": one} for one in looked_at])
    assert (bill.internal, bill.external) == (3 + 2 + 2, 0)
