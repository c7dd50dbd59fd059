"""A real Chromium on a running `mando up`: a member types /mando and sees a picture."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page

from tests.browser.chromium import page_of
from tests.system.up import Up, mando_up

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with mando_up(tmp_path_factory.mktemp("up") / "data") as running:
        yield running


async def type_mando(page: Page, count: int) -> str | None:
    """Type the command, wait for picture number `count`; returns the picture's address."""
    await page.keyboard.type("/mando")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    picture = page.get_by_role("img", name="-fold mandala of").nth(count - 1)
    await picture.wait_for()
    whole = "image => image.complete && image.naturalWidth === 1024"
    await page.wait_for_function(whole, arg=await picture.element_handle())
    return await picture.get_attribute("src")


async def test_a_member_types_mando_and_sees_a_picture_and_then_another(browser: Browser, up: Up) -> None:
    async with page_of(browser, up.base) as page:
        await page.get_by_role("combobox").first.wait_for()
        first, second = await type_mando(page, 1), await type_mando(page, 2)
    assert first != second
