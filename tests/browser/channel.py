"""The page of the local Discord in a browser, and a bot that answers in it.  For test_channel.py and test_view.py."""

import contextlib
from collections.abc import AsyncIterator

from playwright.async_api import Browser, Page, expect

from tests.browser.chromium import page_of
from tests.discord.application import PICTURE, Running, a_form, a_picture, until

DESCRIPTION = "Twelve petals in amethyst and gold."


@contextlib.asynccontextmanager
async def opened(browser: Browser, here: Running, width_px: int = 1440, motion: str = "reduce") -> AsyncIterator[Page]:
    """The page, with the channel in it."""
    async with page_of(browser, here.base, width_px, 844 if width_px < 500 else 900, motion) as page:
        await expect(page.locator("#topic")).not_to_be_empty()
        yield page


async def draw(here: Running, colour: str = "teal") -> None:
    """Reply to the last interaction with a picture."""

    async def is_acknowledged() -> bool:
        return bool(here.application.interactions) and (await here.call("GET", here.reply_url))[0] == 200

    await until(is_acknowledged, "the interaction is acknowledged")
    form = a_form(PICTURE, ("mandala.png", a_picture(1024, colour)))
    status, _ = await here.call("PATCH", here.reply_url, data=form)
    assert status == 200


async def is_at_the_bottom(page: Page) -> bool:
    """Once the page has come to rest after whatever was done to it."""
    left: float = await page.evaluate(
        """async () => {
            for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
            const scroller = document.querySelector("#scroller");
            return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
        }"""
    )
    return left < 2
