"""`mando draw`: one mandala into a file."""

import argparse
import secrets
import sys
from pathlib import Path

import mandala
from mandala.sheet import draw_sheet

_SMALLEST_PX, _LARGEST_PX = 64, 4096
_LARGEST_SHEET, _SHEET_COLUMNS = 100, 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", help="the same words always give the same mandala; none give a new one")
    parser.add_argument("--symmetry", type=int, metavar="N", help=f"one of {', '.join(map(str, mandala.SYMMETRIES))}")
    parser.add_argument("--palette", metavar="NAME", help=f"one of {', '.join(mandala.PALETTES)}")
    parser.add_argument("--size", type=int, default=1024, metavar="PX", help="width and height, even (default: 1024)")
    parser.add_argument("--sheet", type=int, metavar="N", help="N different mandalas side by side, --size px each")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where it goes, e.g. cat.png")


def run(arguments: argparse.Namespace) -> int:
    output: Path = arguments.output
    size_px: int = arguments.size
    allowed = (".png",) if arguments.sheet is None else (".png", ".jpg")
    if output.suffix not in allowed:
        return _refuse(f"--output: {output.name!r} does not end in {' or '.join(allowed)}")
    if arguments.sheet is not None and not 1 <= arguments.sheet <= _LARGEST_SHEET:
        return _refuse(f"--sheet: {arguments.sheet} is not a number from 1 to {_LARGEST_SHEET}")
    if size_px % 2 or not _SMALLEST_PX <= size_px <= _LARGEST_PX:
        return _refuse(f"--size: {size_px} is not an even number from {_SMALLEST_PX} to {_LARGEST_PX}")
    seed = " ".join(arguments.words) or secrets.token_hex(8)
    seeds = [seed] if arguments.sheet is None else [f"{seed} {number}" for number in range(arguments.sheet)]
    try:
        designs = [mandala.design_for(each, symmetry=arguments.symmetry, palette=arguments.palette) for each in seeds]
    except mandala.DesignError as error:
        return _refuse(f"--{error}")
    try:
        if arguments.sheet is None:
            output.write_bytes(mandala.draw_png(designs[0], size_px))
        else:
            draw_sheet(designs, _SHEET_COLUMNS, size_px).save(output, quality=88, subsampling=0)
    except OSError as error:
        return _refuse(f"--output: cannot write {output}: {error.strerror}")
    for design in designs:
        words = mandala.describe(design)
        print(f"{words.title}. {words.description}")
    return 0


def _refuse(message: str) -> int:
    sys.stderr.write(f"mando draw: {message}\n")
    return 2
