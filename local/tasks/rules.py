"""The rules of dispatch, backoff and retry.  Pure: values in, values out.

Source: Cloud Tasks' RateLimits, RetryConfig and CreateTask, and "queue.yaml reference".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from local.retention import TASK_TTL_S, TOMBSTONE_S, YAML_TASK_TTL_S

QueueState = Literal["RUNNING", "PAUSED", "DISABLED"]

MAX_RATE_PER_S = 500
MAX_CONCURRENT = 5000
MAX_BURST = 500

MAX_AHEAD_S = 30 * 86400.0

_CHECK_EVERY_S = 0.02
_LEAST_SHARE = 1 / 16
_THROTTLE_EVERY_S = 1.0


def burst_for(rate_per_s: float) -> int:
    """The burst that the service chooses for a queue that was not created by queue.yaml.

    Its formula is not published; observed are 10 for 1/s and 100 for 500/s, and this one gives both.
    """
    return max(10, math.ceil(rate_per_s / 5))


@dataclass(frozen=True, slots=True)
class RateLimits:
    """A token bucket of max_burst_size, filled at max_dispatches_per_s; and the maximum of attempts in flight."""

    max_dispatches_per_s: float = 500.0
    max_burst_size: int = 100
    max_concurrent_dispatches: int = 1000


@dataclass(frozen=True, slots=True)
class RetryConfig:
    """max_attempts includes the first attempt, -1 is no limit; max_retry_duration_s of 0 is no limit."""

    max_attempts: int = 100
    max_retry_duration_s: float = 0.0
    min_backoff_s: float = 0.1
    max_backoff_s: float = 3600.0
    max_doublings: int = 16

    def backoff_s(self, failures: int) -> float:
        """The wait after so many failed attempts (≥ 1): doubled max_doublings times, then increased linearly."""
        # A float cannot hold 2^1024, and no ceiling is that high.
        step = self.min_backoff_s * 2.0 ** min(failures - 1, self.max_doublings, 1000)
        return float(min(step * max(1, failures - self.max_doublings), self.max_backoff_s))

    def is_exhausted(self, attempts: int, age_s: float) -> bool:
        """Whether a task is given up after so many attempts, the first one age_s ago: both limits must be reached."""
        if self.max_attempts == -1:
            return 0 < self.max_retry_duration_s <= age_s
        return attempts >= self.max_attempts and age_s >= self.max_retry_duration_s


@dataclass(frozen=True, slots=True)
class QueueConfig:
    """One queue.  name is its full name.

    tombstone_s: how long the name of a finished or deleted task stays reserved; task_ttl_s: a task's longest life.
    log_ratio: the share of attempts that the client wants logged; only stored and shown.
    purged_at_s: seconds since the epoch, None where the queue was never purged.
    routing: the service, version and instance that get all App Engine tasks of the queue; None leaves it to the tasks.
    """

    name: str
    rate: RateLimits = RateLimits()
    retry: RetryConfig = RetryConfig()
    state: QueueState = "RUNNING"
    tombstone_s: float = TOMBSTONE_S
    task_ttl_s: float = TASK_TTL_S
    log_ratio: float = 0.0
    purged_at_s: float | None = None
    routing: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """The number of tokens at the instant at_s (seconds).  A clock that is set back adds no tokens."""

    tokens: float
    at_s: float

    def filled(self, rate: RateLimits, now_s: float) -> "TokenBucket":
        tokens = self.tokens + max(0.0, now_s - self.at_s) * rate.max_dispatches_per_s
        return TokenBucket(min(tokens, float(rate.max_burst_size)), now_s)

    def taken(self, count: int) -> "TokenBucket":
        return TokenBucket(self.tokens - count, self.at_s)

    def wait_s(self, rate: RateLimits, count: int = 1) -> float:
        """The time until the bucket has `count` tokens."""
        if self.tokens >= count:
            return 0.0
        return (count - self.tokens) / rate.max_dispatches_per_s if rate.max_dispatches_per_s > 0 else math.inf


@dataclass(frozen=True, slots=True)
class Throttle:
    """The share of its rate that is left to a queue whose target is overloaded, and when it changed.

    Source: AppEngineHttpRequest: a 503 throttles the queue's dispatches for a while, a 429 does not; HttpRequest: both
    do, and so does a high rate of errors.  unsure: by how much, and which rate is high.  Here each such answer, and
    each attempt without an answer, halves the rate; each other answer doubles it again.
    """

    share: float = 1.0
    changed_s: float = -math.inf

    def after(self, status: int | None, now_s: float, *, is_http: bool) -> "Throttle":
        """The throttle after an answer to a task for HTTP or for App Engine; None is no answer.

        Answers of one second count once: they say the same.
        """
        is_overloaded = status is None or status == 503 or (is_http and status == 429)
        share = max(self.share / 2, _LEAST_SHARE) if is_overloaded else min(self.share * 2, 1.0)
        if share == self.share or abs(now_s - self.changed_s) < _THROTTLE_EVERY_S:
            return self
        return Throttle(share, now_s)

    def applied(self, config: QueueConfig) -> QueueConfig:
        rate = config.rate
        burst = max(1, int(rate.max_burst_size * self.share))
        slower = replace(rate, max_dispatches_per_s=rate.max_dispatches_per_s * self.share, max_burst_size=burst)
        return replace(config, rate=slower)


def dispatchable(config: QueueConfig, bucket: TokenBucket, in_flight: int) -> int:
    """How many tasks may be dispatched now; bucket is filled up to this instant."""
    if config.state != "RUNNING" or config.rate.max_dispatches_per_s <= 0:
        return 0
    return max(0, min(int(bucket.tokens), config.rate.max_concurrent_dispatches - in_flight))


def next_check_s(config: QueueConfig, bucket: TokenBucket, in_flight: int, due_in_s: float | None) -> float:
    """The time until a dispatch is possible, if nothing changes; infinite where only a change allows one.

    due_in_s: until the first waiting task is due, None where none waits.  A queue with a backlog is checked once for
    several tokens, not for each, but always before its bucket overflows, which would lower the rate.
    """
    rate = config.rate
    is_held = config.state != "RUNNING" or rate.max_dispatches_per_s <= 0 or in_flight >= rate.max_concurrent_dispatches
    if is_held or due_in_s is None:
        return math.inf
    if bucket.tokens >= 1:
        return max(0.0, due_in_s)
    batch = min(rate.max_dispatches_per_s * _CHECK_EVERY_S, rate.max_burst_size / 4)
    return max(due_in_s, bucket.wait_s(rate, max(1, int(batch))))


def retry_at_s(retry: RetryConfig, attempts: int, failed_at_s: float, retry_after_s: float) -> float:
    """The time of the next attempt after `attempts` failed ones; the target may ask for a longer wait.

    At most YAML_TASK_TTL_S later: no queue keeps a task longer, and datetime cannot hold the longest backoff.
    """
    return failed_at_s + min(max(retry.backoff_s(attempts), retry_after_s), YAML_TASK_TTL_S)
