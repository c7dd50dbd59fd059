"""Small charts as geometry: a line of the last 15 minutes, and the stretches in which something was broken.  Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from local.story.figures import Figures, Outage

HEIGHT = 32.0
_ROOM = 2.0  # above the highest point and below the lowest, so that the line is not cut


@dataclass(frozen=True, slots=True)
class Spark:
    """A line in a box as wide as it has steps.  line and area: paths of SVG.  shades: (x, width) of outages.

    most: the highest value, None where there is none.
    """

    line: str
    area: str
    width: int
    shades: tuple[tuple[float, float], ...]
    most: float | None


def spark(values: Sequence[float | None], figures: Figures) -> Spark:
    known = [value for value in values if value is not None]
    most = max(known, default=None)
    scale = (HEIGHT - 2 * _ROOM) / most if most else 0.0
    line, area = [], []
    for run in _runs(values):
        points = [(x + 0.5, HEIGHT - _ROOM - value * scale) for x, value in _corners(run)]
        drawn = " L".join(f"{x:g} {y:.1f}" for x, y in points)
        if len(points) == 1:
            (x, y) = points[0]
            drawn = f"{x - 0.4:g} {y:.1f} L{x + 0.4:g} {y:.1f}"
        line.append(f"M{drawn}")
        area.append(f"M{points[0][0]:g} {HEIGHT:g} L{drawn} L{points[-1][0]:g} {HEIGHT:g}Z")
    return Spark("".join(line), "".join(area), len(values), shades(figures.outages, figures, len(values)), most)


def shades(outages: Sequence[Outage], figures: Figures, steps: int) -> tuple[tuple[float, float], ...]:
    """Where something was broken: (x, width), in steps; stretches that overlap are one."""
    found: list[tuple[float, float]] = []
    for one in sorted(outages, key=lambda outage: outage.begin_s):
        begin = max(0.0, (one.begin_s - figures.begin_s) / figures.step_s)
        end = min(float(steps), ((one.end_s or figures.now_s) - figures.begin_s) / figures.step_s)
        if end <= begin:
            continue
        if found and begin <= sum(found[-1]):
            found[-1] = (found[-1][0], max(end, sum(found[-1])) - found[-1][0])
        else:
            found.append((begin, end - begin))
    return tuple((round(x, 2), round(max(width, 0.15), 2)) for x, width in found)


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """The stretches without a gap."""
    runs: list[list[tuple[int, float]]] = [[]]
    for x, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x, value))
    return [run for run in runs if run]


def _corners(run: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Without the points between two of the same height."""
    inner = [two for one, two, three in zip(run, run[1:], run[2:], strict=False) if not one[1] == two[1] == three[1]]
    return [run[0], *inner, *run[1:][-1:]]
