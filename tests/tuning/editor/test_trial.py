"""What is typed at /tune is read as meant, or said to be wrong at its field; the edit is a diff that git takes."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.servers import ROOT
from tuning.editor.fields import comment, sections
from tuning.editor.trial import WrongFields, read_trial
from tuning.knobs import knobs
from tuning.sources import diff, from_folder

OURS = from_folder(ROOT)


def wrong(**body: Any) -> dict[str, str]:
    with pytest.raises(WrongFields) as raised:
        read_trial(body, OURS)
    return dict(raised.value.messages)


def test_without_a_word_it_is_a_calm_minute_of_the_files_in_force() -> None:
    trial = read_trial({}, OURS)
    assert (trial.before, trial.changed, diff(trial.before, trial.after)) == (trial.after, (), "")
    assert (trial.setting.set_scenario().faults, trial.setting.load().expected) == ((), 10_000)


@pytest.mark.parametrize("text", ["abc", "-1", "", "1e3", "40/s", "nan", "1_0", "٣", "0.00001", "9999999999"])
def test_a_text_that_is_no_number_is_wrong_at_its_field(text: str) -> None:
    said = wrong(values={"create-image-queue.rate": text, "app.max_instances": "3"})
    assert said == {"create-image-queue.rate": f"expected a number such as 40 or 2.5, not '{text}'"}


def test_all_wrong_fields_are_said_at_once() -> None:
    said = wrong(values={"app.instance_class": "F3", "gone.knob": "1"}, rate="0", down="soon", requests="10001")
    assert said == {
        "app.instance_class": "expected one of F1, F2, F4, F4_1G, not 'F3'",
        "gone.knob": "the files in force have no such number any more",
        "rate": "expected a rate above 0, of 1,000 a second at most",
        "down": "expected a duration such as 90s, 10m or 1h30m, not 'soon'",
        "requests": "expected a whole number from 1 to 10,000, not '10001'",
    }


def test_a_scenario_of_one_instant_has_no_length() -> None:
    assert "cold happens in one instant" in wrong(scenario="cold", down="1m")["down"]
    assert read_trial({"scenario": "cold", "down": ""}, OURS).setting.down_s is None


@pytest.mark.parametrize(
    "body", [{"scenario": "../models/cloud"}, {"arrivals": "never"}, {"model": "x"}, {"rate": None}]
)
def test_only_what_the_form_offers_is_taken(body: dict[str, Any]) -> None:
    assert list(wrong(**body)) == list(body)


def test_a_number_written_in_another_way_is_no_edit() -> None:
    (rate,) = (knob.value for knob in knobs(OURS) if knob.name == "create-image-queue.rate")
    assert read_trial({"values": {"create-image-queue.rate": f" {rate}.0 "}}, OURS).changed == ()


def test_git_applies_the_diff_of_an_edit_in_every_file(tmp_path: Path) -> None:
    for file, text in OURS.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    values = {knob.name: knob.choices[-1] if knob.choices else "7.5" for knob in knobs(OURS)}
    trial = read_trial({"values": values}, OURS)
    assert len(trial.changed) == len(values)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=diff(trial.before, trial.after), text=True, check=True)
    assert from_folder(tmp_path) == trial.after


def test_git_applies_the_diff_of_a_file_without_a_last_line_end(tmp_path: Path) -> None:
    sources = {**OURS, "app.yaml": "runtime: python313\ninstance_class: F2"}
    (tmp_path / "app.yaml").write_text(sources["app.yaml"])
    trial = read_trial({"values": {"app.instance_class": "F4"}}, sources)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=diff(trial.before, trial.after), text=True, check=True)
    assert (tmp_path / "app.yaml").read_text() == "runtime: python313\ninstance_class: F4"


def test_every_knob_is_a_field_once_and_its_comment_helps() -> None:
    rows = [row for section in sections(OURS) for row in section["rows"]]
    named = [knob["name"] for row in rows for knob in row["knobs"]]
    assert sorted(named) == sorted(knob.name for knob in knobs(OURS))
    assert [row["label"] for row in rows if not row["help"]] == []
    (timeout,) = [row for row in rows if row["label"] == "discord_timeout_s"]
    assert [(one["part"], one["value"]) for one in timeout["knobs"]] == [("connect", "2"), ("read", "5")]


def test_the_comment_of_a_line_stands_above_behind_and_below_it() -> None:
    text = "# of the file\na:\n  # above\n  b: 1  # behind\n        # below\n  # of c\n  c: 2\n"
    assert [comment(text, line) for line in (4, 7)] == ["above · behind below", "of c"]
