"""A named incident: faults that come and go over its length, as the simulator knows them.  Pure.

cli/incidents.py makes them from tuning/scenarios/; faults.py plays them in real time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from local.faults.fault import Fault, Target


@dataclass(frozen=True, slots=True)
class Stage:
    """share_at: seconds since the beginning → the share of the target's calls that are hit, 0 while none is.

    slow_s: draws how long a call takes longer, by a number from 0 to 1; None where it is not slow.
    """

    fault: Fault
    share_at: Callable[[float], float]
    slow_s: Callable[[float], float] | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """stages(length_s): what is played if it lasts so long.  left_out: what of it is not played here, in words."""

    name: str
    title: str
    source: str
    length_s: float
    stages: Callable[[float], Sequence[Stage]]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Running:
    """An incident from its beginning to its end, in seconds since the epoch."""

    incident: Incident
    begun_s: float
    ends_s: float
    stages: Sequence[Stage]

    def hit(self, target: Target, now_s: float, u: float) -> Stage | None:
        """The stage that hits a call of that target, or None.  u: from 0 to 1, anew for each call."""
        until = 0.0
        for stage in self.stages:
            if stage.fault.target == target:
                until += stage.share_at(now_s - self.begun_s)
                if u < until:
                    return stage
        return None

    def active(self, now_s: float) -> Iterator[Fault]:
        """What is broken by it now."""
        return (stage.fault for stage in self.stages if stage.share_at(now_s - self.begun_s) > 0)
