"""Measure how fast a workflow computes and calls: 50,000 assignments and 500 HTTP calls.

Each program is a process of its own, and runs the same workflow.  The calls go one after another to an aiohttp server
in a third process.  Ours is the service of `mando up`: it writes each outcome to its journal before it goes on, and
keeps a history; the emulator keeps nothing.  What calls cost without a workflow is shown beside them: those of aiohttp,
which is our client, and those of requests, which is the emulator's.
"""

from collections.abc import Iterator

from bench.peers.peer_venv import peers_python
from bench.report import alone
from bench.report.figure import OURS, Effort, Figure, Goal
from bench.workers.http_calls import EMULATOR, http_rates
from bench.workers.process import worker

_ITERATIONS, _ASSIGNMENTS = 1_000, 50
_CALLS = 500


def assignments(iterations: int) -> str:
    """A workflow that makes 50 assignments in each iteration."""
    return (
        "main:\n  params: [args]\n  steps:\n  - init: {assign: [x: 0]}\n  - loop:\n      for:\n        value: v\n"
        f"        range: [1, {iterations}]\n        steps:\n        - add:\n            assign:\n"
        + "            - x: ${x + 1}\n" * _ASSIGNMENTS
        + "  - done: {return: '${x}'}\n"
    )


def calls(url: str, count: int) -> str:
    return (
        "main:\n  params: [args]\n  steps:\n  - init: {assign: [r: {}]}\n  - loop:\n      for:\n        value: v\n"
        f"        range: [1, {count}]\n"
        f"        steps:\n        - get:\n            call: http.get\n            args: {{url: '{url}'}}\n"
        "            result: r\n"
        "  - done: {return: '${r.code}'}\n"
    )


def measure(effort: Effort) -> Iterator[Figure]:
    rounds, iterations, count = effort.of(3), effort.of(_ITERATIONS, 20), effort.of(_CALLS, 20)
    with worker("mando") as ours, worker("emulator", peers_python()) as theirs, worker("hello") as target:
        programs = {OURS: ours, EMULATOR: theirs}
        source, rates = assignments(iterations), {name: list[float]() for name in programs}
        for one in programs.values():
            one.run("compile", source=source)
        for _ in range(rounds):
            for name, one in programs.items():
                done = one.run("execute", source=source, argument=None)
                assert done.result == iterations * _ASSIGNMENTS, f"{name}: {done.result}"
                rates[name].append(done.result / done.cpu_s)
        yield Figure("assignments", "1/s of CPU", "more", rates, [Goal(100, False, EMULATOR)])

        url = target.run("address").result
        source = calls(url, count)
        rates = http_rates(ours, theirs, target, source, count, rounds)
        # The half is for the journal: each outcome is stored before it is used.
        goals = [Goal(0.5, False, "bare aiohttp"), Goal(1, False, "bare requests")]
        yield Figure("HTTP calls of a workflow, one after another", "1/s", "more", rates, goals)


if __name__ == "__main__":
    alone.main(measure, __doc__)
