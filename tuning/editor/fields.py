"""The knobs of the files as fields of a form: a section a file, a row a line, with the comment of the line as help.

Called by editor.py.  Out: JSON for the page.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from tuning.knobs import Knob, knobs
from tuning.sources import Sources


def sections(sources: Sources) -> list[dict[str, Any]]:
    """In the order of the files; a workflow first, as it decides most."""
    every = sorted(knobs(sources), key=lambda knob: not knob.place.file.startswith("workflows/"))
    return [
        {"file": file, "name": name, "rows": [_row(list(of_line), sources[file]) for of_line in _by_line(members)]}
        for (file, name), group in groupby(every, key=lambda knob: (knob.place.file, knob.name.partition(".")[0]))
        for members in [sorted(group, key=lambda knob: knob.place)]
    ]


def _by_line(members: Sequence[Knob]) -> Iterator[Iterator[Knob]]:
    for _, of_line in groupby(members, key=lambda knob: knob.place.line):
        yield of_line


def _row(of_line: Sequence[Knob], text: str) -> dict[str, Any]:
    """The numbers of one line.  label: the key in the file; each number has one of its own if there are several."""
    first = of_line[0].name.partition(".")[2]
    label = first if len(of_line) == 1 else first.partition("[")[0].partition(".")[0]
    return {
        "label": label,
        "line": of_line[0].place.line,
        "help": comment(text, of_line[0].place.line),
        "knobs": [
            {
                "name": knob.name,
                "part": knob.name.partition(".")[2].removeprefix(label).strip(".[]") if len(of_line) > 1 else "",
                "value": _text(knob.value),
                "unit": knob.unit,
                "choices": knob.choices,
            }
            for knob in of_line
        ],
    }


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"


def comment(text: str, line: int) -> str:
    """What a file says of that line: comments above it at its indent, one behind it, and those that go on below."""
    lines = text.splitlines()
    own = lines[line - 1]
    above: list[str] = []
    for other in reversed(lines[: line - 1]):
        if not _is_comment(other, _indent(own)):
            break
        above.insert(0, other)
    begin = own.find(" #") + 1
    behind = [own[begin:]] if begin else []
    for other in lines[line:]:
        if not begin or not _is_comment(other, begin):
            break
        behind.append(other)
    said = (" ".join(one.strip().lstrip("#").strip() for one in part) for part in (above, behind))
    return " · ".join(filter(None, said))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_comment(line: str, indent: int) -> bool:
    return line.lstrip().startswith("#") and _indent(line) == indent
