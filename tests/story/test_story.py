"""A story as a value and as text, made of spans alone; and the words in which it says how a request stands."""

from dataclasses import replace

import pytest

from local.story.span import Span
from local.story.story import story_of
from local.story.summary import Summary
from local.story.text import text_of
from local.story.words import seconds, state_of

ID = 1575507627733942272
TASK = "p/queues/q/tasks/t-1"
ASKED = Summary(ID, 100.0, member="You", words="words: sea", command="/mando")


def attempt(begin_s: float, end_s: float | None, status: int | None, next_s: float | None = None) -> Span:
    is_error = status is not None and status >= 300
    words = f"workflow answered {status}" if is_error else ""
    return Span(
        *(ID, "attempt", "q", begin_s, end_s, "workflow", is_error, status),
        sentence=words,
        body="raw" if is_error else "",
        attempt=1,
        task=TASK,
        next_s=next_s,
    )


MADE = Span(ID, "task", "q", 100, 100, task=TASK, next_s=102)


def test_a_task_s_waits_are_the_gaps_between_its_attempts() -> None:
    waiting = replace(ASKED, task=TASK)
    story = story_of(waiting, [MADE, attempt(102, 102.5, 503, 105), attempt(105, 105.5, 503, 110)], 107)
    assert [(bar.kind, bar.begin_s, bar.end_s) for bar in story.bars] == [
        ("wait", 100, 102),
        ("error", 102, 102.5),
        ("wait", 102.5, 105),
        ("error", 105, 105.5),
        ("wait", 105.5, None),
    ]
    (task,) = story.tasks
    assert (task.queue, task.attempts, task.last_status, task.next_s) == ("q", 2, 503, 110)


def test_a_task_that_is_done_waits_no_more_and_one_that_was_deleted_waited_until_then() -> None:
    done = story_of(ASKED, [MADE, attempt(102, 102.5, 200)], 107)
    assert [bar.kind for bar in done.bars] == ["wait", "work"]
    assert done.tasks[0].next_s is None
    gone = story_of(replace(ASKED, kind="cancelled", ended_s=101.0), [MADE], 107)
    assert [(bar.kind, bar.end_s) for bar in gone.bars] == [("wait", 101.0)]


def test_the_reason_of_an_overdue_task_is_the_line_of_its_queue() -> None:
    due = replace(ASKED, kind="waiting", task=TASK, next_s=110.0, reason="backoff:q", wait_s=5.0)
    asked: list[str] = []

    def waiting_for(key: str) -> int:
        asked.append(key)
        return 4

    before, late = (story_of(due, [MADE], now_s, waiting_for=waiting_for) for now_s in (109, 112))
    assert asked == ["backoff:q", "line:q"]
    assert before.why is not None
    assert late.why is not None
    assert (before.why.key, before.others) == ("backoff:q", 3)  # itself is no other
    assert (late.why.key, late.others) == ("line:q", 3)


def test_the_text_draws_each_bar_in_its_place_with_its_sentence() -> None:
    spans = [MADE, attempt(102, 102.5, 503, 110), Span(ID, "delivery", "ingress", 100, 100.02)]
    waiting = replace(ASKED, kind="waiting", task=TASK, next_s=110.0, blamed="discord", rounds=3, reason="backoff:q")
    lines = text_of(story_of(waiting, spans, 105)).splitlines()
    assert lines[0] == f"interaction {ID} of You: /mando, words: sea"
    assert "state       waiting for Discord, round 3, next try in 5 s" in lines
    (error,) = [at for at, line in enumerate(lines) if "▓" in line and "█ work" not in line]
    bar = lines[error].partition("│")[2]
    assert bar.startswith(" " * 16 + "▓▓▓▓")  # 2 s of 5 s, on 40 places
    assert lines[error + 1].strip() == "workflow answered 503"
    assert max(map(len, lines)) <= 130


def test_the_text_of_a_request_that_failed_says_how_it_is_delivered() -> None:
    for kind, is_said in (("failed", True), ("told", True), ("shown", False)):
        text = text_of(story_of(replace(ASKED, kind=kind, execution="e-1"), [], 105))  # type: ignore[arg-type]
        assert ("to deliver  mando replay e-1" in text) == is_said


def test_the_text_of_a_request_without_spans_says_so() -> None:
    assert "nothing was recorded of its way" in text_of(story_of(ASKED, [], 105, missing=["the ingress's log"]))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "at the ingress"),
        ({"rounds": 1, "task": TASK, "since_s": 103.0}, "in q, for 2 s"),
        ({"kind": "drawing", "since_s": 104.5, "rounds": 2}, "drawing, round 2, for 0.5 s"),
        (
            {"kind": "waiting", "next_s": 117.0, "blamed": "generate-image"},
            "waiting for the drawing step, next try in 12 s",
        ),
        ({"kind": "waiting", "next_s": 100.0, "task": TASK}, "waiting, due for 5 s, in the line of q"),
        ({"kind": "waiting", "next_s": 104.9, "task": TASK}, "waiting, next try now"),
        ({"kind": "shown", "replied_s": 100.25}, "shown after 0.25 s"),
        ({"kind": "told", "replied_s": 160.0}, "told of a failure after 60 s"),
        ({"kind": "failed", "error": "no"}, "failed: no"),
        ({"kind": "cancelled"}, "cancelled"),
        ({"kind": "cancelled", "replied_s": 104.0}, "cancelled, and the member was told"),
    ],
)
def test_a_state_is_told_in_words(changes: dict[str, object], words: str) -> None:
    assert state_of(replace(ASKED, **changes), 105) == words  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0.004, "4 ms"),
        (0.42, "0.42 s"),
        (12.4, "12 s"),
        (119, "119 s"),
        (185, "3 min 5 s"),
        (7260, "2 h 1 min"),
        (-1, "0 ms"),
    ],
)
def test_durations_are_for_people(number: float, words: str) -> None:
    assert seconds(number) == words
