"""`make pictures`: take the pictures of the channel and of /ops in the README again, in Chromium."""

import asyncio
import io
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import requests
from PIL import Image
from playwright.async_api import Browser, expect

from tests.browser.chromium import browser_with, page_of
from tests.servers import ROOT
from tests.system.up import Up, mando_up

FOLDER = ROOT / "docs" / "pages"
SIZES_PX = {"wide": (1440, 1000), "narrow": (390, 844)}
WORDS = ("a quiet sea", "first snow", "grandmother's garden", "42", "night train", "ocean", "the long way home", "cat")
_COLOURS = 160  # a page has few; so a picture is a third of the size
_LAZY_MS = 2000  # until the small pictures are there
_WAITS_S = 25.0  # long enough for a few attempts


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, mando_up(Path(folder) / "data") as up:
        for _ in range(4):
            for sent in [up.interact(words=words) for words in WORDS]:
                up.ended(sent["id"])
        asyncio.run(_talk(up.base))
        asyncio.run(_take([("channel", up.base)]))
        requests.post(f"{up.base}/faults", json={"target": "discord", "kind": "503"}, timeout=10).raise_for_status()
        interaction = [up.interact(words=words)["id"] for words in WORDS][-1]
        time.sleep(_WAITS_S)
        asyncio.run(_take(list(_pages(up, interaction))))


def _pages(up: Up, interaction: str) -> Iterator[tuple[str, str]]:
    """(name, address) of those that are taken while Discord is down."""
    yield "overview", f"{up.base}/ops"
    yield "request", f"{up.base}/ops/requests/{interaction}"


async def _talk(channel: str) -> None:
    """A member asks for a picture, and presses a button under it."""
    async with browser_with() as browser, page_of(browser, channel) as page:
        another = page.get_by_role("button", name="Another")
        await expect(another).to_have_count(4 * len(WORDS))
        await page.keyboard.type(f"/mando words:{WORDS[0]}")
        await page.keyboard.press("Enter")
        await expect(another).to_have_count(4 * len(WORDS) + 1)
        await another.last.click()
        await expect(another).to_have_count(4 * len(WORDS) + 2)


async def _take(pages: list[tuple[str, str]]) -> None:
    async with browser_with() as browser:
        for name, address in pages:
            for size in SIZES_PX:
                for scheme in ("light", "dark"):
                    await _take_one(browser, address, size, scheme, FOLDER / f"{name}-{size}-{scheme}.png")


async def _take_one(browser: Browser, address: str, size: str, scheme: str, file: Path) -> None:
    width_px, height_px = SIZES_PX[size]
    context = await browser.new_context(
        viewport={"width": width_px, "height": height_px},
        color_scheme=scheme,  # type: ignore[arg-type]  # one of two words
    )
    page = await context.new_page()
    await page.goto(address, wait_until="load")
    await page.wait_for_timeout(_LAZY_MS)
    taken = Image.open(io.BytesIO(await page.screenshot()))
    taken.convert("RGB").quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        file, optimize=True
    )
    await context.close()


if __name__ == "__main__":
    main()
