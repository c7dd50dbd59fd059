"""Measure a parallel `for` of 20 iterations with 100 calls each: ours and workflows-emulator.

Once the calls are of a subworkflow, which computes; once they are HTTP calls to an aiohttp server in another process,
and then the bound is what 20 clients do that call without a workflow.  The emulator has a thread for each iteration.
Ours is the service of `mando up` for the HTTP calls: it writes each outcome to its journal before it goes on.
"""

from collections.abc import Iterator

from bench.peers.peer_venv import peers_python
from bench.report import alone
from bench.report.figure import OURS, Effort, Figure, Goal
from bench.workers.http_calls import EMULATOR, http_rates
from bench.workers.process import worker

_BRANCHES, _CALLS = 20, 100
_COMPUTES = "call: twice, args: {number: 21}"


def measure(effort: Effort) -> Iterator[Figure]:
    rounds, each = effort.of(3), effort.of(_CALLS, 2)
    count = _BRANCHES * each
    with worker("mando") as ours, worker("emulator", peers_python()) as theirs, worker("hello") as target:
        source = workflow(_COMPUTES, each)
        rates = {OURS: list[float](), EMULATOR: list[float]()}
        for one in (ours, theirs):
            one.run("compile", source=source)
        for _ in range(rounds):
            for name, one in ((OURS, ours), (EMULATOR, theirs)):
                times = effort.of(5) if name == OURS else 1
                done = one.run("execute", source=source, argument=None, times=times)
                rates[name].append(count * times / done.cpu_s)
        what = f"calls of a subworkflow in a parallel for of {_BRANCHES}"
        yield Figure(what, "1/s of CPU", "more", rates, [Goal(20, False, EMULATOR)])

        url = target.run("address").result
        source = workflow(f"call: http.get, args: {{url: '{url}'}}", each)
        rates = http_rates(ours, theirs, target, source, count, rounds, at_once=_BRANCHES)
        goals = [Goal(0.5, False, "bare aiohttp"), Goal(1, False, "bare requests")]
        yield Figure(f"HTTP calls in a parallel for of {_BRANCHES}", "1/s", "more", rates, goals)


def workflow(call: str, each: int) -> str:
    return f"""
main:
  params: [args]
  steps:
  - at_once:
      parallel:
        for:
          value: branch
          range: [1, {_BRANCHES}]
          steps:
          - repeat:
              for:
                value: number
                range: [1, {each}]
                steps:
                - one: {{{call}}}
  - done: {{return: 200}}
twice:
  params: [number]
  steps:
  - done: {{return: "${{number * 2}}"}}
"""


if __name__ == "__main__":
    alone.main(measure, __doc__)
