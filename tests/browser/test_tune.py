"""/tune in a real browser: an edit changes the sentence and is a diff; a wrong value is told at its field."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.chromium import page_of
from tests.system.up import Up, copy_of_sources, mando_up

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWERED = re.compile("^Simulated in ")
RATE, BUCKET_SIZE = "rate of create-image-queue", "bucket_size of create-image-queue"
SLOW_MS = 60_000  # on a busy machine; alone it takes a second


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`mando up` of a copy of the sources, which a test may edit: they are at data/../sources."""
    folder = tmp_path_factory.mktemp("up")
    with mando_up(folder / "data", copy_of_sources(folder / "sources")) as running:
        yield running


@contextlib.asynccontextmanager
async def opened(browser: Browser, up: Up, width_px: int = 1440) -> AsyncIterator[Page]:
    """The page, with the answer of the files in force to 300 requests."""
    async with page_of(browser, f"{up.base}/tune", width_px) as page:
        await expect(page.locator("#form")).not_to_have_attribute("inert", "")
        await field(page, "requests").fill("300")
        await field(page, "requests").press("Enter")
        await answered(page, "calm · 40/s for 7s500ms")
        yield page


async def answered(page: Page, title: str) -> None:
    await expect(page.locator("#title")).to_have_text(title, timeout=SLOW_MS)
    await expect(page.locator("#said")).to_have_text(ANSWERED, timeout=SLOW_MS)


def field(page: Page, setting: str) -> Locator:
    return page.locator(f"[name={setting}]")


def knob(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


async def edit(page: Page, label: str, text: str) -> None:
    await knob(page, label).fill(text)
    await knob(page, label).press("Tab")


async def test_an_edit_and_an_outage_change_the_sentence_and_the_diff_can_be_copied(browser: Browser, up: Up) -> None:
    async with opened(browser, up) as page:
        sentence = page.locator("#verdict .after")
        await expect(sentence).to_have_text(re.compile("^Promise kept: each of 300 acknowledged requests"))
        await expect(page.locator("#edit")).to_be_hidden()
        await edit(page, RATE, "5")
        await expect(sentence).to_have_text(re.compile("^edited Promise kept:"), timeout=SLOW_MS)
        await expect(page.locator("#verdict .before")).to_have_text(re.compile("^in force Promise kept:"))
        await field(page, "scenario").select_option("discord-down")
        await answered(page, "discord-down · 40/s for 7s500ms")
        await expect(sentence).to_have_text(re.compile("recover.* the fault"))
        await expect(page.locator("[data-chart=executions] .outage")).to_be_visible()
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.get_by_role("button", name="Copy").click()
        await expect(page.get_by_role("button", name="Copied")).to_be_visible()
        copied = await page.evaluate("navigator.clipboard.readText()")
    sources = up.data.parent / "sources"
    before = (sources / "queue.yaml").read_text()
    assert apply(sources, copied) == before.replace("rate: 80/s", "rate: 5/s")


def apply(sources: Path, diff: str) -> str:
    """queue.yaml as the diff makes it, by its lines."""
    lines = (sources / "queue.yaml").read_text().splitlines(keepends=True)
    old, new = ([line[1:] for line in diff.splitlines(keepends=True)[2:] if line[0] == sign] for sign in "-+")
    begin = lines.index(old[0])
    assert lines[begin : begin + len(old)] == old
    return "".join([*lines[:begin], *new, *lines[begin + len(old) :]])


async def test_a_wrong_value_is_told_at_its_field_and_taken_back_by_a_click(browser: Browser, up: Up) -> None:
    async with opened(browser, up) as page:
        await edit(page, BUCKET_SIZE, "lots")
        await expect(knob(page, BUCKET_SIZE)).to_have_attribute("aria-invalid", "true")
        message = page.locator("[id='wrong-create-image-queue.bucket_size']")
        await expect(message).to_have_text("expected a number such as 40 or 2.5, not 'lots'")
        await expect(page.locator("#said")).to_have_text("One field is wrong.")
        await page.get_by_role("button", name="create-image-queue.bucket_size back to 10").click()
        await expect(page.locator("#said")).to_have_text(ANSWERED, timeout=SLOW_MS)
        await expect(message).to_be_hidden()
        await expect(page.locator("[aria-invalid]")).to_have_count(0)


async def test_a_finding_is_shown_at_its_field_and_leads_to_it(browser: Browser, up: Up) -> None:
    async with opened(browser, up) as page:
        await edit(page, RATE, "200")
        message = page.locator("[id='wrong-create-image-queue.rate'] .error")
        await expect(message).to_contain_text("the quota is 100/s", timeout=SLOW_MS)
        await page.locator("#findings .error .place").first.click()
        await expect(knob(page, RATE)).to_be_focused()


async def test_that_nothing_was_found_is_said(browser: Browser, up: Up) -> None:
    async with opened(browser, up) as page:
        found = page.locator("#findings li")
        await expect(found).to_have_text("Yes. The check found nothing wrong.")
        await edit(page, BUCKET_SIZE, "12")
        await expect(page.locator("#edit")).to_be_visible(timeout=SLOW_MS)
        await expect(found).to_have_text("Yes. The check found nothing wrong.")


async def test_a_simulation_shows_its_progress_and_can_be_stopped(browser: Browser, up: Up) -> None:
    async with opened(browser, up) as page:
        await field(page, "scenario").select_option("discord-down")
        await field(page, "down").fill("10m")
        await field(page, "requests").fill("10000")
        await field(page, "requests").press("Enter")
        await expect(page.locator("#counted")).to_have_text(
            re.compile("of 10,000 requests have ended"), timeout=SLOW_MS
        )
        assert await page.locator("#progress").evaluate("progress => progress.value > 0 && progress.value < 1")
        await page.get_by_role("button", name="Stop").click()
        await expect(page.locator("#said")).to_have_text("Stopped.")
        await expect(page.get_by_role("button", name="Simulate")).to_be_visible()


async def test_a_saved_file_is_the_new_ground_and_the_edit_of_another_number_stays(browser: Browser, up: Up) -> None:
    limits = up.data.parent / "sources/ingress/limits.yaml"
    text = limits.read_text()
    async with opened(browser, up) as page:
        await edit(page, BUCKET_SIZE, "12")
        await page.locator("summary", has_text="ingress/limits.yaml").click()
        await page.locator("summary", has_text="ingress/limits.yaml").click()
        await asyncio.to_thread(limits.write_text, text.replace("per_minute: 6", "per_minute: 7"))
        await page.evaluate("dispatchEvent(new Event('focus'))")
        await expect(page.get_by_label("per_minute", exact=True)).to_have_value("7")
        await expect(knob(page, BUCKET_SIZE)).to_have_value("12")
        await expect(page.locator("#diff")).to_contain_text("+  bucket_size: 12", timeout=SLOW_MS)
    limits.write_text(text)


async def test_each_page_leads_to_the_others(browser: Browser, up: Up) -> None:
    async with page_of(browser, up.base) as page:
        await page.get_by_role("link", name="tune").click()
        await page.get_by_role("link", name="Operations").click()
        await page.get_by_role("link", name="Tune").click()
        await page.get_by_role("link", name="Back to the channel").click()
        await expect(page.get_by_role("link", name="tune")).to_be_visible()


async def test_it_is_used_by_the_keyboard_alone_and_each_field_has_a_name_of_its_own(browser: Browser, up: Up) -> None:
    async with opened(browser, up) as page:
        named = """[...document.querySelectorAll("input, select")].map(
            (one) => one.getAttribute("aria-label") ?? one.labels[0]?.textContent.trim())"""
        names = await page.evaluate(named)
        assert None not in names
        assert "rate of reply-discord-queue" in names
        assert sorted(names) == sorted(set(names))
        await field(page, "scenario").focus()
        for name in ("rate", "arrivals", "requests", "model"):  # `down` is of a scenario that lasts
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement.name") == name


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_narrow_screen_needs_no_scrolling_sideways(browser: Browser, up: Up, scheme: str) -> None:
    async with opened(browser, up, width_px=390) as page:
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for summary in await page.locator("#knobs summary").all():
            await summary.click()
        await edit(page, RATE, "200")
        await expect(page.locator("#verdict .before")).to_be_visible(timeout=SLOW_MS)
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
        await page.get_by_role("link", name="See the answer").click()
        await expect(page.locator("#verdict")).to_be_in_viewport()
