"""How long the recovery takes, by rate and by length of the fault: a simulation each.  Called by the command line.

Out: a cell for each pair; text for the terminal.  tuning/page/map_page.py makes a page of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tuning.compare.columns import columns
from tuning.compare.simulations import Case, Simulations
from tuning.model import Model
from tuning.simulate.scenario import Scenario
from tuning.simulate.words import count, duration, short_duration
from tuning.sources import Sources

# What is tried: these parts of the given rate and length.  Above the given rate too: is there room?
RATES = (0.25, 0.5, 0.75, 1.0, 1.25)
LENGTHS = (0.2, 0.4, 0.6, 0.8, 1.0)

# A recovery of at most so many seconds has the first shade, the second, …; the last one has no end.
SHADES_S = (10.0, 60.0, 300.0, 1800.0)
_SIGNS = "·░▒▓█"  # as many as shades


@dataclass(frozen=True, slots=True)
class Cell:
    """recovered_after_s: from the end of the fault; None where it never did."""

    rate_per_s: float
    down_s: float
    recovered_after_s: float | None
    kept: bool


Story = Callable[[float, float], Scenario]  # (rate_per_s, down_s) → what happens then


def outage_map(
    simulations: Simulations,
    sources: Sources,
    story: Story,
    axes: tuple[Sequence[float], Sequence[float]],
    model: Model,
    seed: int,
) -> list[Cell]:
    """axes: the rates and the lengths.  Raises ProjectError, UnknownCall."""
    pairs = [(rate_per_s, down_s) for rate_per_s in axes[0] for down_s in axes[1]]
    cases = [Case(sources, story(rate_per_s, down_s), model, seed) for rate_per_s, down_s in pairs]
    answers = simulations.answers(f"{len(cases)} rates and lengths", cases)
    return [Cell(*pair, answer.recovered_after_s, answer.kept) for pair, answer in zip(pairs, answers, strict=True)]


def shade(recovered_after_s: float) -> int:
    """0 for the shortest recovery; one more for each limit in SHADES_S that it passes."""
    return sum(recovered_after_s > limit_s for limit_s in SHADES_S)


def sentence(cells: Sequence[Cell]) -> tuple[str, str]:
    """How often the promise is kept, and whether each recovered."""
    never = sum(cell.recovered_after_s is None for cell in cells)
    kept = sum(cell.kept for cell in cells)
    return f"Promise kept in {kept} of {len(cells)}", f"{never} did not recover" if never else "each recovered"


def report(cells: Sequence[Cell]) -> str:
    """Rates from left to right, lengths from the bottom up."""
    rates = sorted({cell.rate_per_s for cell in cells})
    downs = sorted({cell.down_s for cell in cells}, reverse=True)
    found = {(cell.rate_per_s, cell.down_s): cell for cell in cells}
    lines = [[duration(down_s), *(_words(found[rate, down_s]) for rate in rates)] for down_s in downs]
    lines.append(["", *(f"{count(rate)}/s" for rate in rates)])
    return "\n".join(["; ".join(sentence(cells)) + ".", "", *columns(lines, label=">", cells="<"), "", _scale()])


def _words(cell: Cell) -> str:
    sign = "×" if cell.recovered_after_s is None else _SIGNS[shade(cell.recovered_after_s)]
    return f"{sign * 3} {short_duration(cell.recovered_after_s)}{'' if cell.kept else ' ✗'}"


def _scale() -> str:
    names = [f"at most {duration(limit_s)}" for limit_s in SHADES_S] + ["longer"]
    signs = [f"{sign} {name}" for sign, name in zip(_SIGNS, names, strict=True)]
    return f"Recovered after: {', '.join(signs)}, × never.  ✗: the promise broke."
