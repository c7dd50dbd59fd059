"""What an execution tells about itself: step entries, and the count of billable steps."""

import json
from pathlib import Path

import pytest

from local.executions.history import History
from local.workflows.compile import compile_workflow
from local.workflows.errors import WorkflowError
from local.workflows.history import Bill
from tests.conformance.script import Script
from tests.conformance.virtual import VirtualDriver
from tests.system.up import mando

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


def _ran(source: str, *, with_variables: bool = False) -> tuple[History, Bill]:
    history, bill = History("e", lambda: "now", with_variables), Bill()
    run = compile_workflow(source).run(None, {}, history.observe, bill)
    with pytest.raises(WorkflowError):
        VirtualDriver(Script([{"code": 500}, {}]), 0.0).drive(run)
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
        ("loop", "STEP_FOR", None, done),
        ("0", "STEP_FOR_ITERATION", "3", done),
        ("inner", "STEP_SUBWORKFLOW_CALL", "4", done),
        ("r", "STEP_RETURN", "5", done),
        ("both", "STEP_PARALLEL_BRANCH", None, done),
        ("one", "STEP_PARALLEL_BRANCH_ENTRY", "7", done),
        ("p", "STEP_STD_LIB_CALL", "8", done),
        ("attempt", "STEP_TRY_RETRY_EXCEPT", None, done),
        ("try", "STEP_TRY", "10", failed),
        ("except", "STEP_EXCEPT", "10", done),
        ("again", "STEP_STD_LIB_CALL", "12", done),
        ("fail", "STEP_RAISE", None, failed),
    ]
    assert json.loads(history.entries[-1]["exception"]["payload"]) == "boom"
    assert history.entries[2]["navigationInfo"]["children"] == ["4"]
    assert all("variableData" not in one for one in history.entries)


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
