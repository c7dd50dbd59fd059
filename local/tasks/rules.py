"""When a task may go, how long a failed one waits, when it is given up.  Pure: values in, values out.

Source: Cloud Tasks' RateLimits, RetryConfig and CreateTask, and "queue.yaml reference".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from local.retention import TASK_TTL_S, TOMBSTONE_S, YAML_TASK_TTL_S

QueueState = Literal["RUNNING", "PAUSED", "DISABLED"]

MAX_RATE_PER_S = 500
MAX_CONCURRENT = 5000
MAX_BURST = 500

MAX_AHEAD_S = 30 * 86400.0

_LOOK_S = 0.02


def burst_for(rate_per_s: float) -> int:
    """The burst that the service picks for a queue that was not made by queue.yaml.

    Its formula is not published; seen are 10 for 1/s and 100 for 500/s, and this passes through both.
    """
    return max(10, math.ceil(rate_per_s / 5))


@dataclass(frozen=True, slots=True)
class RateLimits:
    """A token bucket of max_burst_size, filled at max_dispatches_per_s; and how many attempts may be in flight."""

    max_dispatches_per_s: float = 500.0
    max_burst_size: int = 100
    max_concurrent_dispatches: int = 1000


@dataclass(frozen=True, slots=True)
class RetryConfig:
    """max_attempts counts the first one too, -1 is no limit; max_retry_duration_s of 0 is no limit."""

    max_attempts: int = 100
    max_retry_duration_s: float = 0.0
    min_backoff_s: float = 0.1
    max_backoff_s: float = 3600.0
    max_doublings: int = 16

    def backoff_s(self, failures: int) -> float:
        """The wait after so many failed attempts (≥ 1): doubled max_doublings times, then growing by the same step."""
        # A float cannot hold 2^1024, and no ceiling is that high.
        step = self.min_backoff_s * 2.0 ** min(failures - 1, self.max_doublings, 1000)
        return float(min(step * max(1, failures - self.max_doublings), self.max_backoff_s))

    def is_exhausted(self, attempts: int, age_s: float) -> bool:
        """Whether a task that failed so often, first tried age_s ago, is given up: both limits must be reached."""
        if self.max_attempts == -1:
            return 0 < self.max_retry_duration_s <= age_s
        return attempts >= self.max_attempts and age_s >= self.max_retry_duration_s


@dataclass(frozen=True, slots=True)
class QueueConfig:
    """One queue.  name is its full name.

    tombstone_s: how long the name of a task that is gone is not free; task_ttl_s: how long a task is kept in all.
    log_ratio: the share of its attempts that the client wants logged; kept, and shown again.
    purged_at_s: seconds since the epoch, None where it never was.
    routing: where App Engine tasks would go; kept, and shown again.
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
    """So many tokens at the instant at_s (seconds).  A clock that is set back fills nothing, and goes on from there."""

    tokens: float
    at_s: float

    def filled(self, rate: RateLimits, now_s: float) -> "TokenBucket":
        tokens = self.tokens + max(0.0, now_s - self.at_s) * rate.max_dispatches_per_s
        return TokenBucket(min(tokens, float(rate.max_burst_size)), now_s)

    def taken(self, count: int) -> "TokenBucket":
        return TokenBucket(self.tokens - count, self.at_s)

    def wait_s(self, rate: RateLimits, count: int = 1) -> float:
        """How long until there are so many whole tokens."""
        if self.tokens >= count:
            return 0.0
        return (count - self.tokens) / rate.max_dispatches_per_s if rate.max_dispatches_per_s > 0 else math.inf


def dispatchable(config: QueueConfig, bucket: TokenBucket, in_flight: int) -> int:
    """How many tasks may go now from a bucket that has been filled for this instant."""
    if config.state != "RUNNING" or config.rate.max_dispatches_per_s <= 0:
        return 0
    return max(0, min(int(bucket.tokens), config.rate.max_concurrent_dispatches - in_flight))


def next_look_s(config: QueueConfig, bucket: TokenBucket, in_flight: int, due_in_s: float | None) -> float:
    """How long until a task can go, if nothing else happens; infinite where only a change can let one go.

    due_in_s: until the time of the first waiting task, None where none waits.  A queue with a backlog is looked at
    every few tokens and not at every one, but never so late that its bucket runs over and the rate is lost.
    """
    rate = config.rate
    is_held = config.state != "RUNNING" or rate.max_dispatches_per_s <= 0 or in_flight >= rate.max_concurrent_dispatches
    if is_held or due_in_s is None:
        return math.inf
    if bucket.tokens >= 1:
        return max(0.0, due_in_s)
    batch = min(rate.max_dispatches_per_s * _LOOK_S, rate.max_burst_size / 4)
    return max(due_in_s, bucket.wait_s(rate, max(1, int(batch))))


def retry_at_s(retry: RetryConfig, attempts: int, failed_at_s: float, retry_after_s: float) -> float:
    """When a task that has just failed its so-many-th attempt goes again; the target may ask for longer.

    No queue keeps a task longer than YAML_TASK_TTL_S, and no calendar holds the longest backoff: 10,000 years.
    """
    return failed_at_s + min(max(retry.backoff_s(attempts), retry_after_s), YAML_TASK_TTL_S)
