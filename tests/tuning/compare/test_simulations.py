"""Many simulations: in any number of processes they say the same, and a mistake in one ends all."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures._base import _AcquireFutures  # what wait() takes
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.house.files import ROOT
from tests.tuning.compare.builders import simulations
from tests.tuning.simulate.builders import cloud, even, our_sources, scenario
from tuning.compare.simulations import Case, Show, Simulations
from tuning.project import ProjectError

DOWN = scenario("discord-down", even(5, 30), down_s=10)
CASES = [Case(our_sources(), DOWN, cloud(), seed) for seed in (1, 2, 3)]


def test_two_processes_give_the_same_answers_as_one_in_the_same_order() -> None:
    with simulations(1) as one, simulations(2) as two:
        alone, together = one.answers("", CASES), two.answers("", CASES)
    assert repr(alone) == repr(together)
    assert [answer.seed for answer in together] == [1, 2, 3]
    assert alone[0].s_to_reply != alone[1].s_to_reply


def test_a_case_alone_needs_no_process_of_its_own_and_says_the_same() -> None:
    with simulations(2) as many:
        assert many.answers("", CASES[:1]) == [CASES[0].run()]


@pytest.mark.parametrize("processes", [1, 2])
def test_the_bar_counts_the_requests_of_all_cases(processes: int) -> None:
    seen: list[int] = []
    lengths: list[int] = []

    @contextmanager
    def bar(label: str, requests: int) -> Iterator[Show]:
        lengths.append(requests)
        yield seen.append

    with Simulations(bar, processes) as many:
        many.answers("", CASES)
    assert lengths == [450]
    assert seen[-1] == 450


@pytest.mark.parametrize("processes", [1, 2])
def test_what_a_case_raises_ends_all(processes: int) -> None:
    broken = Case({**our_sources(), "queue.yaml": "queue: fast\n"}, DOWN, cloud(), 1)
    with simulations(processes) as many, pytest.raises(ProjectError, match=r"queue\.yaml:1:8"):
        many.answers("", [CASES[0], broken])


def test_an_interrupt_amid_the_locks_of_the_pool_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = _AcquireFutures.__enter__

    def interrupted(futures: Any) -> None:
        taken(futures)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(_AcquireFutures, "__enter__", interrupted)
    with pytest.raises(KeyboardInterrupt), simulations(2) as many:
        many.answers("", CASES)
    assert multiprocessing.active_children() == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


FIRST = """
if __name__ == "__main__":  # the others read this file too
    from tests.tuning.compare.test_simulations import CASES
    from tests.tuning.compare.builders import simulations
    with simulations(2) as many:
        many.answers("", CASES[:2])
        print(*many._pool._processes, flush=True)
        many.answers("", CASES * 1000)
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_when_the_first_process_is_ended_the_others_end(tmp_path: Path, sign: signal.Signals) -> None:
    program = tmp_path / "first.py"
    program.write_text(FIRST)
    command = [sys.executable, str(program)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as first:
        assert first.stdout is not None
        try:
            others = [int(word) for word in first.stdout.readline().split()]
            first.send_signal(sign)
            first.wait(timeout=60)
        finally:
            first.kill()  # a process that does not end fails this test only
    assert len(others) == 2
    until_s = time.monotonic() + 60
    while any(map(_is_alive, others)) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert not any(map(_is_alive, others))


def _is_alive(process: int) -> bool:
    """One that has ended stays as a zombie where nobody asks for its exit code."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
