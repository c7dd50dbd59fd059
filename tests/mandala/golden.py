"""The golden pictures: eight seeds at 256 px.  `make golden` draws them anew; a person looks at them then.

And one digest of many pictures for each version of the drawing: a picture's name in the bucket holds that version, so
it must be raised with every change of what is drawn, or an old picture is shown for a new one.
"""

import hashlib
import io
import sys
from collections.abc import Callable
from functools import partial
from itertools import cycle
from pathlib import Path

from PIL import Image

import mandala

FOLDER = Path(__file__).parent.parent / "golden"
DRAWINGS = FOLDER / "drawings.txt"
SEEDS = ("0", "1", "2", "3", "5", "8", "11", "23")
SIZE_PX = 256
# Seeds that have between them every value of every field of a design, on dark ground and on pale paper.
VECTORS = (
    *(3, 7, 10, 17, 29, 33, 39, 48, 51, 54, 62, 80, 83, 84, 85, 113, 132, 140, 184, 206, 216, 219, 222, 258, 279, 305),
    *(307, 308, 319, 331, 339, 350, 365, 395, 407, 424, 464, 472, 561, 580, 757, 770, 782, 790, 802, 807, 828, 831),
    *(898, 899, 926, 943, 982, 1053, 1125, 1270, 1301, 1449, 1451, 1461, 16, 18, 19, 35, 68, 202, 218, 5),
)
WORDS = 100


def drawn(seed: str) -> Image.Image:
    return Image.open(io.BytesIO(mandala.draw_png(mandala.design_for(seed), SIZE_PX))).convert("RGB")


def digest(picture: Image.Image) -> str:
    """Of the pixels: how they are deflated may depend on the processor."""
    return hashlib.sha256(picture.tobytes()).hexdigest()


def drawing_digest() -> str:
    """Of the pixels of every palette, order, family and ground; the last ones in the size that members get."""
    pixels = hashlib.sha256()
    for number, (palette, order) in enumerate(zip(mandala.PALETTES, cycle(mandala.SYMMETRIES), strict=False)):
        design = mandala.design_for(str(number), palette=palette, symmetry=order)
        png = mandala.draw_png(design, 1024 if number >= 30 else SIZE_PX)
        pixels.update(Image.open(io.BytesIO(png)).convert("RGB").tobytes())
    return pixels.hexdigest()


def said(seed: str) -> str:
    """What stands beside a picture."""
    design = mandala.design_for(seed)
    words = mandala.describe(design)
    return f"{seed} · {words.title} · {words.description} · {mandala.colour(design):06x}"


def vectors(seed: str) -> str:
    """Of the SVG, wide and tall: its numbers have two places, so that another processor writes the same ones."""
    design = mandala.design_for(seed)
    both = mandala.draw_svg(design, 1600, 900) + mandala.draw_svg(design, 300, 400)
    return hashlib.sha256(both.encode()).hexdigest()


def moving(seed: str) -> str:
    """Of all frames of a bloom, with how long each is shown."""
    shown = Image.open(io.BytesIO(mandala.bloom(mandala.design_for(seed), 64)))
    pixels = hashlib.sha256()
    for number in range(getattr(shown, "n_frames", 1)):
        shown.seek(number)
        pixels.update(f"{shown.info['duration']} {shown.info['loop']} ".encode() + shown.convert("RGB").tobytes())
    return pixels.hexdigest()


def sheet(seed: str) -> str:
    """Of five designs in two columns."""
    first = int(seed)
    return digest(mandala.draw_sheet([mandala.design_for(str(first + number)) for number in range(5)], 2, 64))


def designs() -> str:
    """Of 1,500, for some choices are rare, and of one in each palette and order."""
    known = hashlib.sha256()
    chosen = [mandala.design_for("0", palette=palette) for palette in mandala.PALETTES]
    chosen += [mandala.design_for("0", symmetry=order) for order in mandala.SYMMETRIES]
    for design in [*(mandala.design_for(str(number)) for number in range(1500)), *chosen]:
        known.update(repr(design).encode())
    return known.hexdigest()


def palettes() -> str:
    """Of all their colours: few of them stand in one picture."""
    return hashlib.sha256(repr(sorted(mandala.PALETTES.items())).encode()).hexdigest()


# What is not the picture itself: its name, and the digest of it.
FORMS: dict[str, Callable[[], str]] = {
    **{f"{number}.svg": partial(vectors, str(number)) for number in VECTORS},
    **{f"{seed}.gif": partial(moving, seed) for seed in SEEDS},
    "0.sheet": partial(sheet, "0"),
    "designs": designs,
    "palettes": palettes,
}


def known_drawings() -> dict[int, str]:
    """Each version's digest, by the version."""
    lines = [line.split() for line in DRAWINGS.read_text().splitlines()] if DRAWINGS.exists() else []
    return {int(version): pixels for version, pixels in lines}


def renew() -> None:
    """Exits where the pictures are other ones and their version is not."""
    now, known = drawing_digest(), known_drawings()
    if known.get(mandala.DRAWING, now) != now:
        sys.exit(f"what is drawn has changed: raise DRAWING in mandala/version.py to {mandala.DRAWING + 1} first")
    FOLDER.mkdir(exist_ok=True)
    known[mandala.DRAWING] = now
    DRAWINGS.write_text("".join(f"{version} {pixels}\n" for version, pixels in known.items()))
    lines = []
    for seed in SEEDS:
        (FOLDER / f"{seed}.png").write_bytes(mandala.draw_png(mandala.design_for(seed), SIZE_PX))
        lines.append(f"{digest(drawn(seed))}  {seed}\n")
    (FOLDER / "digests.txt").write_text("".join(lines))
    (FOLDER / "forms.txt").write_text("".join(f"{form()}  {name}\n" for name, form in FORMS.items()))
    (FOLDER / "words.txt").write_text("".join(f"{said(str(seed))}\n" for seed in range(WORDS)))


if __name__ == "__main__":
    renew()
