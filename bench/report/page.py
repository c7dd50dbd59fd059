"""The figures of all benchmarks → docs/benchmarks.md and its plots.  Called by bench/__main__.py.

The same figures give the same page: a test holds it against docs/plots/benchmarks.json.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.report.figure import OURS, Figure, Goal
from bench.report.kept import Run
from bench.report.numbers import number
from bench.report.plots import PLOTS
from bench.report.sections import Section, reason_of, sections

_ROOT = Path(__file__).parent.parent.parent
PAGE = _ROOT / "docs" / "benchmarks.md"
_HEAD = ("measured", "mando ÷ peer", "peer", "mando", "the peer", "goal")
_LOSS_HEAD = ("measured", "who is better", "by", "mando", "the peer", "unit")
_NO_REASON = "No reason is written yet."

Named = tuple[str, Figure]  # and the name of its benchmark


def write(runs: Mapping[str, Run]) -> None:
    for plot in PLOTS:
        (PAGE.parent / plot.file).unlink(missing_ok=True)
    for file, text in files(runs).items():
        file.write_text(text, encoding="utf-8")


def files(runs: Mapping[str, Run]) -> Mapping[Path, str]:
    """The page and the plots that there are figures for."""
    plots = {plot: svg for plot in PLOTS if (svg := plot.draw(runs))}
    shown = [f"![{plot.words}]({plot.file})" for plot in plots]
    return {PAGE: page(runs, shown), **{PAGE.parent / plot.file: svg for plot, svg in plots.items()}}


def page(runs: Mapping[str, Run], pictures: Sequence[str] = ()) -> str:
    """Markdown.  pictures: Markdown too, one a plot."""
    parts = ["# Benchmarks", *_preface(runs), *pictures]
    for section in sections():
        if any(name in runs for name in section.benchmarks):
            parts += _section(section, runs)
    parts += ["## What we are slower at than somebody, and why", *_slower(runs)]
    return "\n\n".join(parts) + "\n"


def _preface(runs: Mapping[str, Run]) -> Iterator[str]:
    goals = [figure.is_reached(goal) for _, figure in _all(runs) for goal in figure.goals]
    yield (
        "mando and its peers, measured in turn in the same run. `make bench` measures all again and writes this page, "
        f"in {sum(run.took_s for run in runs.values()) / 60:.0f} minutes; `python -m bench NAME …` measures some, and "
        "leaves the other figures as they were. The machine should do nothing else meanwhile."
    )
    yield (
        "**mando ÷ peer** is the number to read: mando's figure divided by the peer's, the median of the rounds. In "
        "each round all programs run once, in turn, so what else the machine does falls on all alike. It is **bold** "
        "where mando is better. The other figures are medians too, and belong to the machine and the day below each "
        "table. A limit is a program that does a part of the work and nothing else. "
        f"{sum(goals)} of {len(goals)} goals are reached."
    )


def _section(section: Section, runs: Mapping[str, Run]) -> Iterator[str]:
    figures = [(name, figure) for name in section.benchmarks if name in runs for figure in runs[name].figures]
    yield f"## {section.title}"
    yield section.text.strip()
    yield _table([row for _, figure in figures for row in _rows(figure, section)])
    done = {name: runs[name] for name in section.benchmarks if name in runs}
    yield "\n".join([*(_how(name, run) for name, run in done.items()), *_where(done)])
    if missed := [(name, one) for name, one in figures if not _is_all_reached(one)]:
        yield "Goals that are not reached, and what bounds them:"
        yield "\n".join(f"- {'; '.join(one.what for one in ones)}: {why}" for why, ones in _by_reason(missed))


def _rows(figure: Figure, section: Section) -> Iterator[Sequence[str]]:
    """One for each peer; one without a peer where there is none, or where a goal is of mando alone."""
    measured = f"{figure.what} ({figure.unit}, {figure.better} is better)"
    alone = [goal for goal in figure.goals if goal.peer is None]
    ours = number(figure.value())
    if alone or not figure.peers:
        yield measured, "", "", ours, "", _goals(figure, alone)
        measured = ""
    for peer in figure.peers:
        ratio = number(figure.ratio(peer))
        ratio = f"**{ratio}**" if peer in figure.others and figure.advantage(peer) > 1 else ratio
        goals = [goal for goal in figure.goals if goal.peer == peer]
        name = f"{peer} (a limit)" if section.is_limit(peer) else peer
        yield measured, ratio, name, ours, number(figure.value(peer)), _goals(figure, goals)
        measured = ""


def _goals(figure: Figure, goals: Sequence[Goal]) -> str:
    found = []
    for goal in goals:
        bound = f"{'≤' if goal.is_most else '≥'} {number(goal.bound)}"
        found.append(f"{bound}: {'reached' if figure.is_reached(goal) else '**not reached**'}")
    return ", ".join(found)


def _how(name: str, run: Run) -> str:
    _, text, *_ = (_ROOT / "bench" / f"{name}.py").read_text(encoding="utf-8").split('"""')  # what it says of itself
    paragraph = " ".join(text.split("\n\n")[0].split())
    rounds = max(len(figure.rounds[OURS]) for figure in run.figures)
    return f"- `python -m bench.{name}`: {paragraph} Rounds: {rounds}, in {run.took_s:.0f} s."


def _where(runs: Mapping[str, Run]) -> Iterator[str]:
    """The machine and the day of the absolute figures, once where they are the same for all."""
    found: dict[str, list[str]] = {}
    for name, run in runs.items():
        found.setdefault(f"{run.date}, {run.machine}", []).append(name)
    for where, names in found.items():
        who = ", ".join(names) if len(found) > 1 else "All"
        yield f"- {who}: on {where}."


def _slower(runs: Mapping[str, Run]) -> Iterator[str]:
    """Each peer that is better than mando in a figure, under the reason."""
    found = [(name, figure) for name, figure in _all(runs) if _better_peers(figure)]
    if not found:
        yield "Nothing that is measured here."
    for why, figures in _by_reason(found):
        yield why
        yield _table([row for figure in figures for row in _losses(figure)], _LOSS_HEAD)


def _losses(figure: Figure) -> Iterator[Sequence[str]]:
    for peer in _better_peers(figure):
        by = f"{number(1 / figure.advantage(peer))} times"
        yield figure.what, peer, by, number(figure.value()), number(figure.value(peer)), figure.unit


def _better_peers(figure: Figure) -> Sequence[str]:
    return [peer for peer in figure.others if figure.advantage(peer) < 1]


def unexplained(runs: Mapping[str, Run]) -> list[Named]:
    """Figures that are worse than a peer's, or miss a goal, without a reason."""
    wanting = [(name, one) for name, one in _all(runs) if _better_peers(one) or not _is_all_reached(one)]
    return [(name, figure) for name, figure in wanting if reason_of(name, figure) is None]


def _is_all_reached(figure: Figure) -> bool:
    return all(map(figure.is_reached, figure.goals))


def _by_reason(named: Sequence[Named]) -> Iterator[tuple[str, Sequence[Figure]]]:
    found: dict[str, list[Figure]] = {}
    for name, figure in named:
        found.setdefault((reason_of(name, figure) or _NO_REASON).strip(), []).append(figure)
    yield from found.items()


def _all(runs: Mapping[str, Run]) -> list[Named]:
    """In the order of the page."""
    order = [name for section in sections() for name in section.benchmarks if name in runs]
    return [(name, figure) for name in order for figure in runs[name].figures]


def _table(rows: Sequence[Sequence[str]], head: Sequence[str] = _HEAD) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
