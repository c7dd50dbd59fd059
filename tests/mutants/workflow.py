"""The text of a workflow → the mistakes that one can make in it and deploy.  Pure; no tool at hand mutates YAML."""

import re
from collections.abc import Iterator

from local.workflows.compile.workflow import compile_workflow
from local.workflows.errors import WorkflowSyntaxError
from tests.mutants.mistake import Mistake

_COMMENT = re.compile(r"(^|\s)#.*")
_NUMBER = re.compile(r"(?<![\w.\"])\d+(?![\w.\"])")
_COMPARISON = {" == ": " != ", " != ": " == ", " < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > "}
_WORDS = {" and ": " or ", " or ": " and ", "not(": "(", " + ": " - ", " * ": " / ", " / ": " * "}
_FUNCTIONS = {"math.min(": "math.max(", "math.max(": "math.min("}
_KEY = re.compile(r"\s*(- )?[\w-]+:( |$)")


def mistakes(path: str, text: str) -> list[Mistake]:
    """All, in the order of the text; some cannot be deployed any more."""
    found = {(one.begin, one.end, one.after): one for one in _Finder(path, text).all()}
    return sorted(found.values(), key=lambda one: (one.begin, one.end, one.after))


def can_be_read(text: str) -> bool:
    try:
        compile_workflow(text, "workflow.yaml")
    except WorkflowSyntaxError:
        return False
    return True


class _Finder:
    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def all(self) -> Iterator[Mistake]:
        for number, line in enumerate(self._lines):
            code = _COMMENT.sub("", line.rstrip("\n")).rstrip()
            if not code.strip():
                continue
            yield from self._in_line(number, code)
            yield from self._without_block(number, code)
            if code.lstrip().startswith("- condition:"):
                yield from self._conditions(number, code)

    def _here(self, number: int, begin: int, end: int, after: str, kind: str) -> Mistake:
        start = self._starts[number]
        return Mistake(self._path, number + 1, start + begin, start + end, after, kind)

    def _in_line(self, number: int, code: str) -> Iterator[Mistake]:
        for found in _NUMBER.finditer(code):
            value = int(found[0])
            for after in {value * 2, value // 2, value + 1, value - 1} - {value}:
                yield self._here(number, found.start(), found.end(), str(after), "number")
        for signs, kind in ((_COMPARISON, "comparison"), (_WORDS, "condition"), (_FUNCTIONS, "function")):
            for sign, other in signs.items():
                for found in re.finditer(re.escape(sign), code):
                    yield self._here(number, found.start(), found.end(), other, kind)
        begin = code.find("${") + 2
        if begin >= 2 and code.endswith("}"):
            for word in (" and ", " or "):
                parts = code[begin:-1].split(word)
                for place in range(len(parts)) if len(parts) > 1 else ():
                    kept = word.join(part for at, part in enumerate(parts) if at != place)
                    yield self._here(number, begin, len(code) - 1, kept, "an operand less")
        for found in re.finditer(r"raise: \$\{(\w+)\}$", code):
            yield self._here(number, found.start(), found.end(), "next: end", "an error that is lost")
        for found in re.finditer(r"return: \$\{(\w+)\}$", code):
            yield self._here(number, found.start(), found.end(), "return: null", "a value that is lost")
        for found in re.finditer(r"if\((.+), ([^,]+), ([^,]+)\)\}$", code):
            swapped = f"if({found[1]}, {found[3]}, {found[2]})}}"
            yield self._here(number, found.start(), found.end(), swapped, "branches swapped")

    def _without_block(self, number: int, code: str) -> Iterator[Mistake]:
        """A key or a step with all that belongs to it."""
        if not _KEY.match(code):
            return
        end = self._end_of_block(number)
        yield Mistake(self._path, number + 1, self._starts[number], self._starts[end], "", "a block less")

    def _end_of_block(self, number: int) -> int:
        indent = len(self._lines[number]) - len(self._lines[number].lstrip())
        end = number + 1
        while end < len(self._lines):
            line = self._lines[end]
            if line.strip() and not line.lstrip().startswith("#") and len(line) - len(line.lstrip()) <= indent:
                break
            end += 1
        return end

    def _conditions(self, number: int, code: str) -> Iterator[Mistake]:
        found = re.search(r"\$\{(.*)\}$", code)
        if found is not None:
            yield self._here(number, found.start(1), found.end(1), f"not({found[1]})", "condition negated")
        # The next branch, if there is one, asked first.
        end = self._end_of_block(number)
        if end < len(self._lines) and self._lines[end].lstrip().startswith("- condition:"):
            last = self._end_of_block(end)
            begin, middle, after = self._starts[number], self._starts[end], self._starts[last]
            text = "".join(self._lines)
            swapped = text[middle:after] + text[begin:middle]
            yield Mistake(self._path, number + 1, begin, after, swapped, "branches swapped")
