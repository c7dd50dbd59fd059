"""Pictures on standard input (4 bytes of length, then a PNG each) → figures.  Runs where numpy is.

Perceptual hash: 64² DCT of one quadrant's luminance, its lowest 16 × 16.  Colourfulness: Hasler and Süsstrunk 2003.
Coverage: the part of the disc that differs from the ground by more than 0.06 in OKLab.
"""

# mypy: ignore-errors

import io
import sys

import numpy as np
from PIL import Image

HASH, GRID = 16, 64
# name → (which percentile, the least, the most)
GATES = {
    "mirror error, left to right": (100, 0, 0),
    "colourfulness": (5, 50, None),
    "coverage of the disc": (5, 0.80, None),
    "ring peaks": (5, 12, None),
    "rms contrast of lightness": (50, 0.13, 0.25),
    "30° hue bins over 2 %": (5, 3, None),
}


def main() -> None:
    figures: dict[str, list[float]] = {name: [] for name in GATES}
    hashes, digests = [], set()
    stream = sys.stdin.buffer
    while head := stream.read(4):
        png = stream.read(int.from_bytes(head, "big"))
        digests.add(png)
        rgb = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=float)
        for name, value in zip(GATES, measure(rgb), strict=True):
            figures[name].append(value)
        hashes.append(quadrant_hash(rgb))
    bits = np.array(hashes)
    nearest = [int((bits[:number] != bits[number]).sum(axis=1).min()) for number in range(1, len(bits))]
    for name, (percentile, low, high) in GATES.items():
        value = float(np.percentile(figures[name], percentile))
        good = (low is None or value >= low) and (high is None or value <= high)
        median = float(np.median(figures[name]))
        gate = f"{'' if good else 'outside '}{low} … {'' if high is None else high}"
        print(f"  {name:<30} median {median:8.3f}   p{percentile:<3} {value:8.3f}   {gate}")
    print(
        f"  {'closest two, bits of 256':<30}        {min(nearest):8d}   {'' if min(nearest) >= 40 else 'outside '}40 …"
    )
    print(f"  {'different pictures':<30}        {len(digests):8d}   of {len(bits)}")


def measure(rgb):
    size = rgb.shape[0]
    mirror = np.abs(rgb - rgb[:, ::-1]).mean()
    y, x = np.mgrid[0:size, 0:size]
    radius = np.hypot(x - (size - 1) / 2, y - (size - 1) / 2) / (size / 2)
    disc = radius < 0.93
    lab = oklab(rgb)
    ground = lab[0, size // 2]
    differs = np.sqrt(((lab - ground) ** 2).sum(axis=2)) > 0.06
    red, green, blue = (rgb[..., part][disc] for part in range(3))
    rg, yb = red - green, (red + green) / 2 - blue
    colourful = np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())
    profile = np.array(
        [lab[..., 0][(radius >= step / 120) & (radius < (step + 1) / 120)].mean() for step in range(4, 112)]
    )
    peaks = ((profile[1:-1] > profile[:-2]) & (profile[1:-1] > profile[2:])).sum()
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    bins = np.histogram(hue[disc & (chroma > 0.03)], bins=12, range=(0, 360))[0]
    return (
        mirror,
        colourful,
        differs[disc].mean(),
        peaks,
        lab[..., 0][disc].std(),
        (bins > 0.02 * disc.sum()).sum(),
    )


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
