"""Write the table of rules into docs/tuning.md: `make docs`."""

from pathlib import Path

from tuning.check.rules import RULES

PAGE = Path(__file__).parent.parent.parent / "docs" / "tuning.md"
BEGIN, END = "<!-- `make docs` writes this table -->\n\n", "\n<!-- until here -->\n"


def table() -> str:
    """All rules in Markdown."""
    rows = ["| rule | finds | why it matters | what to do |", "|---|---|---|---|"]
    rows += [f"| `{rule.name}` ({rule.level}) | {rule.what} | {rule.why} | {rule.advice} |" for rule in RULES]
    return "\n".join(rows) + "\n"


def page_with(page: str, rules: str) -> str:
    """The page with its table replaced."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}{rules}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text(), table()))
