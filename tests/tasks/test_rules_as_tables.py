"""The queue's rules as tables of numbers: what goes, how long is waited, at each edge."""

import math

import pytest

from local.tasks.rules import (
    QueueConfig,
    QueueState,
    RateLimits,
    RetryConfig,
    Throttle,
    TokenBucket,
    dispatchable,
    next_check_s,
    retry_at_s,
)


@pytest.mark.parametrize(
    ("tokens", "in_flight", "state", "rate_per_s", "goes"),
    [
        (0.9, 0, "RUNNING", 5, 0),
        (1.0, 0, "RUNNING", 5, 1),
        (3.9, 0, "RUNNING", 5, 3),
        (3.9, 2, "RUNNING", 5, 2),
        (3.9, 3, "RUNNING", 5, 1),
        (3.9, 4, "RUNNING", 5, 0),
        (3.9, 5, "RUNNING", 5, 0),  # the limit was lowered while they were in flight
        (3.9, 0, "RUNNING", 0.5, 3),
        (3.9, 0, "RUNNING", 0, 0),
        (3.9, 0, "PAUSED", 5, 0),
        (3.9, 0, "DISABLED", 5, 0),
        (-1.0, 0, "RUNNING", 5, 0),
    ],
)
def test_a_task_more_or_less_goes(
    tokens: float, in_flight: int, state: QueueState, rate_per_s: float, goes: int
) -> None:
    config = QueueConfig("q", RateLimits(rate_per_s, 10, 4), state=state)
    assert dispatchable(config, TokenBucket(tokens, 0.0), in_flight) == goes


@pytest.mark.parametrize(
    ("tokens", "in_flight", "due_in_s", "state", "rate", "look_s"),
    [
        (1.0, 0, 0.0, "RUNNING", RateLimits(5, 10, 4), 0.0),
        (1.0, 0, -3.0, "RUNNING", RateLimits(5, 10, 4), 0.0),
        (1.5, 0, 2.5, "RUNNING", RateLimits(5, 10, 4), 2.5),
        (0.5, 0, 0.0, "RUNNING", RateLimits(5, 10, 4), 0.1),
        (0.5, 0, 2.5, "RUNNING", RateLimits(5, 10, 4), 2.5),
        (0.5, 0, -3.0, "RUNNING", RateLimits(0.5, 10, 4), 1.0),
        # A backlog at a high rate: every 20 ms, and sooner where the bucket is small.
        (0.0, 0, 0.0, "RUNNING", RateLimits(500, 500, 4), 0.02),
        (0.0, 0, 0.0, "RUNNING", RateLimits(500, 20, 4), 0.01),
        (0.0, 0, 0.0, "RUNNING", RateLimits(500, 1, 4), 0.002),
        (0.0, 0, 0.0, "RUNNING", RateLimits(120, 500, 4), 2 / 120),
        (0.0, 0, 0.0, "RUNNING", RateLimits(99, 500, 4), 1 / 99),
        # Only a change lets one go.
        (1.0, 0, None, "RUNNING", RateLimits(5, 10, 4), math.inf),
        (1.0, 3, 0.0, "RUNNING", RateLimits(5, 10, 4), 0.0),
        (1.0, 4, 0.0, "RUNNING", RateLimits(5, 10, 4), math.inf),
        (1.0, 5, 0.0, "RUNNING", RateLimits(5, 10, 4), math.inf),
        (1.0, 0, 0.0, "PAUSED", RateLimits(5, 10, 4), math.inf),
        (1.0, 0, 0.0, "RUNNING", RateLimits(0, 10, 4), math.inf),
    ],
)
def test_a_queue_is_looked_at_too_late_or_in_vain(
    tokens: float, in_flight: int, due_in_s: float | None, state: QueueState, rate: RateLimits, look_s: float
) -> None:
    config = QueueConfig("q", rate, state=state)
    assert next_check_s(config, TokenBucket(tokens, 0.0), in_flight, due_in_s) == pytest.approx(look_s)


@pytest.mark.parametrize(
    ("tokens", "count", "rate_per_s", "wait_s"),
    [(1.0, 1, 2, 0.0), (2.5, 1, 2, 0.0), (0.5, 1, 2, 0.25), (0.5, 3, 2, 1.25), (1.0, 1, 0, 0.0), (0.5, 1, 0, math.inf)],
)
def test_a_token_comes_too_early_or_too_late(tokens: float, count: int, rate_per_s: float, wait_s: float) -> None:
    rate = RateLimits(rate_per_s)
    assert TokenBucket(tokens, 7.0).wait_s(rate, count) == wait_s
    if count == 1:
        assert TokenBucket(tokens, 7.0).wait_s(rate) == wait_s


def test_a_bucket_is_filled_over_its_burst_or_by_another_time() -> None:
    rate = RateLimits(2, 5)
    bucket = TokenBucket(1.5, 7.0)
    filled = [bucket.filled(rate, now_s) for now_s in (6.0, 7.0, 8.0, 8.75, 9.0, 100.0)]
    assert [(one.tokens, one.at_s) for one in filled] == (
        [(1.5, 6.0), (1.5, 7.0), (3.5, 8.0), (5.0, 8.75), (5.0, 9.0), (5.0, 100.0)]
    )
    assert bucket.taken(3) == TokenBucket(-1.5, 7.0)


@pytest.mark.parametrize(
    ("retry", "failures", "wait_s"),
    [
        (RetryConfig(), 1, 0.1),
        (RetryConfig(), 2, 0.2),
        (RetryConfig(), 16, 0.1 * 2**15),
        (RetryConfig(), 17, 3600),
        (RetryConfig(max_doublings=0), 1, 0.1),
        (RetryConfig(max_doublings=0), 3, 0.3),
        (RetryConfig(max_doublings=2), 3, 0.4),
        (RetryConfig(max_doublings=2), 4, 0.8),
        (RetryConfig(max_doublings=2), 5, 1.2),
        (RetryConfig(min_backoff_s=5, max_backoff_s=5), 1, 5),
        (RetryConfig(min_backoff_s=0, max_backoff_s=0), 9, 0),
        (RetryConfig(max_doublings=2**31 - 1), 1500, 3600),  # no float holds 2^1499
        (RetryConfig(max_doublings=1400), 2000, 3600),
    ],
)
def test_a_failed_task_waits_another_time(retry: RetryConfig, failures: int, wait_s: float) -> None:
    """Source: Cloud Tasks, RetryConfig."""
    assert retry.backoff_s(failures) == pytest.approx(wait_s)


@pytest.mark.parametrize(
    ("asked_s", "at_s"), [(0.0, 100.4), (0.3, 100.4), (0.5, 100.5), (315_360_000, 315_360_100), (math.inf, 315_360_100)]
)
def test_a_target_that_asks_for_another_wait_is_not_heard_or_heard_for_ever(asked_s: float, at_s: float) -> None:
    """No task is kept for longer than ten years.  Source: Cloud Tasks v2beta3, Queue.task_ttl."""
    assert retry_at_s(RetryConfig(), 3, 100.0, asked_s) == at_s


@pytest.mark.parametrize(
    ("is_http", "status", "share"),
    [(False, 503, 0.5), (False, 429, 1), (True, 503, 0.5), (True, 429, 0.5), (True, 500, 1), (True, None, 0.5)],
)
def test_what_slows_a_queue_depends_on_the_kind_of_its_tasks(is_http: bool, status: int | None, share: float) -> None:
    """Source: AppEngineHttpRequest: 503 throttles, 429 does not; HttpRequest: both do."""
    assert Throttle().after(status, 0.0, is_http=is_http).share == share


@pytest.mark.parametrize(
    ("answers", "share"),
    [
        ([(0.0, 200)], 1.0),
        ([(0.0, 503)], 0.5),
        ([(0.0, None)], 0.5),
        ([(0.0, 429)], 1.0),
        ([(0.0, 500)], 1.0),
        ([(0.0, 503), (0.5, 503)], 0.5),
        ([(0.0, 503), (0.5, 200)], 0.5),
        ([(0.0, 503), (1.0, 503)], 0.25),
        ([(0.0, 503), (1.0, 404)], 1.0),
        ([(100.0, 503), (1.0, 503)], 0.25),  # the clock was set back
        ([(float(second), 503) for second in range(9)], 1 / 16),
    ],
)
def test_an_overloaded_service_is_called_more_or_less_often(
    answers: list[tuple[float, int | None]], share: float
) -> None:
    """Source: AppEngineHttpRequest: 503 throttles, 429 does not; unsure: by how much, and for how long."""
    throttle = Throttle()
    for at_s, status in answers:
        throttle = throttle.after(status, at_s, is_http=False)
    assert throttle.share == share
    slower = throttle.applied(QueueConfig("q", RateLimits(80.0, 20, 4))).rate
    assert slower == RateLimits(80.0 * share, max(1, int(20 * share)), 4)
