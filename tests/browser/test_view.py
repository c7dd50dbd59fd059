"""What of the channel is in view: the newest message, older ones, a narrow window, nothing that moves unasked."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.channel import DESCRIPTION, draw, is_at_the_bottom, opened
from tests.discord.application import Running, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_view_stays_with_the_newest_message_unless_the_member_reads_older_ones(
    browser: Browser, here: Running
) -> None:
    for _ in range(3):
        await here.interact()
        await draw(here)
    async with opened(browser, here) as page:
        await expect(page.locator(".embed-picture.here").last).to_be_visible()
        await until(lambda: is_at_the_bottom(page), "the view is at the bottom")
        await page.set_viewport_size({"width": 390, "height": 844})
        await until(lambda: is_at_the_bottom(page), "the view is at the bottom of a narrow window")
        await page.locator("#scroller").evaluate("(scroller) => scroller.scrollTo(0, 200)")
        await until(lambda: _stands_at(page, 200), "the view has moved")
        await here.interact()
        jump = page.get_by_role("button", name="New messages")
        await expect(jump).to_be_visible()
        assert await _stands_at(page, 200)
        await jump.click()
        await until(lambda: is_at_the_bottom(page), "the view is at the bottom again")
        await expect(jump).to_be_hidden()


async def test_a_scroll_at_the_instant_of_a_layout_change_is_the_members(browser: Browser, here: Running) -> None:
    for number in range(40):
        await here.discord.run(here.discord.channel.say, f"message {number}")
    async with opened(browser, here) as page:
        await expect(page.get_by_text("message 39", exact=True)).to_be_visible()
        await until(lambda: is_at_the_bottom(page), "the view is at the bottom")
        await page.locator("#scroller").evaluate(
            """(scroller) => {
                scroller.querySelector("#messages").style.paddingBottom = "300px";
                scroller.scrollTo(0, 200);
            }"""
        )
        assert not await is_at_the_bottom(page)
        assert await _stands_at(page, 200)
        jump = page.get_by_role("button", name="New messages")
        await here.interact()
        await expect(jump).to_be_visible()
        await jump.click()
        await expect(jump).to_be_hidden()
        # A message that comes before any event has told of the scrolling.
        await page.evaluate(
            """async () => {
                const { createView } = await import("/view.js");
                const scroller = document.querySelector("#scroller");
                const view = createView(scroller, document.querySelector("#messages"), {}, () => {});
                scroller.scrollTo(0, 200);
                if (view.isStuck()) throw new Error("it is where the member has scrolled to");
            }"""
        )


async def _stands_at(page: Page, top_px: int) -> bool:
    return bool(await page.evaluate("(top) => document.querySelector('#scroller').scrollTop === top", top_px))


async def test_older_messages_come_when_one_scrolls_up(browser: Browser, here: Running) -> None:
    for number in range(70):
        await here.discord.run(here.discord.channel.say, f"message {number}")
    async with opened(browser, here) as page:
        await expect(page.get_by_text("message 69", exact=True)).to_be_visible()
        assert await page.locator(".message").count() == 50
        await expect(page.locator(".welcome")).to_be_hidden()
        await page.locator("#scroller").evaluate("(scroller) => scroller.scrollTo(0, 0)")
        await expect(page.locator(".message")).to_have_count(70)
        await expect(page.locator(".welcome")).to_have_count(1)
        numbers = await page.locator(".content").all_text_contents()
        assert numbers == [f"message {number}" for number in range(70)]


async def test_a_narrow_window_holds_everything(browser: Browser, here: Running) -> None:
    await here.interact()
    await draw(here)
    async with opened(browser, here, width_px=390) as page:
        await expect(page.get_by_role("img", name=DESCRIPTION)).to_be_visible()
        await page.keyboard.type("/mando words:a")
        assert await page.evaluate("() => document.documentElement.scrollWidth") == 390
        outside = """() => [...document.querySelectorAll('main *')].filter((one) => {
            const box = one.getBoundingClientRect();
            return box.width > 1 && (box.right > 391 || box.left < -1) && !one.closest('.topic, svg');
        }).map((one) => one.className)"""
        assert await page.evaluate(outside) == []


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
async def test_nothing_moves_for_those_who_asked_for_that(browser: Browser, here: Running, motion: str) -> None:
    await here.interact()
    async with opened(browser, here, motion=motion) as page:
        await expect(page.get_by_text("mando is thinking…")).to_be_visible()
        moving = await page.evaluate("() => document.getAnimations().length")
        assert (moving > 0) == (motion == "no-preference")
