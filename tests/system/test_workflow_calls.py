"""Every call of the workflow, to steps and queue, compared whole with tests/outgoing/calls.yaml, in virtual time."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from local.workflows.effects import HttpCall, Leaf, Outcome, Sleep
from tests.servers import ROOT
from tests.system.virtual import QUEUE, World, failed, payload_of

Row = dict[str, Any]

ROWS: list[Row] = yaml.safe_load((ROOT / "tests" / "outgoing" / "calls.yaml").read_text())


class Written(World):
    """Writes down what is asked and slept, as tests/outgoing/calls.yaml has it."""

    def __init__(self, row: Row) -> None:
        answers: dict[str, Any] = {
            step: [_answer(one) for one in row[step]] for step in ("generate", "reply", "queue") if step in row
        }
        super().__init__(**answers)
        self.rows: list[Row] = []

    def _outcome(self, effect: Leaf) -> Outcome:
        outcome = super()._outcome(effect)
        if isinstance(effect, HttpCall):
            self.rows.append(self._row(effect))
        elif isinstance(effect, Sleep):
            self.rows.append({"sleep": round(effect.seconds, 3)})
        return outcome

    def _row(self, call: HttpCall) -> Row:
        headers = dict(call.headers)
        assert headers.pop("User-Agent"), "the platform's own"
        assert call.auth is not None
        is_task = urlsplit(call.url).netloc == QUEUE
        return {
            "method": call.method,
            "url": call.url,
            "headers": headers,
            "auth": {"kind": call.auth.kind, "audience": call.auth.audience, "scopes": list(call.auth.scopes)},
            "timeout_s": call.timeout_s,
            "body": {"task": self.tasks[-1].fields} if is_task else json.loads(call.body or b""),
        }


def _answer(written: Any) -> Any:
    return tuple(written) if isinstance(written, list) else written


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_call_of_the_workflow_that_differs_in_anything_from_what_was_written_down_is_seen(row: Row) -> None:
    world = Written(row)
    if "returns" in row:
        assert world.run() == row["returns"]
    else:
        payload = payload_of(failed(world))
        assert (payload.get("code"), payload["tags"]) == (row["fails"], row.get("tags", ["HttpError"]))
    assert world.rows == row["calls"]
