"""The charts' figures, made of counts and queues alone."""

import pytest

from local.story.figures import Figures, Outage, QueueNow, figures
from local.story.tallies import percentile, reply_bucket
from local.tasks.rules import QueueConfig, RateLimits

NOW_S = 15_000_010.0  # ten seconds into a step
STEP = int(NOW_S // 15)


def made(tallies: dict[int, dict[str, int]], *queues: QueueNow, **counts: dict[str, int]) -> Figures:
    given: dict[str, dict[str, int]] = {"requests": {}, "executions": {}, "waiting_for": {}} | counts
    return figures(NOW_S, tallies, queues, outages=[Outage("discord", "503", 1.0, None)], **given)


def a_queue(state: str = "RUNNING", waiting: int = 0, oldest_s: float | None = None) -> QueueNow:
    config = QueueConfig("p/queues/q", RateLimits(10.0), state=state)  # type: ignore[arg-type]
    served = QueueConfig("p/queues/q", RateLimits(5.0), state=state)  # type: ignore[arg-type]
    return QueueNow(config, served, waiting, oldest_s)


def test_a_list_has_sixty_steps_and_the_last_one_is_now() -> None:
    told = made({STEP: {"outcome:shown": 3}, STEP - 59: {"outcome:shown": 2}, STEP - 60: {"outcome:shown": 9}})
    assert len(told.outcomes["shown"]) == 60
    assert (told.outcomes["shown"][0], told.outcomes["shown"][-1], sum(told.outcomes["shown"])) == (2, 3, 5)
    assert told.begin_s == (STEP - 59) * 15


def test_the_figures_of_a_minute_are_of_the_time_that_has_passed() -> None:
    told = made({STEP: {"outcome:shown": 10}, STEP - 3: {"outcome:shown": 45}, STEP - 4: {"outcome:shown": 99}})
    assert told.per_minute["shown"] == 60.0  # 55 in 55 s


@pytest.mark.parametrize(
    ("queue", "drained_in_s"),
    [(a_queue(waiting=20), 4.0), (a_queue("PAUSED", waiting=20), None), (a_queue("PAUSED"), 0.0), (a_queue(), 0.0)],
)
def test_a_queue_says_when_it_is_drained(queue: QueueNow, drained_in_s: float | None) -> None:
    (told,) = made({STEP: {"dispatch:q": 11}}, queue).queues
    assert (told.name, told.full_name, told.drained_in_s) == ("q", "p/queues/q", drained_in_s)
    assert (told.rate_per_s, told.measured_per_s) == (10.0, 0.2)


def test_the_age_of_the_oldest_task_is_told() -> None:
    assert made({}, a_queue(waiting=1, oldest_s=NOW_S - 7)).queues[0].oldest_s == 7


def test_times_to_reply_are_told_within_a_tenth() -> None:
    counts: dict[str, int] = {}
    for hundredth in range(100, 0, -1):  # the counts come in any order
        bucket = reply_bucket(hundredth / 100)
        counts[bucket] = counts.get(bucket, 0) + 1
    assert percentile(counts, 0.5) == pytest.approx(0.5, rel=0.1)
    assert percentile(counts, 0.95) == pytest.approx(0.95, rel=0.1)
    assert percentile({"outcome:shown": 3}, 0.5) is None


def test_refusals_are_added_by_their_words() -> None:
    told = made({STEP: {"refusal:busy": 1}, STEP - 2: {"refusal:busy": 2, "refusal:late": 1}})
    assert told.refusals == {"busy": 3, "late": 1}
