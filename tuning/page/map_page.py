"""What `mando simulate --map rate,down --html FILE` writes: recovery time by rate and length of the fault, as a page.

In: a cell for each pair.  Out: HTML with one SVG, and no script.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from tuning.compare.outage_map import SHADES_S, Cell, sentence, shade
from tuning.simulate.words import count, duration, short_duration

_HERE = Path(__file__).parent
_HOT = 4  # from this style on the words need the colour of the ground
_CELL_PX, _ROW_PX, _LEFT_PX, _BOTTOM_PX = 78, 44, 70, 46


def map_page(cells: Sequence[Cell], scenario: str, load: str, seed: int) -> str:
    promise, recovery = sentence(cells)
    mood = "yes" if all(cell.kept and cell.recovered_after_s is not None for cell in cells) else "no"
    return Template(_text("map.html")).substitute(
        title=escape(f"{scenario} · rate × length"),
        subtitle=escape(f"Each cell is a simulation: {load}."),
        verdict=f'<p data-kept="{mood}"><em>{promise}</em>; {recovery}.</p>',
        map=_drawing(cells),
        scale=_scale(),
        footer=escape(f"Seed {seed}; the same seed and files give the same map."),
        style=_text("page.css") + _text("map.css"),
    )


def _drawing(cells: Sequence[Cell]) -> str:
    """Rates from left to right, lengths from the bottom up."""
    rates = sorted({cell.rate_per_s for cell in cells})
    downs = sorted({cell.down_s for cell in cells}, reverse=True)
    width, height = _LEFT_PX + len(rates) * _CELL_PX, len(downs) * _ROW_PX + _BOTTOM_PX
    parts = [
        *(_label(_LEFT_PX - 10, row * _ROW_PX + 27, "end", duration(down_s)) for row, down_s in enumerate(downs)),
        *(_label(_middle(column), height - 28, "middle", f"{count(rate)}/s") for column, rate in enumerate(rates)),
        _label(_LEFT_PX - 10, height - 8, "end", "↑ length"),
        _label(_middle(len(rates) - 1) + _CELL_PX / 2, height - 8, "end", "arrivals →"),
        *(_cell(cell, rates.index(cell.rate_per_s), downs.index(cell.down_s)) for cell in cells),
    ]
    style = f"width: 100%; min-width: {width * 0.75:.0f}px; max-width: {width * 1.4:.0f}px"
    return f'<svg class="map" viewBox="0 0 {width} {height}" style="{style}" role="group">{"".join(parts)}</svg>'


def _middle(column: int) -> float:
    return _LEFT_PX + (column + 0.5) * _CELL_PX


def _label(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text class="label" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _cell(cell: Cell, column: int, row: int) -> str:
    style = _style(cell.recovered_after_s)
    recovered = "never recovered"
    if cell.recovered_after_s is not None:
        recovered = f"recovered after {duration(cell.recovered_after_s)}"
    promise = "kept" if cell.kept else "broken"
    said = f"{count(cell.rate_per_s)}/s, down for {duration(cell.down_s)}: {recovered}, promise {promise}"
    x, y = _LEFT_PX + column * _CELL_PX + 1, row * _ROW_PX + 1
    words = (
        f'<text x="{_middle(column)}" y="{y + 26}" text-anchor="middle">{short_duration(cell.recovered_after_s)}</text>'
    )
    cross = "" if cell.kept else f'<text class="cross" x="{x + _CELL_PX - 6}" y="{y + 13}" text-anchor="end">✗</text>'
    return (
        f'<g class="{style}" tabindex="0" role="img" aria-label="{escape(said)}"><title>{escape(said)}</title>'
        f'<rect x="{x}" y="{y}" width="{_CELL_PX - 2}" height="{_ROW_PX - 2}"/>'
        f"{words}{cross}</g>"
    )


def _style(recovered_after_s: float | None) -> str:
    if recovered_after_s is None:
        return "never"
    step = shade(recovered_after_s)
    return f"h{step} hot" if step >= _HOT else f"h{step}"


def _scale() -> str:
    names = [f"≤ {duration(limit_s)}" for limit_s in SHADES_S] + ["longer", "never"]
    styles = [f"h{step}" for step in range(len(SHADES_S) + 1)] + ["never"]
    return "".join(f'<span><i class="{style}"></i>{name}</span>' for style, name in zip(styles, names, strict=True))


def _text(file: str) -> str:
    return (_HERE / file).read_text(encoding="utf-8")
