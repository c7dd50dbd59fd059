"""Each reason to wait names a number, and the line of the file where it stands.  Checked on the repository's files."""

import pytest

from local.story.reasons import DEPLOYMENT_FILE, QUEUE_FILE, WORKFLOW_FILE, Files, Reason, reason_of
from local.story.yaml_places import places_of
from tests.servers import ROOT

TEXTS = {name: (ROOT / name).read_text() for name in (WORKFLOW_FILE, QUEUE_FILE, DEPLOYMENT_FILE)}
FILES = Files(TEXTS[WORKFLOW_FILE], TEXTS[QUEUE_FILE], TEXTS[DEPLOYMENT_FILE])


def why(key: str, wait_s: float = 10) -> Reason:
    return reason_of(key, wait_s, FILES)


@pytest.mark.parametrize(
    ("key", "wait_s", "file", "name"),
    [
        ("line:create-image-queue", 0, QUEUE_FILE, "create-image-queue.rate"),
        ("backoff:create-image-queue", 1, QUEUE_FILE, "create-image-queue.retry_parameters.min_backoff_seconds"),
        ("backoff:create-image-queue", 8, QUEUE_FILE, "create-image-queue.retry_parameters.max_backoff_seconds"),
        ("workflow:reply-discord-queue", 10, WORKFLOW_FILE, "knobs.longest_wait_s"),
        ("steps:reply-discord-queue", 10, DEPLOYMENT_FILE, "steps.reply_waits.longest_s"),
        ("steps:urgent-reply-queue", 10, DEPLOYMENT_FILE, "steps.last_word_s"),
        ("step:main.draw", 1, WORKFLOW_FILE, "knobs.hiccup_wait_s"),
        ("step:main.draw_with_token", 2, WORKFLOW_FILE, "knobs.token_wait_s"),
        ("step:reply.reply_unless_mistaken", 1, WORKFLOW_FILE, "knobs.mistake_wait_s"),
        ("step:put_off.wait_here", 60, WORKFLOW_FILE, "knobs.longest_wait_s"),
    ],
)
def test_a_reason_names_the_line_where_its_number_stands(key: str, wait_s: float, file: str, name: str) -> None:
    reason = why(key, wait_s)
    assert (reason.file, reason.name) == (file, name)
    line = TEXTS[file].splitlines()[reason.line - 1]
    assert f"{name.rpartition('.')[2]}: {reason.value}" in line.strip()
    assert reason.words


def test_a_paused_queue_says_so() -> None:
    files = Files(queues=TEXTS[QUEUE_FILE], paused=frozenset({"create-image-queue"}))
    assert "is paused" in reason_of("line:create-image-queue", 0, files).words


@pytest.mark.parametrize(
    ("rate", "rate_per_s", "words"),
    [
        ("80/s", 80.0, "it stands in q, which sends 80 a second"),
        ("30/m", 0.5, "it stands in q, which sends 0.5 a second"),
        ("80/s", 1.0, "it stands in q, which sends 1 a second; somebody has changed that, the file has another rate"),
        ("x", 1.0, "it stands in q, which sends 1 a second"),
    ],
)
def test_a_line_says_the_rate_in_force(rate: str, rate_per_s: float, words: str) -> None:
    files = Files(queues=f"queue:\n- name: q\n  rate: {rate}\n", rates_per_s={"q": rate_per_s})
    reason = reason_of("line:q", 0, files)
    assert (reason.words, reason.value) == (words, rate)


@pytest.mark.parametrize("key", ["asked", "places"])
def test_what_no_file_decides_names_no_line(key: str) -> None:
    assert why(key).words
    assert (why(key).file, why(key).line) == ("", 0)


def test_a_file_that_is_broken_or_gone_gives_a_reason_without_a_line() -> None:
    for text in ("", "a: [", "- 1"):
        reason = reason_of("backoff:q", 5, Files(text, text, text))
        assert (reason.file, reason.line) == (QUEUE_FILE, 0)
        assert reason_of("step:main.draw", 5, Files(text, text, text)).name == "knobs.longest_wait_s"


def test_every_step_of_the_workflow_has_its_line() -> None:
    lines = TEXTS[WORKFLOW_FILE].splitlines()
    steps = places_of(TEXTS[WORKFLOW_FILE]).steps
    assert len(steps) > 20
    for key, line in steps.items():
        assert lines[line - 1].strip().startswith(f"- {key.rpartition('.')[2]}:"), key
