"""`mando draw`: one mandala into a file."""

import argparse
import secrets
import sys
from pathlib import Path

import mandala

_SMALLEST_PX, _LARGEST_PX = 64, 4096


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", help="the same words always give the same mandala; none give a new one")
    parser.add_argument("--symmetry", type=int, metavar="N", help=f"one of {', '.join(map(str, mandala.SYMMETRIES))}")
    parser.add_argument("--palette", metavar="NAME", help=f"one of {', '.join(mandala.PALETTES)}")
    parser.add_argument("--size", type=int, default=1024, metavar="PX", help="width and height, even (default: 1024)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where it goes, e.g. cat.png")


def run(arguments: argparse.Namespace) -> int:
    output: Path = arguments.output
    size_px: int = arguments.size
    if output.suffix != ".png":
        return _refuse(f"--output: {output.name!r} is no .png file")
    if size_px % 2 or not _SMALLEST_PX <= size_px <= _LARGEST_PX:
        return _refuse(f"--size: {size_px} is not an even number from {_SMALLEST_PX} to {_LARGEST_PX}")
    seed = " ".join(arguments.words) or secrets.token_hex(8)
    try:
        design = mandala.design_for(seed, symmetry=arguments.symmetry, palette=arguments.palette)
    except mandala.DesignError as error:
        return _refuse(f"--{error}")
    try:
        output.write_bytes(mandala.draw_png(design, size_px))
    except OSError as error:
        return _refuse(f"--output: cannot write {output}: {error.strerror}")
    words = mandala.describe(design)
    print(f"{output}: {words.title}. {words.description}")
    return 0


def _refuse(message: str) -> int:
    sys.stderr.write(f"mando draw: {message}\n")
    return 2
