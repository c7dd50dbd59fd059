"""The queue's rules: never too fast, waits that grow and stop growing, both limits before a task is given up."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.tasks.rules import QueueConfig, RateLimits, RetryConfig, TokenBucket, dispatchable, next_check_s, retry_at_s

RATES = st.builds(
    RateLimits,
    max_dispatches_per_s=st.floats(0.01, 500),
    max_burst_size=st.integers(1, 500),
    max_concurrent_dispatches=st.integers(1, 5000),
)
RETRIES = st.builds(
    RetryConfig,
    max_attempts=st.integers(-1, 50),
    max_retry_duration_s=st.floats(0, 1e5),
    min_backoff_s=st.floats(0.001, 100),
    max_backoff_s=st.floats(100, 4000),
    max_doublings=st.integers(0, 40),
)


def test_backoff_doubles_and_then_grows_by_the_same_step_up_to_its_ceiling() -> None:
    # Source: Cloud Tasks, RetryConfig.max_doublings: its own example.
    retry = RetryConfig(min_backoff_s=10, max_backoff_s=300, max_doublings=3)
    assert [retry.backoff_s(failures) for failures in range(1, 9)] == [10, 20, 40, 80, 160, 240, 300, 300]


@given(RETRIES, st.integers(1, 2000))
def test_backoff_never_shrinks_and_never_passes_its_ceiling(retry: RetryConfig, failures: int) -> None:
    first, second = retry.backoff_s(failures), retry.backoff_s(failures + 1)
    assert retry.min_backoff_s <= first <= second <= retry.max_backoff_s


def test_a_task_is_given_up_only_when_both_limits_are_reached() -> None:
    retry = RetryConfig(max_attempts=3, max_retry_duration_s=60)
    assert not retry.is_exhausted(3, age_s=59)
    assert not retry.is_exhausted(2, age_s=61)
    assert retry.is_exhausted(3, age_s=60)
    assert RetryConfig(max_attempts=3).is_exhausted(3, age_s=0)
    assert not RetryConfig(max_attempts=-1).is_exhausted(10**6, age_s=1e9)


@given(RATES, st.lists(st.floats(0, 5), min_size=1, max_size=40))
def test_a_queue_never_dispatches_faster_than_its_rate(rate: RateLimits, pauses_s: list[float]) -> None:
    config = QueueConfig("q", rate=rate)
    bucket, now_s, sent = TokenBucket(float(rate.max_burst_size), 0.0), 0.0, 0
    for pause_s in pauses_s:
        now_s += pause_s
        bucket = bucket.filled(rate, now_s)
        room = dispatchable(config, bucket, in_flight=0)
        bucket = bucket.taken(room)
        sent += room
        assert sent <= rate.max_burst_size + rate.max_dispatches_per_s * now_s + 1e-6


@given(RATES, st.floats(0, 500), st.integers(0, 6000))
def test_no_more_attempts_are_in_flight_than_allowed(rate: RateLimits, tokens: float, in_flight: int) -> None:
    room = dispatchable(QueueConfig("q", rate=rate), TokenBucket(tokens, 0), in_flight)
    assert room == 0 or in_flight + room <= rate.max_concurrent_dispatches


def test_a_paused_queue_dispatches_nothing() -> None:
    assert dispatchable(QueueConfig("q", state="PAUSED"), TokenBucket(100, 0), 0) == 0


@given(RATES, st.floats(0, 0.999))
def test_the_wait_for_a_token_is_just_long_enough(rate: RateLimits, tokens: float) -> None:
    bucket = TokenBucket(tokens, 0.0)
    later = bucket.filled(rate, bucket.wait_s(rate) * 1.000001 + 1e-9)
    assert later.tokens >= 0.999999


def test_a_clock_that_is_set_back_neither_fills_the_bucket_nor_stops_it() -> None:
    rate = RateLimits(max_dispatches_per_s=10, max_burst_size=5)
    back = TokenBucket(0.0, 1000.0).filled(rate, 400.0)
    assert back.tokens == 0
    assert back.filled(rate, 400.2).tokens == pytest.approx(2)


def test_a_rate_of_0_dispatches_nothing_whatever_the_burst() -> None:
    config = QueueConfig("q", rate=RateLimits(max_dispatches_per_s=0))
    assert dispatchable(config, TokenBucket(100, 0), 0) == 0
    assert next_check_s(config, TokenBucket(100, 0), 0, due_in_s=0) == math.inf


@given(RATES, st.floats(0, 500), st.floats(0, 100))
def test_a_queue_is_looked_at_before_its_bucket_runs_over_and_not_before_a_task_can_go(
    rate: RateLimits, tokens: float, due_in_s: float
) -> None:
    config, bucket = QueueConfig("q", rate=rate), TokenBucket(min(tokens, float(rate.max_burst_size)), 0.0)
    look_s = next_check_s(config, bucket, 0, due_in_s)
    assert look_s >= due_in_s
    then = bucket.filled(rate, look_s * 1.000001 + 1e-9)
    assert dispatchable(config, then, 0) >= 1
    if due_in_s == 0 and bucket.tokens < 1:
        assert bucket.tokens + look_s * rate.max_dispatches_per_s <= rate.max_burst_size + 1e-6


@given(RETRIES, st.integers(1, 20), st.floats(0, 1e5))
def test_a_failed_task_waits_as_long_as_the_longer_of_its_backoff_and_what_the_target_asks(
    retry: RetryConfig, attempts: int, asked_s: float
) -> None:
    wait_s = retry_at_s(retry, attempts, 0.0, asked_s)
    assert wait_s >= retry.backoff_s(attempts)
    assert wait_s >= asked_s
    assert wait_s in (retry.backoff_s(attempts), asked_s)
