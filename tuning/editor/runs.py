"""Runs simulations in processes of their own, so that the demo goes on beside them.  Called by editor.py.

In: Sources and a Setting.  Out: an Outcome, and the task that completes it.  The last outcomes are kept: whoever takes
an edit back waits for nothing.
"""

import asyncio
import logging
import pickle
import sys
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from tuning.editor.findings import Json
from tuning.editor.message import LENGTH
from tuning.editor.trial import Setting
from tuning.simulate.answer import Answer
from tuning.sources import Sources

_ROOT = Path(__file__).parents[2]
_LONGEST_S = 120.0
_MOST_KEPT = 16

_log = logging.getLogger("mando.tuning")

_Key = tuple[frozenset[tuple[str, str]], Setting]


@dataclass(slots=True)
class Outcome:
    """What is known of one simulation, while it runs and after.  findings: None until the files are checked.

    At the end either answer is given, or reason says why there is none.
    """

    expected: int
    ended: int = 0
    findings: list[Json] | None = None
    answer: Answer | None = None
    reason: str = ""


class Runs:
    """The outcomes that are known, and the processes that find others."""

    def __init__(self, longest_s: float = _LONGEST_S) -> None:
        self._longest_s = longest_s
        self._kept: OrderedDict[_Key, Outcome] = OrderedDict()

    def begin(self, sources: Sources, setting: Setting) -> tuple[Outcome, asyncio.Task[None]]:
        """The outcome, which the task completes.  A cancelled task ends its process."""
        key = (frozenset(sources.items()), setting)
        outcome = self._kept.get(key) or Outcome(setting.requests)
        return outcome, asyncio.create_task(self._complete(key, sources, setting, outcome))

    async def _complete(self, key: _Key, sources: Sources, setting: Setting, outcome: Outcome) -> None:
        if outcome.answer is None:
            await self._simulate(sources, setting, outcome)
        if outcome.answer is not None:
            self._kept[key] = outcome
            self._kept.move_to_end(key)
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)

    async def _simulate(self, sources: Sources, setting: Setting, outcome: Outcome) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tuning.editor.worker"),
            cwd=_ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the server, which ends it
        )
        try:
            async with asyncio.timeout(self._longest_s):
                await _listen(process, pickle.dumps((sources, setting)), outcome)
        except TimeoutError:
            outcome.reason = (
                f"Stopped after {self._longest_s:g} s. Ask for fewer requests or a shorter fault here; "
                "`mando simulate` takes as long as it needs."
            )
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _listen(process: asyncio.subprocess.Process, given: bytes, outcome: Outcome) -> None:
    """Give the process its task, and take its messages until it says how it ended."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("a process with pipes was expected")
    process.stdin.write(given)
    process.stdin.close()
    while True:
        try:
            (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
            kind, value = pickle.loads(await process.stdout.readexactly(length))  # noqa: S301 -- worker.py wrote it
        except asyncio.IncompleteReadError:
            kind, value = "bug", "the process ended early"
        match kind:
            case "findings":
                outcome.findings = value
            case "progress":
                outcome.ended, outcome.expected = value
            case "answer":
                outcome.answer, outcome.ended = value, outcome.expected
                return
            case "reason":
                outcome.reason = value
                return
            case _:
                _log.error("a simulation failed by a mistake of ours: %s", value)
                outcome.reason = "The simulation failed by a mistake of ours. The log of `mando up` says more."
                return
