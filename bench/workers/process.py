"""The outside of a worker: one program in a process of its own, for as long as a benchmark runs."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bench.peers.peer_venv import ROOT

_LONGEST_S = 240.0  # of one job; a program that takes longer is killed, and the benchmark fails


class Done(NamedTuple):
    seconds: float
    cpu_s: float
    result: Any


class Worker:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.pid = process.pid

    def run(self, job: str, **arguments: object) -> Done:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        end = threading.Timer(_LONGEST_S, self._process.kill)
        end.start()
        try:
            self._process.stdin.write(json.dumps([job, arguments]) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        finally:
            end.cancel()
        assert answer, f"{self._process.args!r} ended while it ran {job}"
        return Done(*json.loads(answer))


@contextmanager
def worker(module: str, python: Path | str = sys.executable) -> Iterator[Worker]:
    """A process that runs that module of this folder."""
    command = [str(python), "-W", "ignore", "-m", f"{__package__}.{module}"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Worker(process)
        finally:
            process.kill()
