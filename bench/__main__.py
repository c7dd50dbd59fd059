"""`python -m bench [NAME ...]`: measure mando and its peers, then write docs/benchmarks.md and its plots.

Each benchmark is a process of its own, so that what one leaves behind cannot disturb the next, and one that fails does
not lose the others.  Figures of benchmarks that are not named, or that fail, stay as they were, with their dates.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.report import kept
from bench.report.page import unexplained, write
from bench.report.sections import benchmarks

ROOT = Path(__file__).parent.parent
_WHOLE_S, _EACH_S = 45 * 60.0, 15 * 60.0
_TO_END_S = 10.0  # for what a benchmark has started, after it was told to end


@dataclass(frozen=True, slots=True)
class Failed:
    """A benchmark without figures, and why."""

    why: str
    took_s: float


def main() -> int:
    given = _arguments()
    names = [name for name in benchmarks() if name in given.names or not given.names]
    if given.page:
        write(kept.read(kept.FILE))
        return 0
    began_s, done, failed = time.monotonic(), dict[str, kept.Run](), dict[str, Failed]()
    for number, name in enumerate(names, start=1):
        left_s = _WHOLE_S - (time.monotonic() - began_s)
        print(f"\n[{number}/{len(names)}] bench.{name}", flush=True)
        run = measured(name, is_short=given.short, bound_s=min(_EACH_S, left_s))
        if isinstance(run, Failed):
            failed[name] = run
        else:
            done[name] = run
            if not given.short:
                _keep(name, run)
        print(f"[{number}/{len(names)}] bench.{name} {_end(run)}", flush=True)
    print("\n".join(_summary(names, done, failed, time.monotonic() - began_s)))
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(benchmarks())}; all if none is given")
    parser.add_argument("--short", action="store_true", help="only show that each runs; write nothing")
    parser.add_argument("--page", action="store_true", help="measure nothing; write the page of the figures kept")
    given = parser.parse_args()
    if unknown := [name for name in given.names if name not in benchmarks()]:
        parser.error(f"there is no benchmark '{unknown[0]}'; there are {', '.join(benchmarks())}")
    return given


def measured(name: str, *, is_short: bool, bound_s: float) -> kept.Run | Failed:
    """The figures of one benchmark.  What it prints, and the traceback where it fails, is seen as it comes."""
    began_s = time.monotonic()
    if bound_s <= 0:
        return Failed("not begun: no time is left", 0.0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures"
        command = [sys.executable, "-m", f"bench.{name}", "--json", str(file), *(["--short"] if is_short else [])]
        with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as process:
            try:
                code = process.wait(bound_s)
                why = f"ended with code {code}" if code else ""
            except subprocess.TimeoutExpired:
                why = f"not done within {bound_s:.0f} s"
            finally:
                _end_all_of(process)
        took_s = time.monotonic() - began_s
        figures = kept.figures_of(file.read_text(encoding="utf-8")) if file.exists() and not why else []
    return kept.run_of(took_s, figures) if figures else Failed(why or "found no figures", took_s)


def _keep(name: str, run: kept.Run) -> None:
    """At once, so that a run that is ended has not measured in vain."""
    runs = kept.read(kept.FILE) | {name: run}
    kept.write(kept.FILE, runs)
    write(runs)


def _end_all_of(process: subprocess.Popen[bytes]) -> None:
    """It and all that it started.  First kindly, so that `mando up` can end its own programs."""
    for number in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        ends_s = time.monotonic() + _TO_END_S
        while process.poll() is None and time.monotonic() < ends_s:
            time.sleep(0.05)


def _end(run: kept.Run | Failed) -> str:
    return f"FAILED after {run.took_s:.0f} s: {run.why}" if isinstance(run, Failed) else f"took {run.took_s:.0f} s"


def _summary(
    names: Sequence[str], done: Mapping[str, kept.Run], failed: Mapping[str, Failed], took_s: float
) -> Iterator[str]:
    yield f"\n{len(done)} of {len(names)} benchmarks measured in {took_s / 60:.0f} min"
    for name, reason in failed.items():
        yield f"  {name:<14}{_end(reason)}"
    for name, run in done.items():
        missed = [figure for figure in run.figures if not all(map(figure.is_reached, figure.goals))]
        yield f"  {name:<14}{_end(run)}" + (f"; {len(missed)} figures miss their goal" if missed else "")
    for name, figure in unexplained(done):
        yield f"  {name}: bench/report/reasons.yaml does not say why: {figure.what}"


if __name__ == "__main__":
    sys.exit(main())
