"""Every number that an operator may change is a knob; changing one changes its own text and nothing else."""

import pytest

from tests.servers import ROOT
from tuning.knobs import Knob, NoSuchKnob, knobs, with_value
from tuning.project import read_project
from tuning.sources import from_folder

OURS = from_folder(ROOT)
KNOBS = {knob.name: knob for knob in knobs(OURS)}


def test_each_of_our_knobs_has_a_name_of_its_own() -> None:
    assert len(KNOBS) == len(knobs(OURS)) > 30


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("mando.longest_wait_s", 60, "s"),
        ("mando.reply_timeout_s", 20, "s"),
        ("mando.mistake_retries", 3, ""),
        ("create-image-queue.rate", 80, "/s"),
        ("create-image-queue.task_age_limit", 14, "m"),
        ("create-image-queue.min_backoff_seconds", 1, "s"),
        ("reply-discord-queue.rate", 500, "/s"),
        ("reply-discord-queue.max_backoff_seconds", 5, "s"),
        ("urgent-reply-queue.max_backoff_seconds", 2, "s"),
        ("app.max_instances", 20, ""),
        ("app.instance_class", "F2", ""),
        ("ingress.memory", 512, "Mi"),
        ("ingress.answer_within_s", 2.5, "s"),
        ("steps.discord_timeout_s.read", 5, "s"),
        ("steps.last_word_s", 100, "s"),
        ("steps.reply_waits.longest_s", 45, "s"),
        ("limits.refuse_after_s", 600, "s"),
    ],
)
def test_a_knob_has_its_value_and_unit(name: str, value: float | str, unit: str) -> None:
    assert (KNOBS[name].value, KNOBS[name].unit) == (value, unit)


@pytest.mark.parametrize("knob", KNOBS.values(), ids=lambda knob: knob.name)
def test_another_value_changes_that_text_alone_and_is_read_again(knob: Knob) -> None:
    value = "F4" if knob.choices else float(knob.value) * 2 + 1
    changed = with_value(OURS, knob.name, value)
    (again,) = [one for one in knobs(changed) if one.name == knob.name]
    assert (again.value, again.unit, again.place) == (value, knob.unit, knob.place)
    before, after = ("\n".join(texts.values()).split("\n") for texts in (OURS, changed))
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


def test_a_knob_of_a_queue_is_what_the_queue_then_does() -> None:
    changed = read_project(with_value(OURS, "create-image-queue.rate", 11.5))
    assert changed.queues["create-image-queue"].rate.max_dispatches_per_s == 11.5


def test_no_knob_of_that_name_is_an_error() -> None:
    with pytest.raises(NoSuchKnob, match=r"there is no knob mando\.speed"):
        with_value(OURS, "mando.speed", 1)


def test_a_workflow_without_the_block_and_a_file_that_is_no_yaml_have_no_knobs() -> None:
    assert knobs({"workflows/a.yaml": "main:\n  steps:\n    - a: {return: 1}\n", "queue.yaml": "queue: ["}) == ()


def test_a_workflow_that_is_a_list_of_steps_has_knobs_too() -> None:
    (knob,) = knobs({"workflows/a.yaml": "- knobs:\n    assign:\n      - knobs: {wait_s: 3}\n- b: {return: 1}\n"})
    assert (knob.name, knob.value, knob.unit) == ("a.wait_s", 3, "s")
