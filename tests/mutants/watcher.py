"""A plugin of pytest for the trials: which test reaches which function, how long each takes, and which fail.

REPORT is the file to write.  BEFORE is the report of the run without a mistake: its slow tests come last.  REACHED is
set for the run that watches every call, which is slower; only there `reached` and `use_processes` are filled.
"""

import json
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType

import pytest

REPORT, BEFORE, REACHED = "MUTANTS_REPORT", "MUTANTS_BEFORE", "MUTANTS_REACHED"
SLOW_S = 0.2


@dataclass(slots=True)
class Report:
    """Of tests by id.  failed: in their order; took_s: set-up and call; reached: by "path:line" of a function."""

    failed: list[str] = field(default_factory=list)
    took_s: dict[str, float] = field(default_factory=dict)
    reached: dict[str, list[str]] = field(default_factory=dict)
    use_processes: list[str] = field(default_factory=list)

    def is_slow(self, test: str) -> bool:
        return self.took_s.get(test, 0) > SLOW_S

    def that_reach(self, function: str | None) -> Sequence[str]:
        """The tests that run the function or start processes, which may run it; () if it runs outside of tests."""
        if function is None or "" in self.reached.get(function, [""]):
            return ()
        return sorted({*self.reached[function], *self.use_processes})


def read(path: Path) -> Report:
    """An empty report if pytest did not get so far."""
    return Report(**json.loads(path.read_text())) if path.exists() else Report()


def write(path: Path, report: Report) -> None:
    path.write_text(json.dumps(asdict(report)))


_report = Report()
_reached: defaultdict[str, set[str]] = defaultdict(set)
_now = ""
_set_up: list[str] = []  # the fixtures that are being set up, the innermost last
_with_processes: set[str] = set()  # fixtures and tests that started one


def pytest_sessionstart() -> None:
    if REACHED in os.environ:
        root = f"{Path.cwd()}/"

        def note(frame: FrameType, event: str, _: object) -> None:
            if event == "call" and frame.f_code.co_filename.startswith(root):
                code = frame.f_code
                _reached[f"{code.co_filename.removeprefix(root)}:{code.co_firstlineno}"].add(_now)

        def start(event: str, _: object) -> None:
            if event == "subprocess.Popen":
                _with_processes.add(_set_up[-1] if _set_up else _now)

        sys.addaudithook(start)
        threading.setprofile(note)
        sys.setprofile(note)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    before = read(Path(os.environ[BEFORE]))
    items.sort(key=lambda item: before.is_slow(item.nodeid))


def pytest_runtest_logstart(nodeid: str) -> None:
    global _now
    _now = nodeid


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
    _set_up.append(fixturedef.argname)
    try:
        return (yield)
    finally:
        _set_up.pop()


def pytest_runtest_teardown(item: pytest.Item) -> None:
    names: Sequence[str] = getattr(item, "fixturenames", ())
    if not _with_processes.isdisjoint({item.nodeid, *names}):
        _report.use_processes.append(item.nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when != "teardown":
        _report.took_s[report.nodeid] = _report.took_s.get(report.nodeid, 0) + report.duration
    if report.failed:
        _report.failed.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _report.failed.append(report.nodeid)


def pytest_sessionfinish() -> None:
    sys.setprofile(None)
    _report.reached = {function: sorted(tests) for function, tests in _reached.items()}
    write(Path(os.environ[REPORT]), _report)
