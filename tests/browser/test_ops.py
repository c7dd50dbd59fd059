"""/ops in a real browser: Discord is broken with one click and the picture delivered; files say what is wrong."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import requests
from playwright.async_api import Page, expect

from local.form import DEFAULT_FORM
from tests.browser.chromium import page_of
from tests.system.up import PLACE, Up, copy_of_sources, mando_up


@contextlib.asynccontextmanager
async def opened(up: Up, path: str = "/ops", width_px: int = 1440) -> AsyncIterator[Page]:
    async with page_of(up.base + path, width_px) as page:
        yield page


@pytest.fixture
async def up(tmp_path: Path) -> AsyncIterator[Up]:
    """`mando up` of a copy of the sources, which a test may edit: they are at data/../sources."""
    root = copy_of_sources(tmp_path / "sources")
    with contextlib.ExitStack() as stack:
        yield await asyncio.to_thread(stack.enter_context, mando_up(tmp_path / "data", root))
        await asyncio.to_thread(stack.close)


async def test_broken_discord_is_waited_for_and_the_picture_delivered(up: Up) -> None:
    async with opened(up) as page:
        await expect(page.locator("#form")).to_have_text(DEFAULT_FORM.in_words)
        await page.get_by_role("button", name="Break Discord for 4 calls").click()
        await expect(page.locator("#faults")).to_have_text("steps → Discord: 503, 4 more")
        await page.get_by_role("button", name="Remove all faults").click()
        await expect(page.locator("#faults")).to_be_empty()
        await page.get_by_label("times").fill("1")
        await page.get_by_role("button", name="Break it").click()
        await expect(page.locator("#faults")).to_have_text("steps → Discord: 503, 1 more")
        sent = await asyncio.to_thread(up.interact)
        row = page.locator("#executions tr").first
        await expect(row).to_contain_text("succeeded", timeout=20_000)
        reply = await asyncio.to_thread(up.reply, sent)
        assert reply["embeds"][0]["image"]["url"]
        await row.get_by_role("button", name="Steps").click()
        await expect(page.locator("#entries")).to_contain_text("retry")
        await page.get_by_role("button", name="Close").click()
        await row.get_by_role("button", name="Replay").click()
        await expect(page.locator("#counts")).to_have_text("2 succeeded", timeout=20_000)


async def test_a_reply_that_waits_is_shown_with_its_queue_until_it_is_delivered(up: Up) -> None:
    queue = f"{up.base}/v2/{PLACE}/queues/reply-discord-queue"
    async with opened(up) as page:
        await asyncio.to_thread(requests.post, f"{queue}:pause", json={}, timeout=10)
        await expect(page.locator("#queues tr", has_text="reply-discord-queue")).to_contain_text("paused")
        await page.get_by_label("times").fill("3")  # one more than the workflow tries again
        await page.get_by_role("button", name="Break it").click()
        await expect(page.locator("#faults")).to_have_text("steps → Discord: 503, 3 more")
        sent = await asyncio.to_thread(up.interact)
        row = page.locator("#executions tr").first
        await expect(row).to_contain_text("waits in reply-discord-queue until", timeout=20_000)
        await asyncio.to_thread(requests.post, f"{queue}:resume", json={}, timeout=10)
        await expect(row).not_to_contain_text("waits in", timeout=20_000)
        reply = await asyncio.to_thread(up.reply, sent)
        assert reply["embeds"][0]["image"]["url"]


async def test_a_broken_file_is_shown_with_its_place_and_a_good_one_is_live_at_once(up: Up) -> None:
    workflow, queue = (up.data.parent / "sources" / name for name in ("workflows/mando.yaml", "queue.yaml"))
    good = workflow.read_text()
    async with opened(up, width_px=390) as page:
        await expect(page.locator("#files")).to_contain_text("revision 000001-")
        workflow.write_text(good.replace("call: http.post", "call: http.pots", 1))
        await expect(page.locator("#files pre")).to_contain_text("unknown function or subworkflow 'http.pots'")
        await expect(page.locator("#files pre")).to_contain_text("revision 000001-")
        workflow.write_text(good + "# a new revision\n")
        await expect(page.locator("#files")).to_contain_text("revision 000002-")
        await expect(page.locator("#files pre")).to_have_count(0)
        queue.write_text(queue.read_text().replace("rate: 80/s", "rate: 7/s"))
        await expect(page.locator("#queues")).to_contain_text("7/s")
        shutil.copy(workflow, queue)
        await expect(page.locator("#files pre")).to_contain_text("queue.yaml:")
        await expect(page.locator("#queues")).to_contain_text("7/s")
    assert "mando.yaml: revision 000002-" in up.output()
    assert "stays deployed" in up.output()
