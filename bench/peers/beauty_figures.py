"""Compute figures of the pictures on standard input.  Called by bench/beauty.py; needs numpy.

A picture is 8 bytes (length of the PNG, order of symmetry, colour of the ground) and a PNG of 1024 px, which is reduced
to 256 px.
Perceptual hash: 64² DCT of one quadrant's luminance, its lowest 16 × 16.  Colourfulness: Hasler and Süsstrunk 2003.
Coverage: the part of the disc that differs from the ground by more than 0.06 in OKLab.  Edge density: the part of the
disc where Sobel's gradient is above 10 of 255 a pixel.  Rotation, of every fifth picture: 1 - difference after one step
/ after 0.382 of a step (the golden section: a symmetry of no ring), around the middle of what is drawn.
"""

# mypy: ignore-errors

import io
import json
import sys

import numpy as np
from PIL import Image, ImageChops

HASH, GRID, REDUCED, ROTATED = 16, 64, 4, 5
NAMES = (
    "mirror error, left to right",
    "mirror error, up to down, even",
    "rotation score",
    "rms contrast of lightness",
    "colourfulness",
    "coverage of the disc",
    "edge density",
    "30° hue bins over 2 %",
    "ring peaks",
    "KB of the PNG",
)


def main() -> None:
    """Prints one JSON object: each figure by its name."""
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    hashes, digests = [], set()
    stream = sys.stdin.buffer
    while head := stream.read(8):
        png = stream.read(int.from_bytes(head[:4], "big"))
        digests.add(png)
        whole = Image.open(io.BytesIO(png)).convert("RGB")
        for name, value in measure(whole, head[4], head[5:]).items():
            found[name].append(value)
        if len(hashes) % ROTATED == 0:
            found["rotation score"].append(rotation_score(whole, head[4]))
        found["KB of the PNG"].append(len(png) / 1000)
        hashes.append(quadrant_hash(np.asarray(whole.reduce(REDUCED), dtype=float)))
    percentiles = {
        f"{name}, p{part}": float(np.percentile(found[name], part)) for name in NAMES for part in (0, 5, 50, 95, 100)
    }
    bits = np.array(hashes)
    nearest = [int((bits[:number] != bits[number]).sum(axis=1).min()) for number in range(1, len(bits))]
    differing = {"bits between the closest two": min(nearest), "pictures seen before": len(bits) - len(digests)}
    print(json.dumps(percentiles | differing))


def measure(whole, order, ground):
    delivered = np.asarray(whole, dtype=float)
    rgb = np.asarray(whole.reduce(REDUCED), dtype=float)
    size = rgb.shape[0]
    y, x = np.mgrid[0:size, 0:size]
    radius = np.hypot(x - (size - 1) / 2, y - (size - 1) / 2) / (size / 2)
    disc = radius < 0.93
    lab = oklab(rgb)
    differs = np.sqrt(((lab - oklab(np.array([[list(ground)]], dtype=float))) ** 2).sum(axis=2)) > 0.06
    red, green, blue = (rgb[..., part][disc] for part in range(3))
    rg, yb = red - green, (red + green) / 2 - blue
    profile = np.array(
        [lab[..., 0][(radius >= step / 120) & (radius < (step + 1) / 120)].mean() for step in range(4, 112)]
    )
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    bins = np.histogram(hue[disc & (chroma > 0.03)], bins=12, range=(0, 360))[0]
    return {
        "mirror error, left to right": np.abs(delivered - delivered[:, ::-1]).mean(),
        "mirror error, up to down, even": 0 if order % 2 else np.abs(delivered - delivered[::-1]).mean(),
        "rms contrast of lightness": lab[..., 0][disc].std(),
        "colourfulness": np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()),
        "coverage of the disc": differs[disc].mean(),
        "edge density": (sobel(rgb)[disc] > 10).mean(),
        "30° hue bins over 2 %": (bins > 0.02 * disc.sum()).sum(),
        "ring peaks": ((profile[1:-1] > profile[:-2]) & (profile[1:-1] > profile[2:])).sum(),
    }


def rotation_score(whole, order):
    ground = Image.new("RGB", whole.size, whole.getpixel((whole.width // 2, 0)))
    left, top, right, bottom = ImageChops.difference(whole, ground).getbbox()
    centre = ((left + right) / 2, (top + bottom) / 2)
    still = np.asarray(whole.reduce(REDUCED), dtype=float)
    y, x = np.mgrid[0 : still.shape[0], 0 : still.shape[1]] * REDUCED + REDUCED / 2
    disc = np.hypot(x - centre[0], y - centre[1]) < 0.93 * min(right - left, bottom - top) / 2
    one, off = (
        np.abs(np.asarray(turned.reduce(REDUCED), dtype=float) - still)[disc].mean()
        for turned in (
            whole.rotate(turn / order, Image.Resampling.BICUBIC, center=centre) for turn in (360, 360 * 0.382)
        )
    )
    return 1 - one / off


def sobel(rgb):
    light = np.pad(rgb @ [0.299, 0.587, 0.114], 1, mode="edge")
    across, down = light[:, 2:] - light[:, :-2], light[2:] - light[:-2]
    gradients = (across[:-2] + 2 * across[1:-1] + across[2:], down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:])
    return np.hypot(*gradients) / 8


def quadrant_hash(rgb):
    size = rgb.shape[0]
    luminance = (rgb @ [0.299, 0.587, 0.114])[: size // 2, size // 2 :]
    small = np.asarray(Image.fromarray(luminance.astype("uint8")).resize((GRID, GRID), Image.Resampling.LANCZOS), float)
    steps = np.arange(GRID)
    basis = np.cos(np.pi * (2 * steps[None, :] + 1) * steps[:, None] / (2 * GRID))
    low = (basis @ small @ basis.T)[:HASH, :HASH].ravel()
    return low > np.median(low[1:])


def oklab(rgb):
    linear = np.where(rgb / 255 <= 0.04045, rgb / 255 / 12.92, ((rgb / 255 + 0.055) / 1.055) ** 2.4)
    lms = np.cbrt(
        linear
        @ np.array(
            [
                [0.4122214708, 0.2119034982, 0.0883024619],
                [0.5363325363, 0.6806995451, 0.2817188376],
                [0.0514459929, 0.1073969566, 0.6299787005],
            ]
        )
    )
    return lms @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )


if __name__ == "__main__":
    main()
