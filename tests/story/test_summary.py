"""How each span changes the one row that is kept of a request: every transition, without a server."""

from dataclasses import replace

import pytest

from local.story.span import Span, interaction_of_task, target_of
from local.story.summary import Kind, Summary, after, cancelled, showed

ID = 1575507627733942272
QUEUE = "create-image-queue"
T, E = "q/tasks/t-1", "6e6c56d4-b2cd-4bd1-9dd2-37bf173b8de2"


def a_summary(kind: Kind = "in queue", **fields: object) -> Summary:
    return replace(Summary(ID, 100.0), kind=kind, **fields)  # type: ignore[arg-type]


def task(at_s: float = 101, due_s: float = 101, name: str = T, maker: str = "line", queue: str = QUEUE) -> Span:
    return Span(ID, "task", queue, at_s, at_s, "workflow", outcome=maker, task=name, next_s=due_s)


def attempt(target: str, status: int | None = None, next_s: float | None = None, name: str = T) -> Span:
    end_s = None if status is None else 103.0
    is_error = status is not None and status >= 300
    return Span(ID, "attempt", "q", 102, end_s, target, is_error, status, attempt=1, task=name, next_s=next_s)


def execution(outcome: str = "ACTIVE", end_s: float | None = None, original: str = "") -> Span:
    is_error = outcome in ("FAILED", "CANCELLED")
    return Span(
        *(ID, "execution", "workflow", 102, end_s), is_error=is_error, outcome=outcome, execution=E, original=original
    )


def call(target: str, status: int | None = None, begin_s: float = 104) -> Span:
    end_s = None if status is None else begin_s + 1
    is_error = status is not None and status >= 400
    words = f"{target} answered {status}" if is_error else ""
    return Span(ID, "call", "workflow", begin_s, end_s, target, is_error, status, sentence=words, execution=E)


def edit(status: int, at_s: float = 104.5) -> Span:
    return Span(ID, "edit", "discord", at_s, at_s, "reply-discord", status >= 400, status, sentence="no")


def through(*spans: Span, start: Summary | None = None) -> Summary:
    summary = start or a_summary()
    for span in spans:
        summary = after(summary, span)
    return summary


WAY: tuple[tuple[Span, Kind], ...] = (
    (task(), "in queue"),
    (attempt("workflow"), "in queue"),
    (execution(), "drawing"),
    (attempt("workflow", 200), "drawing"),
    (call("generate-image"), "drawing"),
    (call("generate-image", 200), "drawing"),
    (call("reply-discord"), "replying"),
)


def test_the_good_way_goes_from_the_line_to_the_picture() -> None:
    summary = a_summary()
    for span, kind in WAY:
        summary = after(summary, span)
        assert summary.kind == kind, span
    summary = showed(summary, 105, "7", is_picture=True)
    assert (summary.kind, summary.replied_s, summary.attempts, summary.rounds) == ("shown", 105, 2, 1)
    assert (summary.has_error, summary.task, summary.execution) == (False, "", E)


def test_what_is_shown_stays_shown_whatever_a_late_replay_does() -> None:
    shown = showed(through(*(span for span, _ in WAY)), 105, "7", is_picture=True)
    late = through(
        execution(original="x"),
        call("generate-image"),
        call("generate-image", 503),
        execution("FAILED", 110),
        start=shown,
    )
    assert (late.kind, late.replied_s) == ("shown", 105)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (task(due_s=120, maker="workflow"), f"workflow:{QUEUE}"),
        (task(due_s=120, maker="steps"), f"steps:{QUEUE}"),
        (task(due_s=101.2), f"line:{QUEUE}"),
    ],
)
def test_a_task_that_is_due_later_waits_for_the_reason_of_who_made_it(made: Span, reason: str) -> None:
    summary = through(made)
    assert summary.reason == reason
    assert summary.kind == ("waiting" if made.next_s == 120 else "in queue")
    assert summary.next_s == made.next_s


def test_a_wait_after_discord_s_429_is_discord_s() -> None:
    summary = through(call("reply-discord"), edit(429), call("reply-discord", 429), task(due_s=130, maker="steps"))
    assert (summary.kind, summary.reason, summary.blamed) == ("waiting", "asked", "discord")


def test_discord_is_blamed_for_a_reply_that_fails_because_of_it_and_the_step_for_another() -> None:
    of_discord = through(call("reply-discord"), edit(503), call("reply-discord", 503))
    assert of_discord.blamed == "discord"
    of_the_step = through(call("reply-discord"), edit(503), call("reply-discord", 503), call("reply-discord", 500, 110))
    assert of_the_step.blamed == "reply-discord"


def test_a_sleep_of_an_execution_is_a_wait_with_its_step_as_the_reason() -> None:
    asleep = Span(ID, "sleep", "workflow", 110, step="main.draw", next_s=112, execution=E)
    summary = through(execution(), asleep)
    assert (summary.kind, summary.reason, summary.next_s, summary.wait_s) == ("waiting", "step:main.draw", 112, 2)


def test_a_task_that_failed_waits_for_its_queue_and_one_that_is_given_up_has_failed() -> None:
    waits = through(task(), attempt("workflow"), attempt("workflow", 503, next_s=111))
    assert (waits.kind, waits.reason, waits.next_s) == ("waiting", "backoff:q", 111)
    assert through(task(), attempt("workflow"), attempt("workflow", 503)).kind == "failed"


def test_a_reply_s_task_that_is_put_off_waits_and_one_that_ends_without_a_message_has_failed() -> None:
    begun = through(task(), attempt("reply-discord"))
    assert begun.kind == "replying"
    put_off = through(task(due_s=140, name="q/tasks/t-1-r2", maker="steps"), attempt("reply-discord", 202), start=begun)
    assert (put_off.kind, put_off.rounds, put_off.task) == ("waiting", 2, "q/tasks/t-1-r2")
    assert through(attempt("reply-discord", 200), start=begun).kind == "failed"


def test_without_a_workflow_a_drawing_leaves_its_picture_in_the_next_line() -> None:
    drawing = through(task(), attempt("generate-image"))
    assert drawing.kind == "drawing"
    reply = task(102.5, 102.5, "r/tasks/t-1", queue="reply-discord-queue")
    assert through(reply, attempt("generate-image", 200), start=drawing).kind == "in queue"


def test_an_interaction_that_makes_no_task_is_refused_in_the_ingress_s_words() -> None:
    sent = Span(ID, "delivery", "ingress", 100, 100.1, outcome="said", sentence="I am too busy.", status=200)
    refused = through(sent)
    assert (refused.kind, refused.error) == ("refused", "I am too busy.")
    assert through(task(), sent).kind == "in queue"  # words of a long line come with a task


def test_a_failed_execution_leaves_the_member_told_if_words_were_shown() -> None:
    begun = through(execution(), call("generate-image"), call("generate-image", 422))
    assert through(execution("FAILED", 107), start=begun).kind == "failed"
    told = showed(begun, 106, "7", is_picture=False)
    assert through(execution("FAILED", 107), start=told).kind == "told"


def test_a_replay_of_what_failed_is_on_its_way_again() -> None:
    failed = through(execution(), execution("FAILED", 107))
    again = through(execution(original=E), start=failed)
    assert (again.kind, again.rounds, again.ended_s) == ("drawing", 1, None)


def test_a_replay_of_what_is_shown_is_its_newest_execution() -> None:
    again = replace(execution(original=E), execution="another", revision="2")
    shown = through(again, start=showed(through(execution()), 105, "7", is_picture=True))
    assert (shown.kind, shown.execution, shown.revision, shown.rounds) == ("shown", "another", "2", 1)


def test_what_was_cancelled_stays_so_when_the_member_is_told() -> None:
    stopped = cancelled(through(task()), 103, "an operator has cancelled it")
    telling = through(task(name="q/tasks/c-1"), attempt("reply-discord", name="q/tasks/c-1"), edit(200), start=stopped)
    told = showed(telling, 106, "7", is_picture=False)
    assert (told.kind, told.replied_s) == ("cancelled", 106)


@pytest.mark.parametrize(
    ("name", "interaction"),
    [
        (f"02b0e75d4ad37ebf-{ID}", ID),
        (f"{E}-{ID}", ID),
        (f"{E}-{ID}-r12", ID),
        (f"projects/p/locations/l/queues/q/tasks/02b0e75d4ad37ebf-{ID}", ID),
        ("a-77", None),
        ("9562495902240483582", None),  # Cloud Tasks' own names
        (str(ID), None),
        ("a-9562495902240483582", None),
        ("12345678901234567890", None),
    ],
)
def test_a_task_s_name_tells_its_interaction(name: str, interaction: int | None) -> None:
    assert interaction_of_task(name) == interaction


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://127.0.0.1:1/generate-image", "generate-image"),
        ("/reply-discord", "reply-discord"),
        ("https://workflowexecutions.googleapis.com/v1/p/executions?alt=json", "workflow"),
        (
            "https://cloudtasks.googleapis.com/v2/projects/p/locations/l/queues/reply-discord-queue/tasks",
            "reply-discord-queue",
        ),
        ("https://example.com/", ""),
    ],
)
def test_an_address_tells_the_part_that_is_called(url: str, target: str) -> None:
    assert target_of(url) == target
