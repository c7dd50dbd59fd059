"""docs/operating.md as data: what each situation says that one sees, and its commands."""

import re
from dataclasses import dataclass

from tests.servers import ROOT

PAGE = (ROOT / "docs" / "operating.md").read_text()
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Situation:
    """A section of the page."""

    text: str

    def seen(self, where: str) -> list[str]:
        """Patterns of what one sees there, in backticks, or of what members read, in quotes; … stands for anything."""
        rows = [line.split(" | ", 1) for line in self.text.splitlines() if line.startswith("| ")]
        (said,) = [row[1] for row in rows if row[0].removeprefix("| ").strip("`") == where]
        return [
            re.escape(one).replace("…", r"[^|]*?")
            for one in re.findall('"([^"]+)"' if where == "members" else "`([^`]+)`", said)
        ]

    def commands(self, lead: str = "") -> str:
        """The commands that follow the words in bold, up to the next ones."""
        after = re.split(rf"^\*\*{lead}[^*]*\*\*", self.text, maxsplit=1, flags=re.MULTILINE)[-1] if lead else self.text
        found: list[str] = _BLOCK.findall(re.split(r"^\*\*", after, maxsplit=1, flags=re.MULTILINE)[0])
        assert found, f"there is no command after {lead!r}"
        return "".join(found)


def situation(title: str) -> Situation:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/operating.md has no section {title!r}"
    return Situation(found[1])
