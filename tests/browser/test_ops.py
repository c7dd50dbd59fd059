"""/ops in a real browser: it stays as it was left while it changes, and a new operator finds the answers."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from playwright.async_api import Browser, Page, expect

from tests.browser.chromium import page_of
from tests.system.up import PLACE, Up, mando_up

pytestmark = pytest.mark.asyncio(loop_scope="session")
SIZES = [(390, 844), (1440, 900), (2560, 1200)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One `mando up` for all tests here."""
    with mando_up(tmp_path_factory.mktemp("ops") / "data") as up:
        yield up


@dataclass(frozen=True)
class Ops:
    up: Up
    browser: Browser

    @contextlib.asynccontextmanager
    async def opened(self, path: str = "/ops", size: tuple[int, int] = (1440, 900)) -> AsyncIterator[Page]:
        async with page_of(self.browser, self.up.base + path, *size) as page:
            yield page

    async def until_kind(self, interaction: str, kind: str) -> dict[str, Any]:
        """The story of the request when it is of that kind."""
        address = f"{self.up.base}/ops/requests/{interaction}.json"
        async with asyncio.timeout(30):
            while True:
                answer = await asyncio.to_thread(requests.get, address, timeout=10)
                if answer.status_code == 200 and answer.json()["summary"]["kind"] == kind:
                    found: dict[str, Any] = answer.json()
                    return found
                await asyncio.sleep(0.05)

    async def send(self, kind: str, words: str = "a quiet sea") -> str:
        """A member types /mando; the interaction's id when the request is of that kind."""
        interaction: str = (await asyncio.to_thread(self.up.interact, words=words))["id"]
        await self.until_kind(interaction, kind)
        return interaction

    async def post(self, path: str, body: object) -> None:
        answer = await asyncio.to_thread(requests.post, self.up.base + path, json=body, timeout=10)
        answer.raise_for_status()

    async def break_(self, target: str = "discord", kind: str = "503") -> None:
        await self.post("/faults", {"target": target, "kind": kind})

    async def pause(self, queue: str) -> None:
        await self.post(f"/v2/{PLACE}/queues/{queue}:pause", {})

    def mend(self) -> None:
        """Nothing is broken, and every queue runs and is empty: replies that wait would use up a fault of few calls."""
        requests.delete(f"{self.up.base}/faults", timeout=10).raise_for_status()
        for queue in ("create-image-queue", "reply-discord-queue", "urgent-reply-queue"):
            for action in ("resume", "purge"):
                address = f"{self.up.base}/v2/{PLACE}/queues/{queue}:{action}"
                requests.post(address, json={}, timeout=10).raise_for_status()


@pytest.fixture
def ops(running: Up, browser: Browser) -> Iterator[Ops]:
    """Nothing is broken before a test, and nothing after it."""
    ops = Ops(running, browser)
    ops.mend()
    yield ops
    ops.mend()


async def test_broken_with_one_click_shaded_and_delivered_when_it_is_mended(ops: Ops) -> None:
    async with ops.opened() as page:
        await page.get_by_role("button", name="Break Discord for 4 calls").click()
        await expect(page.locator("#faults")).to_contain_text("steps → Discord: 503, 4 more")
        await expect(page.locator("#tile-shown .shade").last).to_be_attached()
        interaction = await ops.send("waiting")
        row = page.locator(f"#request-{interaction}")
        await expect(row).to_contain_text("waiting for Discord")
        await page.get_by_role("button", name="Remove all faults").click()
        await expect(page.locator("#faults")).to_have_count(0)
        await expect(row).to_contain_text("shown after")
        await expect(row.locator("img")).to_have_js_property("complete", value=True)


async def test_an_operator_with_the_page_alone_finds_why_a_request_waits_and_gets_it_delivered(ops: Ops) -> None:
    await ops.break_()
    interaction = await ops.send("waiting", "find me if you can")
    async with ops.opened("/ops") as page:
        await page.get_by_role("link", name="Requests", exact=True).click()
        await page.get_by_role("searchbox").fill("find me if")
        await page.keyboard.press("Enter")
        await page.locator(f"#request-{interaction} a").click()
        await expect(page.locator("#state")).to_contain_text("waiting for Discord")
        await expect(page.locator("#why")).to_contain_text("Next try in")
        await expect(page.locator("#why")).to_contain_text(re.compile("waits? for th"))
        await expect(page.locator(".snippet .lit")).to_contain_text(re.compile(r"_s: \d+"))
        await page.get_by_role("link", name="Break it").click()
        await page.get_by_role("button", name="Remove all faults").click()
        await page.go_back()
        await page.get_by_role("button", name="Reply again without drawing").click()
        await expect(page.locator("#state")).to_contain_text("shown after")
        await page.get_by_role("link", name="in the channel").click()
        await expect(
            page.locator(f"#by-{(await ops.until_kind(interaction, 'shown'))['summary']['messageId']}")
        ).to_be_in_viewport()


async def test_focus_place_and_typed_text_stay_while_the_page_changes(ops: Ops) -> None:
    first = await ops.send("shown")
    async with ops.opened("/ops/requests") as page:
        link, search = page.locator(f"#request-{first} a"), page.get_by_role("searchbox")
        await search.fill("half a word")
        await link.focus()
        newest = await ops.send("shown")
        await expect(page.locator(f"#request-{newest}")).to_be_visible()
        await expect(link).to_be_focused()
        await expect(search).to_have_value("half a word")
        kept = await page.evaluate_handle("document.activeElement")
        await ops.send("shown")
        assert await page.evaluate("one => one.isConnected && one === document.activeElement", kept)


async def test_what_was_opened_and_selected_stays(ops: Ops) -> None:
    await ops.break_()
    interaction = await ops.send("waiting")
    async with ops.opened(f"/ops/requests/{interaction}") as page:
        details = page.locator(".steps details").first
        await details.locator("summary").click()
        await page.evaluate("getSelection().selectAllChildren(document.getElementById('id'))")
        steps = await page.locator(".steps > li").count()
        await expect(page.locator(".steps > li")).not_to_have_count(steps)
        await expect(details).to_have_attribute("open", "")
        assert await page.evaluate("getSelection().toString()") == interaction


async def test_times_are_counted_without_asking_and_live_can_be_switched_off(ops: Ops) -> None:
    await ops.send("shown")
    async with ops.opened("/ops/requests") as page:
        await page.get_by_label("live").uncheck()
        before = await page.locator(".began time").first.text_content()
        newest = await ops.send("shown")
        await expect(page.locator(".began time").first).not_to_have_text(before or "")
        await expect(page.locator(f"#request-{newest}")).to_have_count(0)
        await page.get_by_label("live").check()
        await expect(page.locator(f"#request-{newest}")).to_be_visible()


async def test_a_screen_reader_hears_a_change_of_state_and_nothing_else(ops: Ops) -> None:
    await ops.send("shown")
    async with ops.opened() as page:
        said = page.locator("#said")
        await expect(page.locator("[aria-live], [role=status], [role=alert]")).to_have_count(2)  # and the connection
        await ops.pause("reply-discord-queue")
        await expect(said).to_contain_text("reply-discord-queue: paused")
        age = await page.locator(".began time").first.text_content()
        await expect(page.locator(".began time").first).not_to_have_text(age or "")  # that is not said
        # Requests of other tests may have moved on too.
        await expect(said).to_have_text(
            re.compile(r"^(?:[^:.]+: (?:paused|shown|waiting|replying|cancelled)(?:\. )?)+$")
        )


async def test_what_cannot_be_taken_back_asks_first(ops: Ops) -> None:
    await ops.break_()
    interaction = await ops.send("waiting")
    async with ops.opened(f"/ops/requests/{interaction}") as page:
        await page.get_by_role("link", name="Cancel").click()
        dialog = page.get_by_role("dialog", name=f"Cancel request {interaction}?")
        await dialog.get_by_role("link", name="No, leave it").click()
        await expect(dialog).to_be_hidden()
        await page.get_by_role("link", name="Cancel").click()
        await dialog.get_by_role("button", name="Cancel it").click()
        await expect(page.locator("#state")).to_contain_text("cancelled")
        await expect(dialog).to_be_hidden()


async def test_a_bar_leads_to_the_line_of_yaml_that_made_it(ops: Ops) -> None:
    interaction = await ops.send("shown")
    async with ops.opened(f"/ops/requests/{interaction}") as page:
        await page.locator(".lane.inner .bars a").first.hover()
        lit = page.locator(".texts .lit")
        await expect(lit).to_contain_text("- draw_with_token:")
        await expect(lit).to_be_visible()


async def test_a_command_is_copied_that_a_shell_takes(ops: Ops) -> None:
    interaction = await ops.send("shown", "it's a sea")
    async with ops.opened(f"/ops/requests/{interaction}") as page:
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.get_by_role("button", name="Copy as mando run").click()
        copied = await page.evaluate("navigator.clipboard.readText()")
        await page.get_by_role("button", name="Copy id").click()
        assert await page.evaluate("navigator.clipboard.readText()") == interaction
    process = await asyncio.create_subprocess_shell(
        f"for word in {copied.removeprefix('mando run ')}; do printf '%s\\0' \"$word\"; done",
        stdout=asyncio.subprocess.PIPE,
    )
    words = (await process.communicate())[0].decode().split("\0")
    assert words[:2] == ["workflows/mando.yaml", "--data"]
    assert json.loads(words[2])["options"] == {"words": "it's a sea"}


async def test_an_incident_is_played_and_ended_on_the_page(ops: Ops) -> None:
    async with ops.opened("/ops/break") as page:
        await page.get_by_label("How long discord-down lasts").select_option("120")
        await page.get_by_role("button", name="Begin discord-down").click()
        running = page.locator("#incident-discord-down")
        await expect(running).to_contain_text("Discord is down, for another")
        await page.get_by_role("button", name="End discord-down").click()
        await expect(running).to_have_count(0)


async def test_all_that_failed_are_replayed_with_a_bar(ops: Ops) -> None:
    await ops.break_("reply", "400")
    await ops.send("failed")
    ops.mend()
    async with ops.opened("/ops/requests") as page:
        await page.get_by_role("button", name="Replay them").click()
        await expect(page.locator("#progress-words")).to_contain_text("all have ended")
        await expect(page.locator("#ended-shown")).to_contain_text("shown")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_no_page_is_wider_than_its_window(ops: Ops, size: tuple[int, int]) -> None:
    await ops.break_()
    interaction = await ops.send("waiting", "w" * 90)
    async with ops.opened("/ops", size) as page:
        for path in ("/ops", "/ops/requests", f"/ops/requests/{interaction}", "/ops/break"):
            await page.goto(ops.up.base + path)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


async def test_all_is_reached_with_the_keyboard_and_what_has_focus_is_seen(ops: Ops) -> None:
    async with ops.opened() as page:
        seen = []
        for _ in range(24):
            await page.keyboard.press("Tab")
            name, outline = await page.evaluate(
                "[document.activeElement.textContent.trim(), getComputedStyle(document.activeElement).outlineStyle]"
            )
            seen.append(name)
            assert outline != "none", name
        assert seen[0] == "Skip to the content"
        assert {"Overview", "Requests", "Break it", "Pause"} <= set(seen)


async def test_without_scripts_the_story_is_there_and_the_buttons_work(ops: Ops) -> None:
    interaction = await ops.send("shown")
    async with await ops.browser.new_context(java_script_enabled=False) as context:
        plain = await context.new_page()
        await plain.goto(f"{ops.up.base}/ops/requests/{interaction}")
        await expect(plain.locator("#state")).to_contain_text("shown after")
        await plain.get_by_role("button", name="Replay").click()
        await expect(plain.locator("#state")).to_be_visible()
        assert plain.url == f"{ops.up.base}/ops/requests/{interaction}"
        await plain.goto(f"{ops.up.base}/ops")
        await plain.get_by_role("link", name="Purge reply-discord-queue").click()
        await expect(plain.get_by_role("heading", name="Purge reply-discord-queue?")).to_be_visible()
        await plain.get_by_role("button", name="Purge it").click()
        assert plain.url == f"{ops.up.base}/ops"
    await ops.until_kind(interaction, "shown")
