"""The bucket as the steps meet it: how long a call takes, and the status that a step makes of its end.

Source: steps/bucket.py; a test compares the statuses.
"""

from typing import Literal

from tuning.model import Model
from tuning.simulate.dice import values
from tuning.simulate.faults import Faults
from tuning.simulate.scenario import Scenario

What = Literal["write", "read", "look"]

TIMEOUT_S = 5.0  # of a call of ours; source: steps/bucket.py
_ANSWERS_S = 0.05  # how soon a refusal comes


class Storage:
    def __init__(self, model: Model, scenario: Scenario, seed: int) -> None:
        self._faults = Faults(scenario, "storage", seed)
        self._seconds = {
            what: values(seed, f"storage {what}", model.distribution(f"storage.{what}"))
            for what in ("write", "read", "look")
        }
        self.calls = dict.fromkeys(self._seconds, 0)

    def call(self, what: What, now_s: float, request: int, call: int) -> tuple[float, int, bool]:
        """(seconds, status of the step or 200, whether the bucket did it): it may do what nobody waits for any more."""
        self.calls[what] += 1
        seconds = self._seconds[what](request, call)
        fault = self._faults.hit(now_s, request, call)
        if fault is None:
            return seconds, 200, True
        if fault.status is not None:
            return _ANSWERS_S, _step_status(fault.status, what), False
        seconds += self._faults.extra_s(fault, request, call)
        return (seconds, 200, True) if seconds < TIMEOUT_S else (TIMEOUT_S, 503, fault.kind == "slow")


def _step_status(status: int, what: What) -> int:
    if status >= 500 or status in (408, 429):
        return 503
    if status in (401, 403):
        return 403
    return 404 if status == 404 and what == "read" else 400
