"""An answer as SVG: it is well-formed, says what the answer says, and its lines lie where their numbers are."""

import dataclasses
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from tests.tuning.simulate.examples import a_mended_outage, a_quiet_answer, an_outage
from tuning.page.axis import Axis, decades, from_zero, minutes
from tuning.page.picture import picture, picture_against
from tuning.simulate.answer import Series, Shade
from tuning.simulate.verdict import verdict

_SVG = "{http://www.w3.org/2000/svg}"


def elements(svg: str, name: str, style: str = "") -> list[ElementTree.Element]:
    found = ElementTree.fromstring(svg).iter(f"{_SVG}{name}")
    return [one for one in found if not style or one.get("class") == style]


def texts(svg: str, style: str) -> list[str]:
    return ["".join(one.itertext()) for one in elements(svg, "text", style)]


def lines(svg: str, style: str) -> list[ElementTree.Element]:
    """Without those that explain a line."""
    return [one for one in elements(svg, "path", style) if len(points(one)) > 1]


def points(path: ElementTree.Element) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path.get("d", ""))]


def test_the_same_answer_gives_the_same_bytes() -> None:
    assert picture(an_outage()) == picture(an_outage())


def test_the_picture_says_what_fails_how_requests_end_and_the_verdict() -> None:
    drawn = picture(an_outage())
    assert texts(drawn, "title") == ["Discord down · 40/s for 15 min"]
    assert texts(drawn, "promise") == [
        "Promise broken: pictures 28,105 · told why not 6,914 · lost 841 · unreachable 140 · recovered after 6 min 42 s"
    ]
    assert [one.text for one in elements(drawn, "desc")] == [verdict(an_outage())]
    assert "quota 10,000" in texts(drawn, "quota")


def test_a_quiet_answer_has_no_shade_and_says_that_nothing_fails() -> None:
    drawn = picture(a_quiet_answer())
    assert texts(drawn, "title") == ["Nothing fails · 40/s for 15 min"]
    assert texts(drawn, "promise") == ["Promise kept: pictures 36,000"]
    assert elements(drawn, "rect", "outage") == []


def test_what_never_recovers_is_said() -> None:
    assert "· did not recover" in texts(picture(dataclasses.replace(an_outage(), recovered_after_s=None)), "promise")[0]


def test_the_outage_is_shaded_over_its_time_and_the_quota_is_where_the_line_ends() -> None:
    drawn = picture(an_outage())
    (shade,) = elements(drawn, "rect", "outage")
    (line,) = lines(drawn, "line executions")
    left, right = float(shade.get("x", "")), float(shade.get("x", "")) + float(shade.get("width", ""))
    highest = min(y for _, y in points(line))
    (limit,) = elements(drawn, "path", "limit")
    assert points(limit)[0][1] == highest
    climbing = [x for (x, y), (_, later) in pairwise(points(line)) if later < y]
    assert left - 5 <= climbing[0] <= left + 5
    # 10,000 are reached after 250 of 600 seconds.
    assert (climbing[-1] - left) / (right - left) == pytest.approx(250 / 600, abs=0.02)


def test_every_line_and_word_stays_inside() -> None:
    drawn = picture_against(an_outage(), a_mended_outage(), ("today", "edited"))
    _, _, width, height = map(float, ElementTree.fromstring(drawn).get("viewBox", "").split())
    for path in elements(drawn, "path"):
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points(path))
    for text in elements(drawn, "text"):
        assert 0 <= float(text.get("x", "")) <= width
        assert 0 <= float(text.get("y", "")) <= height


def test_of_two_answers_the_first_is_dashed_and_named() -> None:
    drawn = picture_against(an_outage(), a_mended_outage(), ("today", "edited"))
    assert [text.split(":")[0] for text in texts(drawn, "promise")] == ["today Promise broken", "edited Promise kept"]
    (executions,) = lines(drawn, "line executions")
    dashed = [points(one) for one in lines(drawn, "before")]
    (alone,) = lines(picture(an_outage()), "line executions")
    assert [y for _, y in dashed[0]] == [y + 26 for _, y in points(alone)]  # below one heading more
    assert points(executions) != dashed[0]


def test_a_line_is_broken_where_no_picture_came() -> None:
    answer = a_quiet_answer()
    columns = {**answer.series.columns, "p50": [1.0, 1.0, None, 1.0, 1.0, *[None] * 415]}
    drawn = picture(dataclasses.replace(answer, series=Series(5.0, columns)))
    (line,) = lines(drawn, "line p50")
    assert re.sub(r"[\d. ]", "", line.get("d", "")) == "MLML"


def test_names_are_text_and_no_markup() -> None:
    drawn = picture_against(an_outage(), a_mended_outage(), ("<a&b>", "c"))
    assert texts(drawn, "promise")[0].startswith("<a&b> ")
    faults = [Shade(1, 2, "<script>")]
    assert "<script>" not in picture(dataclasses.replace(an_outage(), faults=faults))


def test_it_has_the_colours_of_the_page_for_light_and_dark_and_asks_for_nothing() -> None:
    drawn = picture(an_outage())
    style = elements(drawn, "style")[0].text or ""
    assert style.count("--ground:") == 2
    assert set(re.findall(r"var\((--\w+)\)", style)) <= set(re.findall(r"(--[\w-]+):", style))
    assert "@media (prefers-color-scheme: light)" in style
    assert "body" not in style
    assert re.findall(r"(?:href|src|url|@import)", drawn) == []


def test_an_axis_from_zero_has_round_ticks_and_room_above() -> None:
    assert from_zero([10_000], 0, 100).ticks == [0, 5000, 10_000]
    assert from_zero([0], 0, 100).ticks == [0, 0.5, 1.0]
    assert from_zero([], 0, 100).ticks == from_zero([1], 0, 100).ticks
    assert from_zero([310], 0, 100).place(310) < 100


def test_decades_lie_equally_far_apart() -> None:
    axis = decades([0.2, 9], 0, 100)
    assert axis.ticks == [0.1, 1.0, 10.0]
    places = [axis.place(tick) for tick in axis.ticks]
    assert places[1] - places[0] == pytest.approx(places[2] - places[1])
    assert decades([], 0, 100).ticks == [1.0, 10.0]


def test_what_lies_beyond_an_axis_lies_at_its_end() -> None:
    axis = Axis(0, 10, 0, 100, [])
    assert (axis.place(-3), axis.place(99)) == (0, 100)


def test_a_time_axis_has_at_most_eleven_ticks_of_whole_minutes() -> None:
    assert minutes(1535) == [0, 300, 600, 900, 1200, 1500]
    assert all(len(minutes(length_s)) <= 11 for length_s in (1, 59, 600, 3600, 86_400, 864_000))
