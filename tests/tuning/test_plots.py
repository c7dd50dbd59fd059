"""The story at the beginning of docs/tuning.md is that of today's files, and its commands work."""

import json
import re

from tests.house.pages import commands
from tuning.durations import duration_s
from tuning.plots import DOWN_S, LOAD, MADE_OF, NAMES, PLOTS, SCENARIO, diff, made_of, suspicion
from tuning.tables import PAGE

STORY = PAGE.read_text().split("\n## ")[1]
BLOCKS = dict(re.findall(r"<!-- make plots: (\w+) -->\n```\w*\n(.*?)\n```\n<!-- until here -->", STORY, re.DOTALL))


def test_the_pictures_are_made_of_todays_files_and_code() -> None:
    assert json.loads(MADE_OF.read_text()) == made_of(), "run `make plots`"


def test_what_mando_check_says_and_the_edit_are_those_of_today() -> None:
    assert BLOCKS["suspicion"] == suspicion()
    assert BLOCKS["edit"] == diff()


def test_every_picture_is_shown_with_words_for_who_cannot_see_it() -> None:
    shown = re.findall(r"!\[([^\]]+)\]\(plots/([\w.]+)\)", STORY)
    assert all(words for words, _ in shown)
    assert sorted(file for _, file in shown) == sorted(path.name for path in PLOTS.glob("*.svg"))


def test_the_pictures_and_the_blocks_say_the_same() -> None:
    for name in NAMES:
        said = re.search(r"<desc>(.*?)</desc>", (PLOTS / f"{name}.svg").read_text())
        assert said is not None
        assert said[1] in BLOCKS["today" if name == "today" else "proof"]


def test_the_commands_ask_for_what_the_pictures_show() -> None:
    asked = [command for command in commands(STORY) if command.startswith("mando simulate")]
    assert len(asked) == 2
    for command in asked:
        options = dict(re.findall(r"--(\w+) (\S+)", command))
        assert (options["scenario"], duration_s(options["down"])) == (SCENARIO, DOWN_S)
        assert float(options["rate"]) * duration_s(options["for"]) == LOAD.expected
        assert duration_s(options["for"]) == LOAD.length_s
