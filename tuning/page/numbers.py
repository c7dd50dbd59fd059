"""The table of numbers as HTML: a row a group for one answer, a row a number for two.  Called by page.py."""

from collections.abc import Sequence
from html import escape
from itertools import groupby

from tuning.simulate.answer import Answer
from tuning.simulate.table import BREAKS, Bands, Difference, Json, Row, differences, groups, numbers, rows, same_in_both


def numbers_of(answer: Answer) -> str:
    said = numbers(answer)
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
    titles = ("", "", *names, "difference")
    heads = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    if has_bands:
        heads += '<th scope="col" class="band">90 % of the seeds</th>'
    lines = [f"<thead><tr>{heads}</tr></thead>"]
    different = [one for one in every if not one.is_equal]
    for group, members in groupby(different, key=lambda one: one.row.group):
        rowed = list(members)
        head = f'<th scope="rowgroup" rowspan="{len(rowed)}">{escape(group)}</th>'
        lines.append("".join(_line(one, has_bands, head if one is rowed[0] else "") for one in rowed))
    return f'<table class="two">{"".join(lines)}</table>{_equal(every)}'


def _equal(every: Sequence[Difference]) -> str:
    said = same_in_both(every)
    return f'<p class="note">{escape(said)}</p>' if said else ""


def _line(one: Difference, has_bands: bool, head: str) -> str:
    band = f'<td class="band">{escape(one.band)}</td>' if has_bands else ""
    return (
        f'<tr class="{one.verdict}">{head}<th scope="row">{escape(one.row.label)}</th><td>{escape(one.before)}</td>'
        f'<td>{escape(one.after)}</td><td data-change="{one.verdict}">{escape(one.change)}</td>{band}</tr>'
    )
