"""A real Chromium on a running `mando up`: a member types /mando and sees a picture."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.system.up import Up, mando_up

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with mando_up(tmp_path_factory.mktemp("up") / "data") as running:
        yield running


@pytest.fixture
def page() -> Iterator[Page]:
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed, and CI must have it")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser.new_page()
        browser.close()


def type_mando(page: Page, count: int) -> str:
    """Type the command, wait for picture number `count`; returns what the picture is called."""
    page.keyboard.type("/mando")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    picture = page.get_by_role("img", name="-fold mandala of").nth(count - 1)
    picture.wait_for(timeout=20_000)
    page.wait_for_function("image => image.complete && image.naturalWidth === 1024", arg=picture.element_handle())
    return picture.get_attribute("src") or ""


def test_a_member_types_mando_and_sees_a_picture_and_then_another(up: Up, page: Page, tmp_path: Path) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(up.base)
    page.get_by_role("combobox").first.wait_for()
    first, second = type_mando(page, 1), type_mando(page, 2)
    assert first != second
    assert problems == []
