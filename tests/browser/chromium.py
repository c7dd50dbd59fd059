"""A real Chromium, for tests of a page."""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, Request, async_playwright, expect

_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_DEADLINE_MS = 30_000  # on a machine with other work to do, a page alone may take 10 s to open
expect.set_options(timeout=_DEADLINE_MS)


@contextlib.asynccontextmanager
async def browser_with(*arguments: str) -> AsyncIterator[Browser]:
    """A browser of its own, started with these arguments too; the fixture `browser` is one for all tests."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=[*_QUIET, *arguments])
        try:
            yield browser
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def page_of(
    browser: Browser, url: str, width_px: int = 1440, height_px: int = 900, motion: str = "reduce"
) -> AsyncIterator[Page]:
    """The page at url.  At the end: AssertionError if it logged an error, or called another machine."""
    complaints: list[str] = []

    def note_stranger(request: Request) -> None:
        if urlsplit(request.url).hostname != "127.0.0.1":
            complaints.append(request.url)

    size = {"width": width_px, "height": height_px}
    page = await browser.new_page(viewport=size, reduced_motion=motion)  # type: ignore[arg-type]
    try:
        page.set_default_timeout(_DEADLINE_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        await page.goto(url)
        page.on("request", note_stranger)
        yield page
    finally:
        await page.close()
    assert not complaints


def chromium() -> str:
    """Its path.  Skips the test where there is none, but not in CI."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        reason = "no chromium on this machine; install it to run the tests of the page"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
