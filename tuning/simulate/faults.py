"""The faults of one part, and whom they hit.  Used by every part, for each of its calls."""

import math
from collections.abc import Iterable

from tuning.simulate.dice import uniform
from tuning.simulate.fault import Fault, Part
from tuning.simulate.scenario import Scenario

REFUSES_S = 0.05  # how soon the answer of a call comes that a fault refuses


class Faults:
    """calls: which ones, where the part gets calls of several kinds; each kind has a luck of its own."""

    __slots__ = ("_draw", "_extra", "_part", "_scenario", "begins_s", "ends_s")

    def __init__(self, scenario: Scenario, part: Part, seed: int, calls: str = "") -> None:
        faults = [fault for fault in scenario.of(part) if fault.kind != "cold"]
        self._scenario = scenario
        self._part: Part = part
        whose = f"{part}, {calls}" if calls else part
        self._draw = uniform(seed, f"whom the faults of {whose} hit")
        self._extra = uniform(seed, f"how slow {whose} is")
        self.begins_s = min((fault.begins_s for fault in faults), default=math.inf)
        self.ends_s = max((fault.ends_s for fault in faults), default=-math.inf)

    def hit(self, now_s: float, request: int, call: int) -> Fault | None:
        """The fault that this call meets, if it begins now."""
        if self.begins_s <= now_s < self.ends_s:
            return self._scenario.hit(self._part, now_s, self._draw(request, call))
        return None

    def extra_s(self, fault: Fault, request: int, call: int) -> float:
        """How much longer the call takes; infinite if it hangs."""
        if fault.kind == "hang":
            return math.inf
        return fault.slow.quantile(self._extra(request, call)) if fault.slow is not None else 0.0

    def stalled_share(self, now_s: float) -> float:
        """How much of the part stands still now."""
        if not self.begins_s <= now_s < self.ends_s:
            return 0.0
        stalls = (one.share_at(now_s) for one in self._scenario.of(self._part) if one.kind == "stall")
        return max(stalls, default=0.0)


def delayed(every: Iterable[Faults], seconds: float, now_s: float, request: int, call: int) -> tuple[float, int | None]:
    """(seconds, the status of a refusal) of a call on its way through parts; infinite if it hangs in one."""
    for faults in every:
        fault = faults.hit(now_s, request, call)
        if fault is not None and fault.status is not None:
            return REFUSES_S, fault.status
        if fault is not None:
            seconds += faults.extra_s(fault, request, call)
    return seconds, None
