"""The step entries of one run, compared whole: what stands in what, what comes after what, how each ended and when."""

import json
from itertools import count
from typing import Any

import pytest

from local.executions.engine.step_entries import History
from local.workflows.compile.workflow import compile_workflow
from local.workflows.run.branches import Branches

SOURCE = """
main:
  steps:
  - pick:
      switch:
      - condition: ${1 == 2}
        next: end
      - condition: ${1 == 1}
        steps:
        - each: {for: {value: v, in: [7, 8], steps: [{add: {assign: [x: "${v}"]}}]}}
  - again:
      try: {steps: [{call_it: {call: fail, result: y}}]}
      retry: {predicate: "${always}", max_retries: 1, backoff: {initial_delay: 1, max_delay: 1, multiplier: 1}}
      except: {as: e, steps: [{caught: {assign: [z: "${e}"]}}]}
  - side:
      parallel:
        branches:
        - left: {steps: [{l: {call: sys.sleep, args: {seconds: 1}}}]}
        - right: {steps: [{r1: {assign: [b: 1]}}, {r2: {assign: [b: 2]}}]}
  - many: {parallel: {for: {value: w, range: [1, 2], steps: [{m: {assign: [c: "${w}"]}}]}}}
  - done: {return: 1}
fail: {steps: [{f: {raise: boom}}]}
always: {params: [e], steps: [{t: {return: true}}]}
"""

# entry, routine, step, type, state; parent, previous, next, children; progress (type, number, expected), thread;
# whether it has an error; the instants of its beginning and its end.
# Source of the names: Workflow Executions v1, StepEntry.
ENTRIES = """
 1 main   pick      SWITCH                SUCCEEDED  -  -  9 2,3,4       -                    - - t0  t15
 2 main   condition CONDITION             SUCCEEDED  1  -  3 -           SWITCH:1/2           - - t1  t2
 3 main   condition CONDITION             SUCCEEDED  1  2  4 -           SWITCH:2/2           - - t3  t4
 4 main   each      FOR                   SUCCEEDED  1  3  - 5,7         -                    - - t5  t14
 5 main   0         FOR_ITERATION         SUCCEEDED  4  -  7 6           FOR:1/2              - - t6  t9
 6 main   add       ASSIGN                SUCCEEDED  5  -  - -           -                    - - t7  t8
 7 main   1         FOR_ITERATION         SUCCEEDED  4  5  - 8           FOR:2/2              - - t10 t13
 8 main   add       ASSIGN                SUCCEEDED  7  -  - -           -                    - - t11 t12
 9 main   again     TRY_RETRY_EXCEPT      SUCCEEDED  -  1 19 10,13,14,17 -                    - - t16 t35
10 main   try       TRY                   FAILED     9  - 13 11          -                    - ! t17 t22
11 main   call_it   SUBWORKFLOW_CALL      FAILED    10  -  - 12          -                    - ! t18 t21
12 fail   f         RAISE                 FAILED    11  -  - -           -                    - ! t19 t20
13 always t         RETURN                SUCCEEDED  9 10 14 -           -                    - - t23 t24
14 main   retry     RETRY                 FAILED     9 13 17 15          RETRY:1              - ! t25 t30
15 main   call_it   SUBWORKFLOW_CALL      FAILED    14  -  - 16          -                    - ! t26 t29
16 fail   f         RAISE                 FAILED    15  -  - -           -                    - ! t27 t28
17 main   except    EXCEPT                SUCCEEDED  9 14  - 18          -                    - - t31 t34
18 main   caught    ASSIGN                SUCCEEDED 17  -  - -           -                    - - t32 t33
19 main   side      PARALLEL_BRANCH       SUCCEEDED  -  9 25 20,22       -                    - - t36 t47
20 main   left      PARALLEL_BRANCH_ENTRY SUCCEEDED 19  -  - 21          PARALLEL_BRANCH:1/2 20 - t37 t46
21 main   l         STD_LIB_CALL          SUCCEEDED 20  -  - -           -                   20 - t38 t45
22 main   right     PARALLEL_BRANCH_ENTRY SUCCEEDED 19  -  - 23,24       PARALLEL_BRANCH:2/2 22 - t39 t44
23 main   r1        ASSIGN                SUCCEEDED 22  - 24 -           -                   22 - t40 t41
24 main   r2        ASSIGN                SUCCEEDED 22 23  - -           -                   22 - t42 t43
25 main   many      PARALLEL_FOR          SUCCEEDED  - 19 30 26,28       -                    - - t48 t57
26 main   0         PARALLEL_BRANCH_ENTRY SUCCEEDED 25  -  - 27          PARALLEL_FOR:1/2    26 - t49 t52
27 main   m         ASSIGN                SUCCEEDED 26  -  - -           -                   26 - t50 t51
28 main   1         PARALLEL_BRANCH_ENTRY SUCCEEDED 25  -  - 29          PARALLEL_FOR:2/2    28 - t53 t56
29 main   m         ASSIGN                SUCCEEDED 28  -  - -           -                   28 - t54 t55
30 main   done      RETURN                SUCCEEDED  - 25  - -           -                    - - t58 t59
"""
VARIABLES = {
    5: {"v": 7, "x": 7},
    6: {"v": 7, "x": 7},
    7: {"v": 8, "x": 8},
    8: {"v": 8, "x": 8},
    13: {"e": "boom"},
    17: {"e": "boom", "z": "boom"},
    18: {"e": "boom", "z": "boom"},
    22: {"b": 2},
    23: {"b": 1},
    24: {"b": 2},
    26: {"w": 1, "c": 1},
    27: {"w": 1, "c": 1},
    28: {"w": 2, "c": 2},
    29: {"w": 2, "c": 2},
}


def observed(with_variables: bool) -> History:
    """Of that run; the clock goes on by one with every look."""
    clock = count()
    history = History("E", lambda: f"t{next(clock)}", with_variables)
    branches = Branches(compile_workflow(SOURCE).run(None, {}, history.observe))
    while branches.ended is None:
        branches.resume(min(branches.pending), None)
    return history


def entry(row: str, with_variables: bool) -> dict[str, Any]:
    """What a row of the table stands for."""
    number, routine, step, kind, state, parent, before, after, children, progress, thread, error, began, ended = (
        None if cell == "-" else cell for cell in row.split()
    )
    assert number is not None
    metadata: dict[str, str] = {}
    if progress:
        of, _, numbers = progress.partition(":")
        position, _, expected = numbers.partition("/")
        metadata = {"progressType": f"PROGRESS_TYPE_{of}", "progressNumber": position}
        metadata |= {"expectedIteration": expected} if expected and with_variables else {}
    metadata |= {"threadId": thread} if thread else {}
    place: dict[str, Any] = {"parent": parent, "previous": before, "next": after}
    place["children"] = children and children.split(",")
    shown = {
        "name": f"E/stepEntries/{number}",
        "entryId": number,
        "routine": routine,
        "step": step,
        "stepType": f"STEP_{kind}",
        "state": f"STATE_{state}",
        "createTime": began,
        "updateTime": ended,
        "navigationInfo": {name: value for name, value in place.items() if value},
        "stepEntryMetadata": metadata,
    }
    shown |= {"exception": {"payload": '"boom"'}} if error else {}
    return shown | ({"variableData": {"variables": VARIABLES.get(int(number), {})}} if with_variables else {})


@pytest.mark.parametrize("with_variables", [True, False])
def test_an_entry_stands_in_another_or_says_something_else_of_itself(with_variables: bool) -> None:
    """Source: Workflow Executions v1, StepEntry; expected numbers and variables belong to the detailed level."""
    expected = [entry(row, with_variables) for row in ENTRIES.strip().splitlines()]
    history = observed(with_variables)
    for shown, wanted in zip(history.entries, expected, strict=True):
        assert shown == wanted
    assert history.shown(3, 5) == expected[3:5], "a slice begins or ends elsewhere"
    assert history.shown(29, 40) == expected[29:], "a slice beyond the end"


@pytest.mark.parametrize(
    ("source", "step"),
    [
        ("main: [{a: {assign: [x: 1]}}, {b: {call: sys.now}}]", [{"routine": "main", "step": "b"}]),
        (
            "main: [{t: {try: {call: sys.now}, except: {as: e, steps: [{x: {return: 1}}]}}}]",
            [{"routine": "main", "step": "t"}],
        ),
        ("main: [{c: {call: sub}}]\nsub: [{d: {call: sys.now}}]", [{"routine": "sub", "step": "d"}]),
        (
            "main: [{f: {for: {value: v, in: [1], steps: [{g: {call: sys.now}}]}}}]",
            [{"routine": "main", "step": "g"}],
        ),
        ("main: [{s: {switch: [{condition: '${sys.now() > 0}', next: end}]}}]", [{"routine": "main", "step": "s"}]),
    ],
)
def test_a_part_of_a_step_is_shown_as_the_step_that_it_is_in(source: str, step: list[dict[str, str]]) -> None:
    """Source: Workflow Executions v1, Execution.status: the steps, not their conditions, iterations and tries."""
    history = History("E", lambda: "now")
    branches = Branches(compile_workflow(source).run(None, {}, history.observe))
    assert branches.pending, "it waits"
    assert history.current_steps() == step
    assert history.waiting_steps() == [one["step"] for one in step]


def test_before_its_first_step_an_execution_is_in_one() -> None:
    assert History("E", lambda: "now").current_steps() == []


def test_what_has_ended_before_a_cancellation_is_cancelled_or_keeps_no_time() -> None:
    clock = count()
    history = History("E", lambda: f"t{next(clock)}")
    source = "main: [{a: {assign: [x: 1]}}, {f: {for: {value: v, in: [1], steps: [{s: {call: sys.now}}]}}}]"
    Branches(compile_workflow(source).run(None, {}, history.observe))
    history.cancel()
    shown = [(one["step"], one["state"], one["createTime"], one["updateTime"]) for one in history.entries]
    assert shown == [
        ("a", "STATE_SUCCEEDED", "t0", "t1"),
        ("f", "STATE_CANCELLED", "t2", "t5"),
        ("0", "STATE_CANCELLED", "t3", "t5"),
        ("s", "STATE_CANCELLED", "t4", "t5"),
    ]
    assert all("variableData" not in one for one in history.entries), "unless it is asked for"


def test_a_variable_of_bytes_breaks_the_list_of_entries() -> None:
    history = History("E", lambda: "now", with_variables=True)
    source = "main: [{a: {assign: [b: '${text.encode(\"hü\")}', x: ü]}}]"
    Branches(compile_workflow(source).run(None, {}, history.observe))
    assert json.loads(json.dumps(history.entries[0]["variableData"])) == {"variables": {"b": "3 bytes", "x": "ü"}}
