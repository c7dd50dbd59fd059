"""The table of costs in docs/deploying.md, from the prices and the paths of `mando check`.

`python -m cli.costs` writes it again after a change of prices, workflow or deployment; a test says when it is due.
"""

from pathlib import Path

from deploy.numbers import NUMBERS
from local.workflows.limits import raise_recursion_limit
from tuning.check.numbers import numbers
from tuning.check.rules import check
from tuning.prices import read_prices
from tuning.sources import from_folder
from tuning.tables import page_with

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "deploying.md"
_MONTH_S = 30 * 86_400


def table() -> str:
    """Markdown: what a million requests cost, and what a month costs without one."""
    raise_recursion_limit()
    subject = check(from_folder(ROOT)).subject
    found = numbers(subject) if subject is not None else {}
    prices = read_prices()
    kept, memory_gib = NUMBERS.ingress.min_instances, NUMBERS.ingress.memory_mib / 1024
    idle = prices.dollars("functions_idle_vcpu", kept * NUMBERS.ingress.cpu * _MONTH_S)
    idle += prices.dollars("functions_memory", kept * memory_gib * _MONTH_S)
    rows = [
        ("a month without a request", f"{kept} instance of the ingress is kept ready", f"${idle:,.2f}"),
        *(
            (f"a million requests, {path}", f"{one['steps']} billed steps and {one['calls']} calls each",
             f"${one['usd_per_million']:,.0f}, of which Workflows ${one['steps_usd_per_million']:,.0f}")
            for name, path in (("good", "if all goes well"), ("worst", "at worst, while Discord is down"))
            if (one := found.get(name))
        ),
    ]  # fmt: skip
    lines = [f"| {' | '.join(row)} |" for row in (("what", "it is", prices.dated), ("---",) * 3, *rows)]
    return "\n".join(lines)


def with_table(page: str, costs: str) -> str:
    """The page with this table in the place of its own."""
    return page_with(page, "costs", costs, target="python -m cli.costs")


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), table()), encoding="utf-8")
