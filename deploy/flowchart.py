"""Build a Mermaid flowchart, which GitHub draws, from frames, boxes and arrows.  Used by diagram.py.

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
# Characters in a line.  Mermaid wraps text too: at an arrow at 200 px, in a box at wrappingWidth.
_BOX_WIDTH, _ARROW_WIDTH = 40, 27
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
    """A flowchart.  New boxes and frames go into the open frame; an arrow may name a box that is added later."""

    def __init__(self) -> None:
        self._open = [_Frame("", "")]
        self._frames_around: dict[str, list[_Frame]] = {}  # id → the frames around it, innermost last
        self._ids: dict[str, str] = {}
        self._arrows: list[_Arrow] = []

    def id(self, *names: str) -> str:
        """A valid Mermaid id for these names; other names get another id."""
        key, word = "\0".join(names), "__".join(re.sub(r"\W", "_", name, flags=re.ASCII) for name in names)
        if key not in self._ids:
            taken = set(self._ids.values()) | {"end"}  # a keyword of Mermaid
            self._ids[key] = next(item for item in _numbered(word) if item not in taken)
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
        self._frames_around[new.id] = list(self._open)
        self._open[-1].inside.append(new)

    def mermaid(self) -> str:
        arrows = [self._drawable(arrow) for arrow in self._arrows]
        return "\n".join([_HEAD, *_inside(self._open[0], "  "), *map(_line, arrows)]) + "\n"

    def _drawable(self, arrow: _Arrow) -> _Arrow:
        """Mermaid cannot draw an arrow from a box to a frame around it: end it at a box that names the frame."""
        around = {frame.id: frame for frame in self._frames_around[arrow.start]}
        if arrow.end not in around:
            return arrow
        box = _Box(self.id(arrow.start, "to", arrow.end), f"again: {around[arrow.end].text}", "end")
        self._frames_around[arrow.start][-1].inside.append(box)
        return _Arrow(arrow.start, box.id, arrow.text, arrow.is_dotted)


def _numbered(word: str) -> Iterator[str]:
    yield word
    number = 2
    while True:
        yield f"{word}_{number}"
        number += 1


def _inside(frame: _Frame, indent: str) -> Iterator[str]:
    for item in frame.inside:
        if isinstance(item, _Box):
            left, right = _SHAPES[item.shape]
            yield f"{indent}{item.id}{left}{_text(item.text)}{right}"
        else:
            yield f'{indent}subgraph {item.id}["{_text(item.text)}"]'
            yield f"{indent}  direction TB"  # else Mermaid rotates every second frame by 90 degrees
            yield from _inside(item, indent + "  ")
            yield f"{indent}end"


def _line(arrow: _Arrow) -> str:
    line = "-.->" if arrow.is_dotted else "-->"
    text = f'|"{_text(arrow.text, _ARROW_WIDTH)}"|' if arrow.text else ""
    return f"  {arrow.start} {line}{text} {arrow.end}"


def _text(text: str, width: int = _BOX_WIDTH) -> str:
    """The text wrapped at spaces, escaped for Mermaid and HTML."""
    wrap = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=False).wrap
    lines = [part for line in text.split("\n") for part in wrap(line)]
    return "<br/>".join(line.translate(_ESCAPED) for line in lines)
