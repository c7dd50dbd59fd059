"""How many seconds of the processors a running `mando up` and this process have used, and all others.  Linux only.

Source: man 5 proc: /proc/PID/stat, fields 4, 14 and 15; /proc/stat, the first line.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.system.up import Up, children_of

Part = Literal["cloud", "ingress", "steps", "bench"]

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_BUSY = (0, 1, 2, 5, 6, 7)  # user, nice, system, irq, softirq, steal; not idle and iowait


@dataclass(frozen=True, slots=True)
class Used:
    """Seconds of one core since something began, at an instant; machine: of all processes, and stolen ones.

    steps_workers: of each process that serves the steps; parts has their sum.
    """

    at_s: float
    parts: Mapping[Part, float]
    machine: float
    steps_workers: Sequence[float]

    @property
    def ours(self) -> float:
        return sum(self.parts.values())

    def since(self, earlier: "Used") -> "Used":
        """What was used between the two; at_s is then the time between them."""
        parts = {part: self.parts[part] - earlier.parts[part] for part in self.parts}
        workers = [now - before for now, before in zip(self.steps_workers, earlier.steps_workers, strict=True)]
        return Used(self.at_s - earlier.at_s, parts, self.machine - earlier.machine, workers)


class Processors:
    """Of one `mando up`.  Its programs are told apart by what their command lines hold."""

    def __init__(self, up: Up) -> None:
        self._pids: dict[Part, list[int]] = {"cloud": [up.process.pid], "ingress": [], "steps": [], "bench": []}
        self._pids["bench"] = [os.getpid()]
        for pid in children_of(up.process.pid):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"functions-framework" in command:
                self._pids["ingress"].append(pid)
            elif b"steps.app" in command:
                self._pids["steps"].append(pid)
            else:
                self._pids["cloud"].append(pid)

    def used(self) -> Used:
        parts = {part: sum(map(_seconds_of, pids)) for part, pids in self._pids.items()}
        first = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        machine = sum(int(first[column]) for column in _BUSY) / _TICKS_PER_S
        workers = [_seconds_of(pid) for pid in self._pids["steps"] if _parent_of(pid) in self._pids["steps"]]
        return Used(time.monotonic(), parts, machine, workers)


def _seconds_of(pid: int) -> float:
    """Of all threads.  /proc/PID/schedstat is finer, but of the first thread alone."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _parent_of(pid: int) -> int:
    return int(_stat(pid)[1])


def _stat(pid: int) -> list[str]:
    """From the third field on, the state."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
