"""Every call between workflow and steps, compared whole with tests/outgoing/calls.yaml, in virtual time."""

import json
from typing import Any

import pytest
import yaml

from local.workflows.effects import HttpCall, Leaf, Outcome, Sleep
from tests.servers import ROOT
from tests.system.test_workflow import Steps, failed

Row = dict[str, Any]

ROWS: list[Row] = yaml.safe_load((ROOT / "tests" / "outgoing" / "calls.yaml").read_text())


class Written(Steps):
    """Writes down what is asked and slept, as tests/outgoing/calls.yaml has it."""

    def __init__(self, row: Row) -> None:
        super().__init__(*([_answer(one) for one in row[step]] for step in ("generate", "reply")))
        self.rows: list[Row] = []

    def _outcome(self, effect: Leaf) -> Outcome:
        if isinstance(effect, HttpCall):
            self.rows.append(_row(effect))
        elif isinstance(effect, Sleep):
            self.rows.append({"sleep": effect.seconds})
        return super()._outcome(effect)


def _answer(written: Any) -> Any:
    return tuple(written) if isinstance(written, list) else written


def _row(call: HttpCall) -> Row:
    headers = dict(call.headers)
    assert headers.pop("User-Agent"), "the platform's own"
    assert call.auth is not None
    return {
        "method": call.method,
        "url": call.url,
        "headers": headers,
        "auth": {"kind": call.auth.kind, "audience": call.auth.audience, "scopes": list(call.auth.scopes)},
        "timeout_s": call.timeout_s,
        "body": json.loads(call.body or b""),
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_call_of_the_workflow_that_differs_in_anything_from_what_was_written_down_is_seen(row: Row) -> None:
    steps = Written(row)
    if "returns" in row:
        assert steps.run() == row["returns"]
    else:
        payload = failed(steps).payload
        assert isinstance(payload, dict)
        assert (payload["code"], payload["tags"]) == (row["fails"], ["HttpError"])
    assert steps.rows == row["calls"]
