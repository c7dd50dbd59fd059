"""The whole life of a request: its executions, its tasks, and the last word of the step."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from local.tasks.rules import RetryConfig
from tests.tuning.simulate.builders import cloud, our_project, our_sources
from tuning.check.answers import GENERATE, MESSAGE, PICTURE, REPLY, TIMES_OUT, UNAVAILABLE, Answer, error, read_errors
from tuning.check.life import TELL, Call, Life
from tuning.check.living import live
from tuning.check.rules import check
from tuning.check.subject import Subject
from tuning.knobs import with_value
from tuning.prices import read_prices
from tuning.project import Project
from tuning.step_answers import GAVE_UP

RETRIES_S = (0, 1, 3, 7, *range(12, 80, 5))  # of the queue, since its first attempt


def lived(answers: Callable[[Call], Answer], project: Project | None = None, begins_s: float = 1.0) -> Life:
    subject = Subject(project or our_project(), read_errors(our_sources()), cloud(), read_prices())
    return subject.life(answers, 0.0, begins_s)


def until(end_s: float, path: str, bad: Answer = UNAVAILABLE) -> Callable[[Call], Answer]:
    """That path is answered badly until then."""

    def answers(call: Call) -> Answer:
        if call.path == path and call.at_s < end_s:
            return bad
        return PICTURE if call.path == GENERATE else MESSAGE

    return answers


def test_a_good_request_has_one_execution_and_no_task() -> None:
    life = lived(until(0, GENERATE))
    assert [call.path for call in life.calls] == [GENERATE, REPLY]
    assert (len(life.executions), life.operations, life.tasks, life.is_delivery) == (1, 0, {}, True)


def test_a_reply_that_waits_makes_one_task_after_another_and_keeps_no_execution_alive() -> None:
    life = lived(until(200, REPLY))
    assert [call.queue for call in life.calls[:4]] == [None] * 4
    by_queue = [call for call in life.calls if call.queue is not None]
    assert {call.queue for call in by_queue} == {"reply-discord-queue"}
    for before, after in pairwise(by_queue):
        assert after.at_s - before.at_s == pytest.approx(min(before.at_s, 45) / 2)
    assert by_queue[-1].is_good
    assert not any(call.is_good for call in by_queue[:-1])
    assert len(life.executions) == 1
    assert life.executing_s == pytest.approx(3, abs=0.01)
    assert life.operations == 2 * len(by_queue)
    assert {kind: step.name for (_, kind), step in life.tasks.items()} == {"reply": "reply_later"}


def test_a_drawing_that_waits_starts_the_workflow_again() -> None:
    life = lived(until(100, GENERATE))
    assert len(life.executions) > 4
    assert [call.path for call in life.calls][-2:] == [GENERATE, REPLY]
    assert life.calls[-1].at_s < 140
    assert {(queue, kind) for queue, kind in life.tasks} == {("create-image-queue", "start")}
    assert life.operations == 2 * (len(life.executions) - 1)


def test_the_step_tells_the_member_when_the_tokens_end_is_near() -> None:
    """Only pictures are refused, so the word is shown at the first attempt that is late enough."""
    last_word_s = our_project().deployment.steps.last_word_s
    life = lived(until(2000, REPLY))
    assert [word.path for word in life.words] == [TELL]
    assert 900 - last_word_s - 0.01 <= life.words[0].at_s <= 900
    assert life.calls[-1].answer == MESSAGE
    assert life.ended_s < 900


def test_where_nothing_can_be_shown_the_last_attempt_is_just_before_the_tokens_end() -> None:
    steps = our_project().deployment.steps
    assert steps.reply_waits is not None
    life = lived(lambda call: PICTURE if call.path == GENERATE else UNAVAILABLE)
    assert life.has_ended
    assert life.ended_s == pytest.approx(900 - steps.reply_waits.last_attempt_s)
    last = life.calls[-1].answer
    assert last is not None
    assert last.outcome is GAVE_UP


def test_near_the_tokens_end_a_reply_waits_in_the_urgent_queue() -> None:
    last_word_s = our_project().deployment.steps.last_word_s
    life = lived(lambda call: PICTURE if call.path == GENERATE else UNAVAILABLE)
    for call in life.calls:
        if call.queue is not None:
            assert (call.queue == "urgent-reply-queue") is (call.at_s > 900 - last_word_s)
    assert set(life.tasks) == {("reply-discord-queue", "reply"), ("urgent-reply-queue", "reply")}


def test_where_the_urgent_queue_is_missing_the_task_itself_is_repeated() -> None:
    project = our_project()
    queues = {name: one for name, one in project.queues.items() if name != "urgent-reply-queue"}
    life = lived(until(870, REPLY), replace(project, queues=queues))
    assert list(life.unknown_queues) == ["urgent-reply-queue"]
    assert {call.queue for call in life.calls} == {None, "reply-discord-queue"}
    assert life.calls[-1].answer == MESSAGE


def test_in_a_project_without_these_waits_the_queue_repeats_a_task() -> None:
    project = our_project()
    steps = replace(project.deployment.steps, reply_waits=None)
    life = lived(until(60, REPLY), replace(project, deployment=replace(project.deployment, steps=steps)))
    by_queue = [call.at_s for call in life.calls if call.queue is not None]
    assert [at_s - by_queue[0] for at_s in by_queue] == pytest.approx(RETRIES_S[: len(by_queue)], abs=0.01)
    assert life.operations == 1 + len(by_queue)


def test_a_step_that_hangs_is_ended_by_its_own_time_outs() -> None:
    life = lived(lambda call: PICTURE if call.path == GENERATE else TIMES_OUT)
    first, second, *_ = (call.at_s for call in life.calls if call.queue is not None)
    longest_s = 2 + 5 + 2 + 5
    assert second - first == pytest.approx(longest_s + 45 / 2)


@pytest.mark.parametrize(("kind", "status"), [("caller", 401), ("certificates", 503)])
def test_what_the_step_does_not_even_look_at_is_repeated_by_the_queue(kind: str, status: int) -> None:
    """Discord is down at first; then the steps take the caller for a stranger until the end."""
    stranger = error(kind, status)

    def answers(call: Call) -> Answer:
        return PICTURE if call.path == GENERATE else UNAVAILABLE if call.at_s < 10 else stranger

    life = lived(answers)
    assert life.words == []
    assert [call.answer for call in life.calls[-3:]] == [stranger] * 3


def test_a_queue_gives_up_when_both_limits_are_passed() -> None:
    project = our_project()
    queue = project.queues["reply-discord-queue"]
    short = replace(queue, retry=RetryConfig(4, 30.0, 5.0, 60.0, 4))
    stranger = until(2000, REPLY, error("caller", 401))
    life = lived(
        lambda call: stranger(call) if call.queue else until(2000, REPLY)(call),
        replace(project, queues={**project.queues, "reply-discord-queue": short}),
    )
    since_s = [call.at_s for call in life.calls if call.queue is not None]
    assert [at_s - since_s[0] for at_s in since_s] == pytest.approx((0, 5, 15, 35), abs=0.01)


def test_without_the_queue_the_execution_waits_itself() -> None:
    project = our_project()
    queues = {name: one for name, one in project.queues.items() if name != "reply-discord-queue"}
    life = lived(until(60, REPLY), replace(project, queues=queues))
    assert list(life.unknown_queues) == ["reply-discord-queue"]
    assert len(life.executions) == 1
    assert life.executing_s > 55
    assert life.calls[-1].is_good


def test_an_edit_that_changes_nothing_for_a_request_follows_no_life_again_and_one_that_does_follows_all() -> None:
    def followed(name: str, value: float) -> int:
        before = live.cache_info().misses
        check(with_value(our_sources(), name, value))
        return live.cache_info().misses - before

    live.cache_clear()
    ours = followed("create-image-queue.rate", 70)
    assert ours > 100
    assert followed("create-image-queue.rate", 60) == 0
    assert followed("reply-discord-queue.max_backoff_seconds", 4) == ours
    assert followed("mando.hiccup_wait_s", 2) > 100
