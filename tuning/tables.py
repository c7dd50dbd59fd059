"""The tables of docs/tuning.md: the rules of `mando check`, scenarios, models, prices.  `make docs` puts them there.

Each table stands between `<!-- make docs: NAME -->` and `<!-- until here -->`; plots.py has blocks of its own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from tuning.check.rules import RULES
from tuning.distribution import Distribution
from tuning.durations import in_words
from tuning.model import Parameter, read_model
from tuning.parameters import PARAMETERS
from tuning.prices import read_prices
from tuning.simulate.scenario import names, read_story

PAGE = Path(__file__).parent.parent / "docs" / "tuning.md"
_END = "<!-- until here -->"


def page_with(page: str, name: str, block: str, *, target: str = "make docs") -> str:
    """The page with that block replaced.  Raises ValueError if its mark is missing."""
    begin = f"<!-- {target}: {name} -->"
    before, found, rest = page.partition(f"{begin}\n")
    _, ended, after = rest.partition(_END)
    if not found or not ended:
        raise ValueError(f"the page has no block from {begin} to {_END}")
    return f"{before}{begin}\n{block}\n{_END}{after}"


def rules() -> str:
    rows = ((f"`{rule.name}` ({rule.level})", rule.what, rule.why, rule.advice) for rule in RULES)
    return _table(("rule", "finds", "why it matters", "what to do"), rows)


def scenarios() -> str:
    """Made-up ones first, then the incidents in order of their time."""
    stories = sorted((read_story(name) for name in names()), key=lambda story: (_date(story.name), story.name))
    rows = ((f"`{one.name}`", one.title, in_words(one.length_s), one.sure, one.source) for one in stories)
    return _table(("name", "what happens", "length", "sure", "source"), rows)


def models() -> str:
    cloud, local = read_model("cloud"), read_model("local")
    rows = (
        (f"`{name}`", PARAMETERS[name].text, _value(one), one.sure, _likely(one), _value(local.parameter(name)))
        for name, one in cloud.parameters.items()
    )
    return _table(("name", "what it is", "cloud", "sure", "else likely", "local"), rows)


def prices() -> str:
    found = read_prices()
    rows = (
        (
            f"`{name}`",
            f"{one.price:.10f}".rstrip("0"),
            f"{_plain(one.per)} {one.unit}",
            f"{_plain(one.free)} a {one.every}",
            one.sure,
        )
        for name, one in found.items.items()
    )
    return _table(("what is counted", f"US$, {found.as_of}", "for", "free", "sure"), rows)


TABLES: Mapping[str, Callable[[], str]] = {"rules": rules, "scenarios": scenarios, "models": models, "prices": prices}


def _date(name: str) -> str:
    return name[-10:] if name[-10:].replace("-", "").isdecimal() else ""


def _value(one: Parameter) -> str:
    if not isinstance(one.value, Distribution):
        return _plain(one.value) if one.unit in ("count", "share", "status") else f"{_plain(one.value)} {one.unit}"
    p50, p99 = (one.value.quantile(share) for share in (0.5, 0.99))
    return f"{p50:.3g} {one.unit}, p99 {p99:.3g}"


def _likely(one: Parameter) -> str:
    return (" to " if one.is_range else ", ").join(map(_plain, one.likely))


def _plain(number: float) -> str:
    """1,000,000 and 0.00001, never 1e+06."""
    text = f"{number:,.6f}"
    return text.rstrip("0").rstrip(".")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        page = page_with(page, name, table())
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
