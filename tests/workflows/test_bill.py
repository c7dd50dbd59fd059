"""Billable steps, a row a kind of step: they are the same with and without a history, with and without a driver.

Source: Workflows pricing: calls, retries, single assignments, conditions, returns and raises are steps; calls of hosts
that are not Google's are external.
"""

from typing import Any

import pytest

from local.workflows.compile.workflow import compile_workflow
from local.workflows.errors import WorkflowError
from local.workflows.run.observer import Bill, Observer
from tests.conformance.script import Script
from tests.conformance.virtual import ScriptedTime

GET = "call: http.get, args: {url: "
SUB = "sub: [{s: {assign: [x: 1, y: 2]}}, {t: {return: true}}]"
# Steps of main → internal, external.  sub() costs 3: two assignments and the return.
ROWS: dict[str, tuple[str, int, int]] = {
    "assignments": ("{a: {assign: [x: 1, y: 2, z: 3]}}", 3, 0),
    "assignments that ask": ("{a: {assign: [x: 1, y: '${sys.now()}']}}", 2, 0),
    "no assignment": ("{a: {assign: []}}", 0, 0),
    "a jump": ("{a: {next: b}}, {c: {assign: [x: 1]}}, {b: {next: end}}", 0, 0),
    "a function": ("{a: {call: text.to_lower, args: [A]}}", 1, 0),
    "a function that asks": ("{a: {call: sys.now}}", 1, 0),
    "a sleep": ("{a: {call: sys.sleep, args: [0]}}", 1, 0),
    "a log": ("{a: {call: sys.log, args: [x]}}", 1, 0),
    "a subworkflow": ("{a: {call: sub}}", 4, 0),
    "a subworkflow in an expression": ("{a: {assign: [x: '${sub()}']}}", 4, 0),
    "a call of somebody else": (f"{{a: {{{GET}'http://example.com/'}}}}}}", 0, 1),
    "one whose name ends like Google's": (f"{{a: {{{GET}'http://notrun.app/'}}}}}}", 0, 1),
    "one of Google's domains alone": (f"{{a: {{{GET}'http://run.app/'}}}}}}", 1, 0),
    **{
        f"a call of {host}": (f"{{a: {{{GET}'https://{host}:8080/x'}}}}}}", 1, 0)
        for host in (
            *("storage.googleapis.com", "a-b.a.run.app", "r-p.cloudfunctions.net"),
            *("x.endpoints.p.cloud.goog", "P.AppSpot.com"),
        )
    },
    "a call by position": ("{a: {call: http.post, args: ['https://a.run.app/', 10]}}", 1, 0),
    "http.request": ("{a: {call: http.request, args: {method: GET, url: 'http://example.com/'}}}", 0, 1),
    "a callback": (
        "{a: {call: events.create_callback_endpoint, result: c}}, {b: {call: events.await_callback, args: ['${c}']}}",
        *(1, 1),
    ),
    "a connector": ("{a: {call: googleapis.storage.v1.buckets.get, args: {bucket: b}}}", 1, 0),
    "conditions up to the one that holds": (
        "{a: {switch: [{condition: false, next: end}, {condition: true, next: end}, {condition: true, next: end}]}}",
        *(2, 0),
    ),
    "conditions that ask": (
        "{a: {switch: [{condition: '${sys.now() < 0}', next: end}, {condition: '${sys.now() > 0}', return: 1}]}}",
        *(3, 0),
    ),
    "a case that assigns": ("{a: {switch: [{condition: true, assign: [x: 1, y: 2]}]}}", 3, 0),
    "a case that calls": ("{a: {switch: [{condition: true, call: sys.now}]}}", 2, 0),
    "a return": ("{a: {return: 1}}", 1, 0),
    "a return that asks": ("{a: {return: '${sys.now()}'}}", 1, 0),
    "a raise": ("{a: {raise: x}}", 1, 0),
    "a loop": ("{a: {for: {value: v, in: [1, 2], steps: [{b: {assign: [x: 1]}}]}}}", 2, 0),
    "a parallel loop": ("{a: {parallel: {for: {value: v, in: [1, 2], steps: [{b: {assign: [x: 1]}}]}}}}", 2, 0),
    "branches": (
        "{a: {parallel: {branches: [{b: {steps: [{c: {call: sys.now}}]}}, {d: {steps: [{e: {call: sys.now}}]}}]}}}",
        2,
        0,
    ),
    "steps in a step": ("{a: {steps: [{b: {assign: [x: 1]}}, {c: {assign: [x: 1]}}]}}", 2, 0),
    "what is tried": ("{a: {try: {assign: [x: 1, y: 2]}, except: {as: e, assign: [z: 1]}}}", 2, 0),
    "steps that are tried": ("{a: {try: {steps: [{b: {assign: [x: 1]}}]}, except: {as: e}}}", 1, 0),
    "what is tried and fails": ("{a: {try: {raise: x}, except: {as: e, assign: [y: 1, z: 1]}}}", 3, 0),
    "what handles it in steps": ("{a: {try: {raise: x}, except: {as: e, steps: [{b: {assign: [z: 1]}}]}}}", 2, 0),
    "what is tried three times": ("{a: {try: {raise: x}, retry: {max_retries: 2, backoff: {initial_delay: 0}}}}", 3, 0),
    "a call that is tried again": (
        f"{{a: {{try: {{{GET}'http://example.com/503'}}}}, retry: '${{http.default_retry}}'}}}}",
        0,
        6,
    ),
    "a predicate of one's own": ("{a: {try: {raise: x}, retry: {predicate: '${yes}', max_retries: 1}}}", 3, 0),
}


@pytest.mark.parametrize("observe", [None, lambda event: None], ids=["", "with a history"])
@pytest.mark.parametrize("kind", ROWS)
def test_a_step_that_costs_more_or_less_than_its_kind_is_seen(kind: str, observe: Observer | None) -> None:
    steps, internal, external = ROWS[kind]
    source = f"main: [{steps}]\n{SUB}\nyes: {{params: [e], steps: [{{y: {{return: true}}}}]}}"
    bill, status = Bill(), 503 if "/503" in steps else 200
    run = compile_workflow(source).run(None, {}, observe, bill)
    callbacks: list[dict[str, Any]] = [{"after": 0, "method": "POST"}]
    driver = ScriptedTime(Script([{"code": status}], callbacks), 0.5)
    try:
        driver.drive(lambda: run)
    except WorkflowError as error:
        assert "x" in str(error) or status == 503
    assert (bill.internal, bill.external) == (internal, external)
