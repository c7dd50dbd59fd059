"""The table of numbers as HTML: a row a group for one answer, a row a number for two.  Called by page.py."""

from html import escape

from tuning.simulate.answer import Answer
from tuning.simulate.table import BREAKS, Bands, Difference, Json, Row, differences, groups, rows


def numbers_of(answer: Answer) -> str:
    said = answer.as_json()
    lines = []
    for name, members in groups(rows(said)).items():
        cells = " ".join(_cell(row, said) for row in members)
        lines.append(f'<tr><th scope="row">{escape(name)}</th><td>{cells}</td></tr>')
    return f'<table class="one">{"".join(lines)}</table>'


def _cell(row: Row, said: Json) -> str:
    mood = ' class="bad"' if row.path in BREAKS and row.value(said) else ""
    return f'<span{mood}><span class="label">{escape(row.label)}</span> {escape(row.text(said))}</span>'


def numbers_of_two(before: Answer, after: Answer, names: tuple[str, str], bands: Bands) -> str:
    every = differences(before, after, bands)
    has_bands = any(one.band for one in every)
    titles = ("", *names, "difference", *(["90 % of the seeds"] if has_bands else []))
    heads = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    lines = [f"<thead><tr>{heads}</tr></thead>"]
    group = ""
    for one in every:
        if one.row.group != group:
            group = one.row.group
            lines.append(f'<tr class="group"><th colspan="{len(titles)}" scope="rowgroup">{escape(group)}</th></tr>')
        lines.append(_line(one, has_bands))
    return f'<table class="two">{"".join(lines)}</table>'


def _line(one: Difference, has_bands: bool) -> str:
    band = f"<td>{escape(one.band)}</td>" if has_bands else ""
    return (
        f'<tr class="{one.verdict}"><th scope="row">{escape(one.row.label)}</th><td>{escape(one.before)}</td>'
        f'<td>{escape(one.after)}</td><td data-change="{one.verdict}">{escape(one.change)}</td>{band}</tr>'
    )
