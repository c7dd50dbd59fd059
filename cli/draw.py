"""`mando draw`: one mandala into a file; the suffix names the format."""

import argparse
import json
import re
import secrets
import sys
from pathlib import Path

import mandala
from mandala import Design, DesignError

_SMALLEST_PX, _LARGEST_PX = 64, 4096
_LARGEST_MOTION_PX = 1024
_LARGEST_SHEET, _SHEET_COLUMNS = 100, 6
_STILL, _MOTION, _SHEET = (".png", ".svg"), (".gif", ".webp"), (".png", ".jpg")
_PRINT = "print"


class WrongOption(Exception):
    """Raised when an option is not what it can be; the message names it and what was expected."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", help="the same words always give the same mandala; none give a new one")
    parser.add_argument("--symmetry", type=int, metavar="N", help=f"one of {', '.join(map(str, mandala.SYMMETRIES))}")
    parser.add_argument("--palette", metavar="NAME", help=f"one of {', '.join(mandala.PALETTES)}")
    parser.add_argument(
        "--size", type=int, metavar="PX", help=f"the longer side, even, up to {_LARGEST_PX} (1024; in motion 512)"
    )
    parser.add_argument("--ratio", default="1:1", metavar="W:H", help="width to height, e.g. 16:9 for a wallpaper")
    parser.add_argument("--sheet", type=int, metavar="N", help="N different mandalas side by side, --size each")
    parser.add_argument(
        "--design", nargs="?", const=_PRINT, metavar="FILE", help="print the design as JSON; with a FILE draw that one"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help=".png or .svg; .gif or .webp for one that opens; .jpg for a sheet",
    )


def run(arguments: argparse.Namespace) -> int:
    """0, or 2 where an option is wrong."""
    try:
        designs = _designs(arguments)
        if arguments.design == _PRINT:
            print(json.dumps(mandala.to_document(designs[0]), indent=2))
        if arguments.output is not None or arguments.design != _PRINT:
            _write(arguments, arguments.output, designs)
    except WrongOption as error:
        sys.stderr.write(f"mando draw: {error}\n")
        return 2
    return 0


def _designs(arguments: argparse.Namespace) -> list[Design]:
    if arguments.design not in (None, _PRINT):
        return [_read_design(Path(arguments.design))]
    if arguments.sheet is not None and not 1 <= arguments.sheet <= _LARGEST_SHEET:
        raise WrongOption(f"--sheet: {arguments.sheet} is not a number from 1 to {_LARGEST_SHEET}")
    seed = " ".join(arguments.words) or secrets.token_hex(8)
    seeds = [seed] if arguments.sheet is None else [f"{seed} {number}" for number in range(arguments.sheet)]
    try:
        return [mandala.design_for(each, symmetry=arguments.symmetry, palette=arguments.palette) for each in seeds]
    except DesignError as error:
        raise WrongOption(f"--{error}") from None


def _read_design(path: Path) -> Design:
    try:
        return mandala.from_document(json.loads(path.read_bytes()))
    except OSError as error:
        raise WrongOption(f"--design: cannot read {path}: {error.strerror}") from None
    except (DesignError, ValueError, RecursionError) as error:
        raise WrongOption(f"--design: {path}: {error}") from None


def _write(arguments: argparse.Namespace, output: Path | None, designs: list[Design]) -> None:
    if output is None:
        raise WrongOption("--output: is missing, e.g. -o cat.png")
    allowed = _SHEET if arguments.sheet is not None else (*_STILL, *_MOTION)
    if output.suffix not in allowed:
        raise WrongOption(f"--output: {output.name!r} does not end in {', '.join(allowed)}")
    width_px, height_px = _sides(arguments.size, arguments.ratio, is_motion=output.suffix in _MOTION)
    if width_px != height_px and (arguments.sheet is not None or output.suffix in _MOTION):
        raise WrongOption(f"--ratio: {arguments.ratio} is for .png and .svg; a sheet or a {output.suffix} is square")
    try:
        if arguments.sheet is not None:
            mandala.draw_sheet(designs, _SHEET_COLUMNS, width_px).save(output, quality=88, subsampling=0)
        else:
            output.write_bytes(_draw(designs[0], output.suffix, width_px, height_px))
    except OSError as error:
        raise WrongOption(f"--output: cannot write {output}: {error.strerror}") from None
    if arguments.design != _PRINT:
        for design in designs:
            words = mandala.describe(design)
            print(f"{words.title}. {words.description}")


def _draw(design: Design, suffix: str, width_px: int, height_px: int) -> bytes:
    match suffix:
        case ".svg":
            return mandala.draw_svg(design, width_px, height_px).encode()
        case ".gif":
            return mandala.bloom(design, width_px, "gif")
        case ".webp":
            return mandala.bloom(design, width_px, "webp")
        case _:
            return mandala.draw_png(design, width_px, height_px)


def _sides(size_px: int | None, ratio: str, *, is_motion: bool) -> tuple[int, int]:
    largest = _LARGEST_MOTION_PX if is_motion else _LARGEST_PX
    longer = size_px or (512 if is_motion else 1024)
    if longer % 2 or not _SMALLEST_PX <= longer <= largest:
        raise WrongOption(f"--size: {longer} is not an even number from {_SMALLEST_PX} to {largest}")
    found = re.fullmatch(r"([1-9][0-9]?):([1-9][0-9]?)", ratio)
    if found is None or not 1 / 3 <= int(found[1]) / int(found[2]) <= 3:
        raise WrongOption(f"--ratio: {ratio!r} is no ratio from 1:3 to 3:1, e.g. 16:9")
    width, height = int(found[1]), int(found[2])
    shorter = round(longer * min(width, height) / max(width, height) / 2) * 2
    return (longer, shorter) if width >= height else (shorter, longer)
