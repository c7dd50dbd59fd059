"""/ops in a browser while an operator saves files: a mistake is shown with its place, a good file is live at once."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.chromium import page_of
from tests.system.up import Up, copy_of_sources, mando_up

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def up(tmp_path: Path) -> AsyncIterator[Up]:
    """`mando up` of a copy of the sources, which a test may edit: they are at data/../sources."""
    root = copy_of_sources(tmp_path / "sources")
    with contextlib.ExitStack() as stack:
        yield await asyncio.to_thread(stack.enter_context, mando_up(tmp_path / "data", root))
        await asyncio.to_thread(stack.close)


async def test_a_broken_file_is_shown_with_its_place_and_a_good_one_is_live_at_once(browser: Browser, up: Up) -> None:
    workflow, queue = (up.data.parent / "sources" / name for name in ("workflows/mando.yaml", "queue.yaml"))
    good = workflow.read_text()
    async with page_of(browser, f"{up.base}/ops", 390) as page:
        problem = page.locator(".alarm")
        await expect(page.locator("#files")).to_contain_text("revision 000001-")
        workflow.write_text(good.replace("call: http.post", "call: http.pots", 1))
        await expect(problem).to_contain_text("unknown function or subworkflow 'http.pots'")
        await expect(problem).to_contain_text("In force: workflows/mando.yaml: revision 000001-")
        workflow.write_text(good + "# a new revision\n")
        await expect(page.locator("#files")).to_contain_text("revision 000002-")
        await expect(problem).to_have_count(0)
        queue.write_text(queue.read_text().replace("rate: 80/s", "rate: 7/s"))
        await expect(page.locator("#queue-create-image-queue")).to_contain_text("7/s")
        shutil.copy(workflow, queue)
        await expect(problem).to_contain_text("queue.yaml:")
        await expect(page.locator("#queue-create-image-queue")).to_contain_text("7/s")
    assert "mando.yaml: revision 000002-" in up.output()
    assert "stays deployed" in up.output()
