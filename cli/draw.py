"""`mando draw`: draw a mandala into a file; the suffix chooses the format.  Alone it lists what one can choose."""

import io
import json
import re
import secrets
import textwrap
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

import mandala
from cli.errors import wrong_option
from cli.files import TooLarge, read_at_most
from cli.options import option, utf8, whole_number
from mandala import Design, DesignError

_SMALLEST_PX, _LARGEST_PX = 64, 4096
_LARGEST_ANIMATED_PX = 1024
_MAX_SHEET, _SHEET_COLUMNS = 100, 6
_STILL, _ANIMATED, _SHEET = (".png", ".svg"), (".gif", ".webp"), (".png", ".jpg")
_PRINT = "print"
_LONGEST_NAME = 48  # characters of the words in a file's name
_LARGEST_DESIGN_BYTES = 2**20  # the largest possible design has 20 kB


@dataclass(frozen=True, slots=True)
class DrawOptions:
    """The command's options."""

    words: tuple[str, ...]
    symmetry: int | None
    palette: str | None
    size: int | None
    ratio: str
    sheet: int | None
    design: str | None
    output: Path | None


@click.command()
@click.argument("words", nargs=-1, type=utf8)
@option("--symmetry", type=whole_number(1), metavar="N", help=f"one of {', '.join(map(str, mandala.SYMMETRIES))}")
@option("--palette", metavar="NAME", help=f"one of {', '.join(mandala.PALETTES)}")
@option(
    "--size",
    type=whole_number(1),
    metavar="PX",
    show_default="1024; animated 512",
    help=f"the longer side, even, up to {_LARGEST_PX}",
)
@option("--ratio", default="1:1", metavar="W:H", help="width to height, e.g. 16:9 for a wallpaper")
@option("--sheet", type=whole_number(1, _MAX_SHEET), metavar="N", help="N different mandalas side by side, --size each")
@option(
    "--design",
    is_flag=False,
    flag_value=_PRINT,
    metavar="[FILE]",
    help="print the design as JSON; with a FILE draw that one",
)
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    show_default="the words, e.g. my-cat.png",
    help=".png or .svg; .gif or .webp for an animation; .jpg for a sheet",
)
def command(**values: Any) -> None:
    """The same words always give the same mandala; without words it is a new one.  Alone it lists all palettes."""
    options = DrawOptions(**values)
    if not any((options.words, options.symmetry, options.palette, options.sheet, options.design, options.output)):
        print(_choices())
        return
    designs = _designs(options)
    if options.design == _PRINT:
        print(json.dumps(mandala.to_document(designs[0]), indent=2))
    if options.output is not None or options.design != _PRINT:
        _write(options, options.output, designs)


def _designs(options: DrawOptions) -> list[Design]:
    if options.design not in (None, _PRINT):
        return [_read_design(Path(options.design))]
    seed = " ".join(options.words) or secrets.token_hex(8)
    seeds = [seed] if options.sheet is None else [f"{seed} {number}" for number in range(options.sheet)]
    try:
        return [mandala.design_for(each, symmetry=options.symmetry, palette=options.palette) for each in seeds]
    except DesignError as error:
        name, _, message = str(error).partition(": ")
        raise wrong_option(name, message) from None


def _read_design(path: Path) -> Design:
    try:
        return mandala.from_document(json.loads(read_at_most(path, _LARGEST_DESIGN_BYTES)))
    except OSError as error:
        raise wrong_option("design", f"cannot read {path}: {error.strerror}") from None
    except TooLarge as error:
        raise wrong_option("design", f"{path} {error}") from None
    except (DesignError, ValueError, RecursionError) as error:
        raise wrong_option("design", f"{path}: {error}") from None


def _write(options: DrawOptions, output: Path | None, designs: list[Design]) -> None:
    is_named = output is not None
    output = output or _name_for(options)
    allowed = _SHEET if options.sheet is not None else (*_STILL, *_ANIMATED)
    if output.suffix not in allowed:
        raise wrong_option("output", f"{output.name!r} does not end in {', '.join(allowed)}")
    width_px, height_px = _size_px(options.size, options.ratio, is_animated=output.suffix in _ANIMATED)
    if width_px != height_px and (options.sheet is not None or output.suffix in _ANIMATED):
        raise wrong_option("ratio", f"{options.ratio} is for .png and .svg; a sheet or a {output.suffix} is square")
    content = _drawn(designs, output.suffix, width_px, height_px, is_sheet=options.sheet is not None)
    try:
        if not is_named and output.exists() and output.read_bytes() != content:
            raise wrong_option("output", f"{output} is another file; -o {output} writes over it")
        output.write_bytes(content)
    except OSError as error:
        raise wrong_option("output", f"cannot write {output}: {error.strerror}") from None
    if options.design != _PRINT:
        for design in designs:
            words = mandala.describe(design)
            print(f"{'' if is_named else f'{output}: '}{words.title}. {words.description}")


def _name_for(options: DrawOptions) -> Path:
    """The words as a name of a file."""
    words = unicodedata.normalize("NFC", " ".join(options.words))
    name = re.sub(r"\W+", "-", words)[:_LONGEST_NAME].strip("-_") or "mandala"
    return Path(f"{name}{'' if options.sheet is None else '-sheet'}.png")


def _choices() -> str:
    palettes = {
        ground: [name for name, palette in mandala.PALETTES.items() if palette.is_dark is is_dark]
        for ground, is_dark in (("dark palettes", True), ("pale palettes", False))
    }
    rows = {**palettes, "families": mandala.FAMILIES, "symmetries": [str(order) for order in mandala.SYMMETRIES]}
    listed = "\n".join(
        textwrap.fill(", ".join(names), 100, initial_indent=f"{title:<15}", subsequent_indent=15 * " ")
        for title, names in rows.items()
    )
    said = 'The words choose all of it; --palette and --symmetry win: mando draw "my cat" --palette jade'
    return f"{listed}\n\n{said}"


def _drawn(designs: list[Design], suffix: str, width_px: int, height_px: int, *, is_sheet: bool) -> bytes:
    if not is_sheet:
        return _draw(designs[0], suffix, width_px, height_px)
    target, kind = io.BytesIO(), "JPEG" if suffix == ".jpg" else "PNG"
    mandala.draw_sheet(designs, _SHEET_COLUMNS, width_px).save(target, kind, quality=88, subsampling=0)
    return target.getvalue()


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


def _size_px(size_px: int | None, ratio: str, *, is_animated: bool) -> tuple[int, int]:
    largest = _LARGEST_ANIMATED_PX if is_animated else _LARGEST_PX
    longer = (512 if is_animated else 1024) if size_px is None else size_px
    if longer % 2 or not _SMALLEST_PX <= longer <= largest:
        raise wrong_option("size", f"{longer} is not an even number from {_SMALLEST_PX} to {largest}")
    found = re.fullmatch(r"([1-9][0-9]?):([1-9][0-9]?)", ratio)
    if found is None or not 1 / 3 <= int(found[1]) / int(found[2]) <= 3:
        raise wrong_option("ratio", f"{ratio!r} is no ratio from 1:3 to 3:1, e.g. 16:9")
    width, height = int(found[1]), int(found[2])
    shorter = round(longer * min(width, height) / max(width, height) / 2) * 2
    return (longer, shorter) if width >= height else (shorter, longer)
