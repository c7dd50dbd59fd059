"""Frames, boxes and arrows → a flowchart in Mermaid, which GitHub draws.  Used by diagram.py.

Source: Mermaid, "Flowcharts - Basic Syntax".
"""

import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Shape = Literal["step", "choice", "call", "end"]
_SHAPES: dict[Shape, tuple[str, str]] = {
    "step": ('["', '"]'),
    "choice": ('{"', '"}'),
    "call": ('[["', '"]]'),
    "end": ('(["', '"])'),
}
_ESCAPED = str.maketrans({'"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "#": "#35;", "`": "#96;"})
# Characters of a line.  Mermaid breaks what is longer than 200 px once more: always at an arrow, in a box where no
# other width is set.
_IN_A_BOX, _AT_AN_ARROW = 40, 27
_HEAD = '%%{init: {"flowchart": {"wrappingWidth": 400}}}%%\nflowchart TB'


@dataclass(frozen=True, slots=True)
class _Box:
    id: str
    text: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class _Frame:
    id: str
    text: str
    inside: "list[_Box | _Frame]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Arrow:
    start: str
    end: str
    text: str
    is_dotted: bool


class Flowchart:
    """A box or a frame that is added stands in the frame that is open; an arrow may name what is not there yet."""

    def __init__(self) -> None:
        self._open = [_Frame("", "")]
        self._around: dict[str, list[_Frame]] = {}  # of each id: the frames around, the innermost last
        self._ids: dict[str, str] = {}
        self._arrows: list[_Arrow] = []

    def id(self, *names: str) -> str:
        """What Mermaid takes for an id, the same for the same names and never the same for others."""
        key, word = "\0".join(names), "__".join(re.sub(r"\W", "_", name, flags=re.ASCII) for name in names)
        if key not in self._ids:
            taken = set(self._ids.values()) | {"end"}  # a word of Mermaid's
            self._ids[key] = next(one for one in _numbered(word) if one not in taken)
        return self._ids[key]

    def box(self, id_: str, text: str, shape: Shape = "step") -> None:
        self._add(_Box(id_, text, shape))

    @contextmanager
    def frame(self, id_: str, text: str) -> Iterator[None]:
        frame = _Frame(id_, text)
        self._add(frame)
        self._open.append(frame)
        yield
        self._open.pop()

    def arrow(self, start: str, end: str, text: str = "", *, is_dotted: bool = False) -> None:
        self._arrows.append(_Arrow(start, end, text, is_dotted))

    def _add(self, new: "_Box | _Frame") -> None:
        self._around[new.id] = list(self._open)
        self._open[-1].inside.append(new)

    def mermaid(self) -> str:
        arrows = [self._drawable(arrow) for arrow in self._arrows]
        return "\n".join([_HEAD, *_inside(self._open[0], "  "), *map(_line, arrows)]) + "\n"

    def _drawable(self, arrow: _Arrow) -> _Arrow:
        """Mermaid draws no arrow from a box to a frame around it: a box in the frame says where it leads."""
        around = {frame.id: frame for frame in self._around[arrow.start]}
        if arrow.end not in around:
            return arrow
        box = _Box(self.id(arrow.start, "to", arrow.end), f"again: {around[arrow.end].text}", "end")
        self._around[arrow.start][-1].inside.append(box)
        return _Arrow(arrow.start, box.id, arrow.text, arrow.is_dotted)


def _numbered(word: str) -> Iterator[str]:
    yield word
    number = 2
    while True:
        yield f"{word}_{number}"
        number += 1


def _inside(frame: _Frame, indent: str) -> Iterator[str]:
    for one in frame.inside:
        if isinstance(one, _Box):
            left, right = _SHAPES[one.shape]
            yield f"{indent}{one.id}{left}{_text(one.text)}{right}"
        else:
            yield f'{indent}subgraph {one.id}["{_text(one.text)}"]'
            yield f"{indent}  direction TB"  # or Mermaid turns every second frame by 90 degrees
            yield from _inside(one, indent + "  ")
            yield f"{indent}end"


def _line(arrow: _Arrow) -> str:
    line = "-.->" if arrow.is_dotted else "-->"
    text = f'|"{_text(arrow.text, _AT_AN_ARROW)}"|' if arrow.text else ""
    return f"  {arrow.start} {line}{text} {arrow.end}"


def _text(text: str, width: int = _IN_A_BOX) -> str:
    """Broken into lines at spaces, with nothing in it that Mermaid or HTML would read."""
    wrap = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=False).wrap
    lines = [part for line in text.split("\n") for part in wrap(line)]
    return "<br/>".join(line.translate(_ESCAPED) for line in lines)
