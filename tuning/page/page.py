"""What `mando simulate --html FILE` writes: one page that needs no network.  Called by cli/simulate.py.

The page at /tune shows the same parts of it: tuning/editor/.

In: one Answer, or two of the same load and faults.  Out: HTML.  The sentence and the table are in the text of the page;
the charts are drawn by its script from JSON that lies in the page.
"""

import base64
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from tuning.page.numbers import numbers_of, numbers_of_two
from tuning.simulate.answer import Answer
from tuning.simulate.table import Bands
from tuning.simulate.verdict import verdict
from tuning.simulate.words import count

_HERE = Path(__file__).parent
_STYLES = ("uplot/uPlot.min.css", "page.css", "numbers.css", "charts.css")
# In the order in which they use each other; main.js, which draws what the page holds, is for a file alone.
_SCRIPTS = (
    "numbers.js",
    "dom.js",
    "moment.js",
    "plot.js",
    "charts.js",
    "choice.js",
    "histogram.js",
    "lives.js",
    "answer.js",
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What is said of one answer or of two: sentences and numbers are HTML, data is what the charts are drawn from."""

    sentences: str
    numbers: str
    data: Mapping[str, Any]


def parts(answer: Answer, more: str = "") -> Parts:
    """Of one answer.  more: a sentence besides the verdict."""
    sentences = _sentence(answer) + (f'<p class="more">{escape(more)}</p>' if more else "")
    return Parts(sentences, numbers_of(answer), _data({"": answer}))


def parts_against(before: Answer, after: Answer, names: tuple[str, str], bands: Bands | None = None) -> Parts:
    """Of two answers, `before` dashed below `after`.  names: of before and after; bands: of the differences."""
    sentences = _sentence(after, names[1]) + _sentence(before, names[0], "before")
    numbers = numbers_of_two(before, after, names, bands or {})
    return Parts(sentences, numbers, _data({names[1]: after, names[0]: before}))


@dataclass(frozen=True, slots=True)
class Text:
    """What stands on the page as in the terminal, below a title: a table, a diff."""

    title: str
    text: str


def page(answer: Answer, more: str = "", text: Text | None = None) -> str:
    """One answer.  more: a sentence besides the verdict."""
    return _page(answer, parts(answer, more), text)


def page_against(
    before: Answer, after: Answer, names: tuple[str, str], bands: Bands | None = None, text: Text | None = None
) -> str:
    """Two answers, as parts_against says."""
    return _page(after, parts_against(before, after, names, bands), text)


def _page(answer: Answer, said: Parts, text: Text | None) -> str:
    library, script = uplot(), "\n".join(map(_text, (*_SCRIPTS, "main.js")))
    return Template(_text("index.html")).substitute(
        title=escape(f"{answer.scenario} · {answer.load}"),
        subtitle=escape(
            f"{count(answer.sent)} requests, simulated with the workflow, the queues and the instances of the files."
        ),
        verdict=said.sentences,
        text=_section(text) if text else "",
        numbers=said.numbers,
        footer=escape(_footer(answer)),
        style=style(),
        uplot=library,
        script=script,
        script_hashes=f"{_hash(library)} {_hash(script)}",
        data=_in_html(said.data),
        licence=_text("uplot/LICENSE"),
    )


def style() -> str:
    return "\n".join(map(_text, _STYLES))


def module() -> str:
    """A module of JavaScript: show(data) draws the charts of Parts.data.  It needs uplot()."""
    return "\n".join((*map(_text, _SCRIPTS), "export { countText, durationText, element, show };\n"))


def uplot() -> str:
    return _text("uplot/uPlot.iife.min.js")


def _sentence(answer: Answer, name: str = "", style: str = "after") -> str:
    who = f"<strong>{escape(name)}</strong> " if name else ""
    kept = "yes" if answer.kept else "no"
    promise, _, rest = verdict(answer).partition(":")
    return f'<p class="{style}" data-kept="{kept}">{who}<em>{escape(promise)}:</em>{escape(rest)}</p>'


def _section(text: Text) -> str:
    title, lines = escape(text.title), escape(text.text)
    return (
        f'<section aria-labelledby="text-title">\n      <h2 id="text-title">{title}</h2>\n'
        f'      <pre class="scroll" tabindex="0" aria-labelledby="text-title">{lines}</pre>\n    </section>'
    )


def _footer(answer: Answer) -> str:
    commit = f"commit {answer.commit[:12]}" if answer.commit else "no commit"
    return (
        f"Seed {answer.seed}, {commit}; the same seed and files give the same numbers. Prices of {answer.prices_as_of}."
    )


def _data(runs: Mapping[str, Answer]) -> Mapping[str, Any]:
    """runs: by name; the first is the one that the page is about."""
    return {"names": list(runs), "runs": [_run(answer) for answer in runs.values()]}


def _in_html(data: Mapping[str, Any]) -> str:
    """JSON that an HTML page may hold: it has no sign that could end the script element or open a comment."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _run(answer: Answer) -> dict[str, Any]:
    every = answer.as_json()
    return {
        "bucket_s": answer.series.bucket_s,
        "columns": {name: _rounded(column) for name, column in answer.series.columns.items()},
        "faults": [{"label": one.label, "begins_s": one.begins_s, "ends_s": one.ends_s} for one in answer.faults],
        "limits": dict(answer.limits),
        "percentiles": every["s_to_reply"],
        "histogram": {"edges_s": _rounded(answer.histogram.edges_s), "counts": list(answer.histogram.counts)},
        "lives": [
            {
                "title": life.title,
                "request": life.request,
                "sent_s": life.sent_s,
                "ended_s": life.ended_s,
                "end": life.end,
                "bars": [
                    {"kind": bar.kind, "begins_s": bar.begins_s, "ends_s": bar.ends_s, "ok": bar.ok}
                    for bar in life.bars
                ],
            }
            for life in answer.lives
        ],
    }


def _rounded(column: Sequence[float | None]) -> list[float | None]:
    """Four digits, which is more than a chart shows."""
    return [None if number is None else _four_digits(number) for number in column]


def _four_digits(number: float) -> float:
    if number == int(number):
        return int(number)
    return round(number, 3 - math.floor(math.log10(abs(number))))


def _text(file: str) -> str:
    return (_HERE / file).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """Names a script for the page's Content-Security-Policy: the browser runs no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
