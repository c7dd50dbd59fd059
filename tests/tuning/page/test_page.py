"""The text of the page: all in one file, small, and nothing in it can be taken for HTML.  tests/browser opens it."""

import dataclasses
import json
import random
import re

from tests.tuning.simulate.examples import a_mended_outage, a_quiet_answer, an_outage
from tuning.compare.outage_map import Cell
from tuning.page.map_page import map_page
from tuning.page.page import Text, page, page_against
from tuning.simulate.answer import Line, Series

HOSTILE = """</script><script>document.title = "taken"</script><img src=x onerror='document.title = "taken"'>"$title"""


def test_the_sentence_and_the_numbers_can_be_read_without_a_script() -> None:
    text = page(an_outage())
    assert "<em>Promise broken:</em> of 36,000 acknowledged requests" in text
    assert '<span class="label">p99</span> 13 min 1 s' in text
    assert '<span class="bad"><span class="label">lost</span> 841</span>' in text


def test_what_is_said_besides_the_verdict_stands_beside_it() -> None:
    assert '<p class="more">It hangs on &lt;nothing&gt;.</p>' in page(an_outage(), "It hangs on <nothing>.")


def test_a_diff_or_a_table_stands_on_the_page_as_it_does_in_the_terminal() -> None:
    diff = "--- a/queue.yaml\n+++ b/queue.yaml\n-  rate: 40/s\n+  rate: <80>/s"
    for text in (
        page(an_outage(), text=Text("The edit", diff)),
        page_against(an_outage(), a_mended_outage(), ("main", "here"), text=Text("The edit", diff)),
    ):
        assert '<h2 id="text-title">The edit</h2>' in text
        assert ">--- a/queue.yaml\n+++ b/queue.yaml\n-  rate: 40/s\n+  rate: &lt;80&gt;/s</pre>" in text
    assert "text-title" not in page(an_outage())


def test_the_page_asks_for_no_other_file() -> None:
    for text in (page(an_outage()), page_against(an_outage(), a_mended_outage(), ("main", "here"))):
        assert re.findall(r'(?:src|href)="([^"]*)"', text) == ["data:,"]
        assert "@import" not in text
        assert "url(" not in text


def test_the_licence_of_uplot_goes_with_it() -> None:
    assert "Copyright (c) 2022 Leon Sorokin" in page(a_quiet_answer())


def test_a_page_of_two_long_answers_is_smaller_than_400_kb() -> None:
    dice = random.Random(7)
    columns = {name: [dice.random() * 1e4 for _ in range(600)] for name in an_outage().series.columns}
    long = dataclasses.replace(an_outage(), series=Series(3.7, columns))
    assert len(page_against(long, long, ("main", "here")).encode()) < 400_000


def test_no_text_of_an_answer_is_html() -> None:
    quiet = a_quiet_answer()
    hostile = dataclasses.replace(an_outage(), scenario=HOSTILE, load=HOSTILE, queues={HOSTILE: Line(1, 1.0)})
    text = page_against(quiet, hostile, (HOSTILE, HOSTILE)) + map_page([Cell(1, 1, 1, True)], HOSTILE, HOSTILE, 1)
    text += page(quiet, text=Text(HOSTILE, HOSTILE))
    assert "<img" not in text
    assert text.count("document.title") == text.count("document.title = &quot;taken") + text.count(
        'document.title = \\"'
    )
    data = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert [json.loads(one)["names"] for one in data] == [[HOSTILE], [""]]


def test_the_map_has_a_cell_for_each_pair_that_says_what_it_is() -> None:
    cells = [Cell(10, 60, 0.0, True), Cell(40, 60, 45.0, True), Cell(10, 600, 402.5, True), Cell(40, 600, None, False)]
    text = map_page(cells, "discord-down", "15 min of arrivals", 1)
    assert re.findall('aria-label="([^"]*/s[^"]*)"', text) == [
        "10/s, down for 1 min: recovered after 0 s, promise kept",
        "40/s, down for 1 min: recovered after 45 s, promise kept",
        "10/s, down for 10 min: recovered after 6 min 42 s, promise kept",
        "40/s, down for 10 min: never recovered, promise broken",
    ]
    assert re.findall('<g class="([^"]*)"', text) == ["h0", "h1", "h3", "never"]
    assert "<em>Promise kept in 3 of 4</em>; 1 did not recover." in text
