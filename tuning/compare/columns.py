"""Cells below each other, for the terminal.  Called by outage_map and sensitivity."""

from collections.abc import Iterator, Sequence
from typing import Literal

Side = Literal["<", ">"]


def columns(lines: Sequence[Sequence[str]], label: Side, cells: Side) -> Iterator[str]:
    """Each column as wide as its widest cell.  label, cells: where the first and the others stand in it."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for first, *others in lines:
        padded = [f"{cell:{cells}{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([f"{first:{label}{widths[0]}}", *padded]).rstrip()
