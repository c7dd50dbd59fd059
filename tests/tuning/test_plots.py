"""The story at the beginning of docs/tuning.md is that of the files in docs/before and of ours; its commands work."""

import json
import re
from pathlib import Path

import pytest

from cli.main import run
from tests.house.pages import commands
from tuning.durations import duration_s
from tuning.plots import BEFORE, DOWN_S, LOAD, MADE_OF, PLOTS, SCENARIO, edit, edited, made_of, suspicion, today
from tuning.sources import Sources
from tuning.tables import PAGE

STORY = PAGE.read_text().split("\n## ")[1]
BLOCKS = dict(re.findall(r"<!-- make plots: (\w+) -->\n```\w*\n(.*?)\n```\n<!-- until here -->", STORY, re.DOTALL))
# Each picture, and the block that tells of the same answer.
TOLD = {"before": "before", "edited": "edited", "today": "proof"}


def test_the_pictures_are_made_of_todays_files_and_code() -> None:
    assert json.loads(MADE_OF.read_text()) == made_of(), "run `make plots`"


def test_what_mando_check_says_and_the_edit_are_those_of_today() -> None:
    assert BLOCKS["suspicion"] == suspicion()
    assert BLOCKS["edit"] == edit()


def test_every_picture_is_shown_with_words_for_who_cannot_see_it() -> None:
    shown = re.findall(r"!\[([^\]]+)\]\(plots/([\w.]+)\)", STORY)
    assert all(words for words, _ in shown)
    ours = [path.name for path in PLOTS.glob("*.svg") if not path.name.startswith("benchmarks-")]
    assert sorted(file for _, file in shown) == sorted(ours)


@pytest.mark.parametrize("name", TOLD)
def test_the_pictures_and_the_blocks_say_the_same(name: str) -> None:
    said = re.search(r"<desc>(.*?)</desc>", (PLOTS / f"{name}.svg").read_text())
    assert said is not None
    assert said[1] in " ".join(BLOCKS[TOLD[name]].split())


def test_the_commands_ask_for_what_the_pictures_show() -> None:
    asked = [command for command in commands(STORY) if command.startswith("mando simulate")]
    assert len(asked) == 3
    for command in asked:
        options = dict(re.findall(r"--(\w+) (\S+)", command))
        assert (options["scenario"], duration_s(options["down"])) == (SCENARIO, DOWN_S)
        assert float(options["rate"]) * duration_s(options["for"]) == LOAD.expected
        assert duration_s(options["for"]) == LOAD.length_s


def test_every_command_of_the_story_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With fewer requests and a shorter outage.  tests/replay/test_replay.py runs the one of gcloud."""
    check, once, more, mended = (command for command in commands(STORY) if not command.startswith("gcloud "))
    write(tmp_path, today())
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "before").symlink_to(BEFORE)
    write(tmp_path / "more-instances", edited())
    monkeypatch.chdir(tmp_path)
    assert ran(check) == 0
    assert set(BLOCKS["suspicion"].splitlines()) <= set(capsys.readouterr().out.splitlines())
    assert ran(once) == 0
    assert ran(more) == 0
    capsys.readouterr()
    assert ran(mended) == 0
    printed = capsys.readouterr().out
    assert " With docs/before: promise kept: " in printed
    assert ["docs/before", "here", "difference"] in [line.split() for line in printed.splitlines()]
    assert ["docs/before", "here", "difference"] in [line.split() for line in BLOCKS["proof"].splitlines()]


def ran(command: str) -> int:
    small = command.replace("--rate 40 --for 15m", "--rate 1 --for 30s").replace("--down 10m", "--down 10s")
    return run(small.split()[1:])


def write(folder: Path, sources: Sources) -> None:
    for name, text in sources.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
