"""Measure how long a source of 128 KB takes until it can run, which is the largest that the service accepts.

workflows-emulator reads the YAML and checks it against a JSON schema.  We also compile every step and every expression,
and find each mistake with its line and column.  The steps are of all kinds, as in workflows that people write.
"""

from collections.abc import Iterator

from bench.peers.peer_venv import peers_python
from bench.report import alone
from bench.report.figure import OURS, Effort, Figure, Goal
from bench.workers.process import worker

EMULATOR = "workflows-emulator"
_STEPS = """\
  - init{n}:
      assign:
      - project: ${{sys.get_env("GOOGLE_CLOUD_PROJECT_ID")}}
      - total{n}: 0
      - names: ["a", "b", "c"]
  - fetch{n}:
      try:
        call: http.post
        args:
          url: ${{"https://example.com/items/" + project + "?page={n}"}}
          headers:
            Content-Type: application/json
          body:
            name: ${{names[0] + "-" + string(total{n})}}
            limit: 100
        result: answer
      retry:
        predicate: ${{is_temporary}}
        max_retries: 5
        backoff:
          initial_delay: 1
          max_delay: 60
          multiplier: 2
      except:
        as: e
        steps:
        - note{n}:
            raise: ${{e}}
  - each{n}:
      for:
        value: name
        in: ${{names}}
        steps:
        - add{n}:
            assign:
            - total{n}: ${{total{n} + len(name) * 2}}
  - choose{n}:
      switch:
      - condition: ${{total{n} > 3 and answer.code == 200}}
        steps:
        - log{n}:
            call: sys.log
            args:
              text: ${{"page {n} has " + string(total{n})}}
              severity: INFO
      - condition: ${{not("next" in answer.body)}}
        next: done
"""
_REST = """\
  - done:
      return: 1
is_temporary:
  params: [e]
  steps:
  - check:
      switch:
      - condition: ${e.code == 503 or e.code == 429}
        return: true
  - otherwise:
      return: false
"""


def measure(effort: Effort) -> Iterator[Figure]:
    source = workflow(effort.of(128 * 1024, 16 * 1024))
    with worker("mando") as ours, worker("emulator", peers_python()) as theirs:
        times_ms = {OURS: list[float](), EMULATOR: list[float]()}
        for _ in range(effort.of(5)):
            for name, one in ((OURS, ours), (EMULATOR, theirs)):
                times_ms[name].append(one.run("compile", source=source).cpu_s * 1000)
        what = f"a source of {len(source) // 1024} KB compiled"
        yield Figure(what, "ms of CPU", "less", times_ms, [Goal(1 / 20, True, EMULATOR)])


def workflow(most_bytes: int) -> str:
    source = "main:\n  params: [args]\n  steps:\n"
    number = 0
    while len(source) + len(more := _STEPS.format(n=number)) + len(_REST) <= most_bytes:
        source += more
        number += 1
    return source + _REST


if __name__ == "__main__":
    alone.main(measure, __doc__)
