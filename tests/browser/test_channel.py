"""The page in a real browser: a member with a keyboard, a bot that draws, and everything that can go wrong."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, Route, expect

from tests.browser.channel import DESCRIPTION, draw, is_at_the_bottom, opened
from tests.browser.chromium import page_of
from tests.discord.application import (
    PICTURE,
    Interaction,
    Running,
    a_form,
    a_picture,
    answering,
    local_discord,
    until,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

EPHEMERAL = {"type": 4, "data": {"content": "I am too busy to draw right now.", "flags": 64}}


async def test_a_first_visitor_is_led_to_a_picture_by_the_keyboard_alone(browser: Browser, here: Running) -> None:
    async with opened(browser, here) as page:
        await expect(page.get_by_text("Draw your first mandala")).to_be_visible()
        await page.keyboard.type("/")
        option = page.get_by_role("option", name="/mando")
        await expect(option).to_have_attribute("aria-selected", "true")
        await expect(option).to_contain_text("Draw a mandala that nobody has seen before")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("mando is thinking…")).to_be_visible()
        await expect(page.get_by_text("Draw your first mandala")).to_be_hidden()
        await draw(here)
        picture = page.get_by_role("img", name=DESCRIPTION)
        await expect(picture).to_be_visible()
        await expect(page.get_by_text("Lotus of the quiet hour")).to_be_visible()
        await expect(page.get_by_text("mando is thinking…")).to_be_hidden()
        await expect(page.locator(".embed")).to_have_css("border-left-color", "rgb(138, 79, 255)")
        assert await picture.evaluate("(image) => image.naturalWidth") == 1024
        assert await is_at_the_bottom(page)


async def test_a_second_picture_comes_without_a_reload_and_stays_after_one(browser: Browser, here: Running) -> None:
    async with opened(browser, here) as page:
        for count, colour in [(1, "teal"), (2, "crimson")]:
            await page.keyboard.type("/mando ")
            await page.keyboard.press("Enter")
            await until(lambda count=count: _sent(here, count), "it was sent")  # type: ignore[misc]
            await draw(here, colour)
            await expect(page.locator(".embed-picture.here")).to_have_count(count)
        before = await page.locator(".embed-picture img").evaluate_all("(all) => all.map((one) => one.src)")
        assert len(set(before)) == 2
        await page.reload()
        await expect(page.locator(".embed-picture")).to_have_count(2)
        assert before == await page.locator(".embed-picture img").evaluate_all("(all) => all.map((one) => one.src)")


async def _sent(here: Running, count: int) -> bool:
    return len(here.application.interactions) == count


async def test_options_become_pills_and_are_sent_with_their_values(browser: Browser, here: Running) -> None:
    async with opened(browser, here) as page:
        await page.keyboard.type("/ma")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("option")).to_have_count(4)
        await page.keyboard.press("Tab")  # the first one: words
        await page.keyboard.type("my cat")
        await page.keyboard.press("Tab")
        await page.keyboard.type("sym")
        await page.keyboard.press("Enter")
        await page.keyboard.type("12")
        await page.get_by_role("option", name="12-fold").click()
        await page.keyboard.type("variation:3")
        await expect(page.locator(".pill")).to_have_text(["words", "symmetry", "variation"])
        await page.keyboard.press("Enter")
        await until(lambda: _sent(here, 1), "it was sent")
        assert here.application.interactions[0]["data"]["options"] == [
            {"name": "words", "type": 3, "value": "my cat"},
            {"name": "symmetry", "type": 4, "value": 12},
            {"name": "variation", "type": 4, "value": 3},
        ]
        await expect(page.locator("#text")).to_be_focused()


async def test_a_command_that_is_pasted_whole_becomes_pills(browser: Browser, here: Running) -> None:
    async with opened(browser, here) as page:
        await page.locator("#text").fill("/mando words: my cat symmetry:12-fold")
        await expect(page.locator(".pill")).to_have_text(["words", "symmetry"])
        await page.keyboard.press("Enter")
        await until(lambda: _sent(here, 1), "it was sent")
        options = here.application.interactions[0]["data"]["options"]
        assert {option["name"]: option["value"] for option in options} == {"words": "my cat", "symmetry": 12}


async def test_what_is_typed_before_the_channel_is_there_is_understood_afterwards(
    browser: Browser, here: Running
) -> None:
    async with page_of(browser, "about:blank") as page:
        may_answer = asyncio.Event()

        async def hold(route: Route) -> None:
            await may_answer.wait()
            await route.continue_()

        await page.route("**/api/client/channel", hold)
        await page.goto(here.base)
        await page.keyboard.type("/mando words:early")
        await page.keyboard.press("Enter")
        may_answer.set()
        await expect(page.locator(".pill")).to_have_text(["words"])
        await page.keyboard.press("Enter")
        await until(lambda: _sent(here, 1), "it was sent")


async def test_a_value_that_is_none_of_the_choices_is_marked_and_not_sent(browser: Browser, here: Running) -> None:
    async with opened(browser, here) as page:
        await page.keyboard.type("/mando symmetry:13")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("symmetry: choose one of 5-fold, 6-fold")
        await expect(page.locator(".pill.wrong")).to_have_count(1)
        for _ in "13!":
            await page.keyboard.press("Backspace")
        await expect(page.locator(".pill")).to_have_count(0)
        await expect(page.get_by_role("alert")).to_be_hidden()
        assert not here.application.interactions
        await page.keyboard.press("Backspace")
        await expect(page.locator("#text")).to_have_value("/mando")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("listbox")).to_be_hidden()


async def test_an_application_that_does_not_respond_is_shown_as_discord_does_and_can_be_dismissed(
    browser: Browser,
    here: Running,
) -> None:
    here.application.answer = answering({}, status=500)
    async with opened(browser, here) as page:
        await page.keyboard.type("/mando ")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("The application did not respond")).to_be_visible()
        await expect(page.get_by_text("Only you can see this")).to_be_visible()
        await page.get_by_role("button", name="Dismiss message").click()
        await expect(page.get_by_text("The application did not respond")).to_be_hidden()
        await page.reload()
        await expect(page.locator(".welcome")).to_be_visible()
        assert await page.get_by_text("The application did not respond").count() == 0


async def test_an_answer_that_cannot_be_shown_is_not_held_against_the_bot(browser: Browser, here: Running) -> None:
    here.application.answer = answering({"type": 10})
    async with opened(browser, here) as page:
        await page.keyboard.type("/mando ")
        await page.keyboard.press("Enter")
        words = "The bot has answered. This local Discord shows no upgrade button (type 10)."
        await expect(page.get_by_text(words)).to_be_visible()
        assert await page.get_by_text("The application did not respond").count() == 0
        await page.get_by_role("button", name="Dismiss message").click()
        await expect(page.get_by_text(words)).to_be_hidden()


async def test_an_embed_shows_its_icon_and_its_time(browser: Browser, here: Running) -> None:
    await here.interact()
    embed = {
        "author": {"name": "mando", "icon_url": "attachment://a.png"},
        "footer": {"text": "a footer", "icon_url": "https://example.org/a.png"},
        "timestamp": "2026-11-25T20:00:00Z",
    }
    await here.call("PATCH", here.reply_url, data=a_form({"embeds": [embed]}, ("a.png", a_picture())))
    async with opened(browser, here) as page:
        await expect(page.locator(".embed-footer")).to_contain_text("a footer • ")
        await expect(page.locator(".embed-footer")).to_contain_text("2026")
        icons = page.locator(".embed-icon")
        await expect(icons).to_have_count(1)  # one of another machine is not asked for
        assert await icons.evaluate("(image) => image.complete && image.naturalWidth") == 64


async def test_an_ephemeral_reply_says_that_only_the_member_sees_it(browser: Browser, here: Running) -> None:
    here.application.answer = answering(EPHEMERAL)
    async with opened(browser, here) as page:
        await page.get_by_role("button", name="Try /mando").click()
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("I am too busy to draw right now.")).to_be_visible()
        await expect(page.get_by_text("Only you can see this")).to_be_visible()


async def test_a_command_is_shown_as_being_sent_until_it_is_acknowledged(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.discord.engine.delivery.RESPOND_WITHIN_S", 60)  # a browser may stand still for 3 s
    acknowledge = asyncio.Event()

    async def answer(_: Interaction) -> web.Response:
        await acknowledge.wait()
        return web.json_response({"type": 5})

    async with local_discord(tmp_path) as here, opened(browser, here) as page:
        here.application.answer = answer
        await page.keyboard.type("/mando ")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Sending command…")).to_be_visible()
        acknowledge.set()
        await expect(page.get_by_text("mando is thinking…")).to_be_visible()
        await expect(page.get_by_text("Sending command…")).to_be_hidden()
        await expect(page.locator(".message")).to_have_count(1)


async def test_a_picture_opens_in_large_and_escape_closes_it(browser: Browser, here: Running) -> None:
    await here.interact()
    await draw(here)
    async with opened(browser, here) as page:
        await page.get_by_role("img", name=DESCRIPTION).click()
        large = page.get_by_role("dialog").get_by_role("img", name=DESCRIPTION)
        await expect(large).to_be_visible()
        box = await large.bounding_box()
        assert box is not None
        assert box["height"] > 700
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await page.keyboard.type("hello")
        await expect(page.locator("#text")).to_have_value("hello")


async def test_words_of_a_message_are_words_and_never_markup(browser: Browser, here: Running) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    await here.interact()
    embed = {"title": hostile, "description": hostile, "image": {"url": "attachment://mandala.png"}}
    message = PICTURE | {"content": hostile, "embeds": [embed]}
    message |= {"attachments": [{"id": 0, "filename": "mandala.png", "description": hostile}]}
    await here.call("PATCH", here.reply_url, data=a_form(message, ("mandala.png", a_picture())))
    async with opened(browser, here) as page:
        await expect(page.locator(".content")).to_have_text(hostile)
        await expect(page.locator(".embed-title")).to_have_text(hostile)
        await expect(page.get_by_role("img", name=hostile)).to_be_visible()
        assert await page.locator("img[src='x']").count() == 0
        await page.keyboard.type(hostile)
        await page.keyboard.press("Enter")
        await expect(page.locator(".content")).to_have_count(2)
