"""The program that checks and simulates one version of the files: a process of its own, which runs.py starts and ends.

In: a pickle of (Sources, Setting) on stdin.  Out: messages on stdout, see message.py.
It ends when nobody reads them any more.
"""

import os
import pickle
import sys
import time
import traceback
from typing import BinaryIO

from local.workflows.limits import raise_recursion_limit
from tuning.check.rules import check
from tuning.editor.findings import findings
from tuning.editor.message import say
from tuning.editor.trial import Setting
from tuning.model import read_model
from tuning.orders import UnknownCall
from tuning.simulate.simulation import simulate
from tuning.sources import Sources

_REPORT_S = 0.1
_LESS_URGENT = 10  # than the requests of the demo, which runs beside it


def main(given: BinaryIO, taken: BinaryIO) -> None:
    os.nice(_LESS_URGENT)
    raise_recursion_limit()
    sources, setting = pickle.load(given)  # noqa: S301 -- runs.py wrote it
    try:
        _run(sources, setting, taken)
    except BrokenPipeError:
        return
    except Exception:  # the top of the process: runs.py logs it
        say(taken, "bug", traceback.format_exc())


def _run(sources: Sources, setting: Setting, taken: BinaryIO) -> None:
    report = check(sources)
    say(taken, "findings", findings(report, sources))
    if report.subject is None:
        say(taken, "reason", "The files cannot be read.")
        return
    reported_s = 0.0

    def progress(ended: int, expected: int) -> None:
        nonlocal reported_s
        if time.monotonic() - reported_s > _REPORT_S:
            reported_s = time.monotonic()
            say(taken, "progress", (min(ended, expected), expected))

    scenario = setting.set_scenario()
    try:
        answer = simulate(report.subject.project, scenario.load, scenario, read_model(setting.model), 1, progress)
    except UnknownCall as error:
        say(taken, "reason", f"The workflow cannot be simulated: {error}")
    else:
        say(taken, "answer", answer)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
