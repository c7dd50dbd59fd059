"""The page of `mando simulate --html` in a real browser: what is drawn, pointed at, and looked at on a telephone."""

import contextlib
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, FloatRect, Locator, Page, expect

from tests.browser.chromium import page_of
from tests.tuning.page.test_page import HOSTILE
from tests.tuning.simulate.examples import a_mended_outage, a_quiet_answer, an_outage
from tuning.compare.outage_map import Cell
from tuning.page.map_page import map_page
from tuning.page.page import page, page_against
from tuning.simulate.answer import Histogram, Shade, Spread

pytestmark = pytest.mark.asyncio(loop_scope="session")

MAP = map_page([Cell(rate, 60, 60 * rate, True) for rate in range(1, 9)], "discord-down", "15 min", 1)
PAIR = page_against(an_outage(), a_mended_outage(), ("main", "here"), {("lost",): (-900.0, -700.0)})
CHARTS = ["arrivals", "waiting", "executions", "instances", "errors", "p50"]
LAST_S = 2095  # the last bucket of the examples begins here

HAS_INK = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"""


@contextlib.asynccontextmanager
async def opened(browser: Browser, folder: Path, html: str, width_px: int = 1440) -> AsyncIterator[Page]:
    """The page from a file.  It is an error if it complains or asks for anything."""
    file = folder / "simulation.html"
    file.write_text(html, encoding="utf-8")
    async with page_of(browser, file.as_uri(), width_px) as shown:
        yield shown


def plot(shown: Page, chart: str) -> Locator:
    return shown.locator(f"[data-chart={chart}] .u-over")


async def box_of(place: Locator) -> FloatRect:
    box = await place.bounding_box()
    assert box is not None
    return box


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("html", [page(a_quiet_answer()), page(an_outage()), PAIR], ids=["quiet", "outage", "pair"])
async def test_every_chart_is_drawn(browser: Browser, tmp_path: Path, html: str, scheme: str) -> None:
    async with opened(browser, tmp_path, html) as shown:
        await shown.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await expect(shown.locator("canvas")).to_have_count(len(CHARTS))
        for chart in CHARTS:
            assert await shown.locator(f"[data-chart={chart}] canvas").evaluate(HAS_INK), chart
        await expect(shown.locator("#histogram rect.bin").first).to_be_visible()
        await expect(shown.locator("#lives svg")).to_have_count(2)


async def test_the_outage_is_shaded_in_every_chart_at_its_time(browser: Browser, tmp_path: Path) -> None:
    async with opened(browser, tmp_path, page(an_outage())) as shown:
        for chart in CHARTS:
            frame, shade = (
                await box_of(plot(shown, chart)),
                await box_of(shown.locator(f"[data-chart={chart}] .outage")),
            )
            assert shade["x"] - frame["x"] == pytest.approx(frame["width"] * 300 / LAST_S, abs=1.5)
            assert shade["width"] == pytest.approx(frame["width"] * 600 / LAST_S, abs=1.5)
            assert shade["height"] == pytest.approx(frame["height"], abs=1)
        await expect(shown.locator("#timeline")).to_contain_text("Discord down")


async def test_the_line_of_the_quota_stands_where_the_executions_end(browser: Browser, tmp_path: Path) -> None:
    async with opened(browser, tmp_path, page(an_outage())) as shown:
        await expect(shown.locator(".limit")).to_have_text("quota 10,000")
        frame, line = await box_of(plot(shown, "executions")), await box_of(shown.locator(".limit"))
        assert line["y"] - frame["y"] == pytest.approx(
            frame["height"] * (1 - 10_000 / 12_000), abs=2
        )  # axis: to 12,000


async def test_a_quota_far_above_is_named_and_no_line_is_drawn(browser: Browser, tmp_path: Path) -> None:
    async with opened(browser, tmp_path, page(a_quiet_answer())) as shown:
        await expect(shown.locator(".limit.beyond")).to_have_text("quota 10,000")
        assert (
            await shown.locator(".limit").evaluate("line => getComputedStyle(line).borderTopColor")
            == "rgba(0, 0, 0, 0)"
        )


async def test_pointing_at_one_chart_reads_all_at_that_moment(browser: Browser, tmp_path: Path) -> None:
    async with opened(browser, tmp_path, page(an_outage())) as shown:
        await expect(shown.locator("[data-chart=executions] .value")).to_have_text("≤ 10,000")
        frame = await box_of(plot(shown, "errors"))
        await plot(shown, "errors").hover(position={"x": frame["width"] * 600 / LAST_S, "y": 20})
        await expect(shown.locator("#timeline .now")).to_have_text("10 min")
        await expect(shown.locator("[data-chart=executions] .value")).to_have_text("10,000")
        await expect(shown.locator("[data-chart=waiting] .value")).to_have_text(["2", "2,025", "9,940"])
        await expect(shown.locator("[data-chart=p50] .value").first).to_have_text("6 min 1 s")
        lines = [await box_of(shown.locator(f"[data-chart={chart}] .u-cursor-x")) for chart in CHARTS]
        assert {round(line["x"]) for line in lines} == {round(lines[0]["x"])}
        await shown.mouse.move(5, 5)
        await expect(shown.locator("[data-chart=executions] .value")).to_have_text("≤ 10,000")


async def test_arrow_keys_read_the_charts_too(browser: Browser, tmp_path: Path) -> None:
    async with opened(browser, tmp_path, page(an_outage())) as shown:
        line = shown.locator("#timeline")
        for name in ("Home", "PageUp", "PageDown", "ArrowRight"):
            await line.press(name)
        await expect(line).to_have_attribute("aria-valuenow", "5")
        await line.press("End")
        await expect(line.locator(".now")).to_have_text("34 min 55 s")
        await line.press("Escape")
        await expect(line.locator(".now")).to_be_hidden()


async def test_dragging_looks_closer_in_all_charts_and_escape_shows_all_again(browser: Browser, tmp_path: Path) -> None:
    async with opened(browser, tmp_path, page(an_outage())) as shown:
        await plot(shown, "executions").scroll_into_view_if_needed()
        frame = await box_of(plot(shown, "executions"))
        await shown.mouse.move(frame["x"] + 10, frame["y"] + 40)
        await shown.mouse.down()
        await shown.mouse.move(frame["x"] + frame["width"] * 300 / LAST_S, frame["y"] + 40, steps=4)
        await shown.mouse.up()
        await expect(shown.locator("#timeline")).not_to_contain_text("10 min")
        shade, plain = shown.locator("[data-chart=errors] .outage"), frame["width"]
        assert (await box_of(shade))["x"] == pytest.approx(frame["x"] + plain, abs=plain * 0.02)
        await shown.keyboard.press("Escape")
        await expect(shown.locator("#timeline")).to_contain_text("10 min")
        assert (await box_of(shade))["width"] == pytest.approx(plain * 600 / LAST_S, abs=1.5)


async def test_a_bar_of_a_life_says_what_it_was(browser: Browser, tmp_path: Path) -> None:
    async with opened(browser, tmp_path, page(an_outage())) as shown:
        figure = shown.locator("#lives figure").nth(1)
        await expect(figure.locator("h3")).to_have_text("Slowest: picture after 10 min 29 s")
        assert await figure.locator("rect.failed").count() > 10
        await expect(figure.locator(".readout")).to_have_text("24 attempts to reply")
        await figure.locator("svg").focus()
        for _ in range(4):
            await figure.locator("svg").press("ArrowRight")
        await expect(figure.locator(".readout")).to_have_text("After 31 s: reply for 0.8 s, failed")


async def test_a_bar_of_the_histogram_says_how_many(browser: Browser, tmp_path: Path) -> None:
    async with opened(browser, tmp_path, page(a_quiet_answer())) as shown:
        await shown.locator("#histogram svg").press("Home")
        await expect(shown.locator("#histogram .readout")).to_have_text("0.25 s to 0.32 s: 17 pictures, 0.047 %")
        await expect(shown.locator("#histogram text.mark")).to_have_text(
            ["p50 0.58 s", "p95 0.97 s", "p99 1.8 s", "max 4.2 s"]
        )


@pytest.mark.parametrize("html", [page(an_outage()), PAIR, MAP], ids=["one", "pair", "map"])
async def test_a_narrow_screen_needs_no_scrolling_sideways(browser: Browser, tmp_path: Path, html: str) -> None:
    async with opened(browser, tmp_path, html, width_px=390) as shown:
        await expect(shown.locator("h1")).to_be_visible()
        assert await shown.evaluate("document.documentElement.scrollWidth") == 390


async def test_charts_grow_and_shrink_with_the_window(browser: Browser, tmp_path: Path) -> None:
    async with opened(browser, tmp_path, page(an_outage())) as shown:
        await shown.set_viewport_size({"width": 390, "height": 800})
        canvas = shown.locator("[data-chart=errors] canvas")
        await shown.wait_for_function("document.querySelector('[data-chart=errors] canvas').clientWidth < 360")
        assert await canvas.evaluate(HAS_INK)
        assert await shown.evaluate("document.documentElement.scrollWidth") == 390


async def test_no_text_of_an_answer_is_run(browser: Browser, tmp_path: Path) -> None:
    hostile = dataclasses.replace(an_outage(), scenario=HOSTILE, load=HOSTILE, faults=[Shade(300, 900, HOSTILE)])
    async with opened(browser, tmp_path, page_against(hostile, hostile, (HOSTILE, HOSTILE))) as shown:
        await expect(shown.locator("h1")).to_have_text(f"{HOSTILE} · {HOSTILE}")
        await expect(shown.locator("#timeline .words")).to_have_text(HOSTILE)
        await expect(shown).not_to_have_title("taken")


async def test_an_answer_without_a_picture_is_drawn_too(browser: Browser, tmp_path: Path) -> None:
    quiet = a_quiet_answer()
    nothing = {name: [None] * 420 if name.startswith("p") else [0] * 420 for name in quiet.series.columns}
    empty = dataclasses.replace(
        quiet,
        pictures=0,
        told=36_000,
        s_to_reply=Spread(None, None, None, None),
        series=dataclasses.replace(quiet.series, columns=nothing),
        histogram=Histogram([0.1, 1.0], [0]),
        lives=[],
    )
    async with opened(browser, tmp_path, page(empty)) as shown:
        await expect(shown.locator("canvas")).to_have_count(len(CHARTS))
        await expect(shown.locator("#histogram .readout")).to_have_text("No picture was shown.")
