"""One mistake: a place in a file, and the wrong text for it."""

import difflib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """path from the root; line counts from 1; begin and end are offsets in the file's text; kind is a word or two.

    function_line: where the innermost function around it begins, with its decorators; None where there is none.
    """

    path: str
    line: int
    begin: int
    end: int
    after: str
    kind: str
    function_line: int | None = None

    @property
    def function(self) -> str | None:
        return f"{self.path}:{self.function_line}" if self.function_line else None

    def made_in(self, text: str) -> str:
        return text[: self.begin] + self.after + text[self.end :]

    def diff(self, text: str) -> list[str]:
        """The lines that it takes away and those that it adds, with - and +."""
        before, after = text.splitlines(), self.made_in(text).splitlines()
        changed = difflib.unified_diff(before, after, n=0, lineterm="")
        return [line for line in changed if not line.startswith(("---", "+++", "@@"))]
