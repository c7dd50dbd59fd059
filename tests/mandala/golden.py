"""The golden pictures: eight seeds at 256 px.  `make golden` draws them anew; a person looks at them then."""

import hashlib
import io
from pathlib import Path

from PIL import Image

import mandala

FOLDER = Path(__file__).parent.parent / "golden"
SEEDS = ("0", "1", "2", "3", "5", "8", "11", "23")
SIZE_PX = 256


def drawn(seed: str) -> Image.Image:
    return Image.open(io.BytesIO(mandala.draw_png(mandala.design_for(seed), SIZE_PX))).convert("RGB")


def digest(picture: Image.Image) -> str:
    """Of the pixels: how they are deflated may depend on the processor."""
    return hashlib.sha256(picture.tobytes()).hexdigest()


def renew() -> None:
    FOLDER.mkdir(exist_ok=True)
    lines = []
    for seed in SEEDS:
        (FOLDER / f"{seed}.png").write_bytes(mandala.draw_png(mandala.design_for(seed), SIZE_PX))
        lines.append(f"{digest(drawn(seed))}  {seed}\n")
    (FOLDER / "digests.txt").write_text("".join(lines))


if __name__ == "__main__":
    renew()
