"""The bucket as the steps meet it: how long a call takes, and the status that a step makes of its end.

Source: steps/bucket.py; a test compares the statuses.
"""

import math
from typing import Literal, get_args

from tuning.model import Model
from tuning.simulate.dice import Draw, values
from tuning.simulate.faults import REFUSES_S, Faults
from tuning.simulate.scenario import Scenario

What = Literal["write", "read", "look"]
WHATS: tuple[What, ...] = get_args(What)


class Storage:
    """timeout_s: how long the steps wait for one call."""

    def __init__(self, model: Model, scenario: Scenario, seed: int, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._faults = {what: Faults(scenario, "storage", seed, what) for what in WHATS}
        self._seconds: dict[What, Draw] = {
            what: values(seed, f"storage {what}", model.distribution(f"storage.{what}_s")) for what in WHATS
        }
        self._each_write_s = 1 / model.number("storage.writes_per_s")
        self._writes_until_s = -math.inf
        self.calls: dict[What, int] = dict.fromkeys(WHATS, 0)

    def call(self, what: What, now_s: float, request: int, call: int) -> tuple[float, int, bool]:
        """(seconds, status of the step or 200, whether the bucket did it): it may do what nobody waits for any more."""
        self.calls[what] += 1
        seconds = self._seconds[what](request, call)
        if what == "write":  # a second's worth may come at once
            self._writes_until_s = max(self._writes_until_s, now_s - 1) + self._each_write_s
            seconds += max(0.0, self._writes_until_s - now_s)
        faults = self._faults[what]
        fault = faults.hit(now_s, request, call)
        if fault is not None:
            if fault.status is not None:
                return REFUSES_S, _step_status(fault.status, what), False
            seconds += faults.extra_s(fault, request, call)
        if seconds <= self._timeout_s:
            return seconds, 200, True
        return self._timeout_s, 503, seconds < math.inf


def _step_status(status: int, what: What) -> int:
    if status >= 500 or status in (408, 429):
        return 503
    if status in (401, 403):
        return 403
    return 404 if status == 404 and what == "read" else 400
