"""When a task may go, how long a failed one waits, when it is given up.  Pure: values in, values out.

Source: Cloud Tasks' RateLimits and RetryConfig, and "queue.yaml reference".
"""

from dataclasses import dataclass, replace
from typing import Literal

QueueState = Literal["RUNNING", "PAUSED", "DISABLED"]

TOMBSTONE_S = 24 * 3600.0
YAML_TOMBSTONE_S = 9 * 24 * 3600.0  # the tombstoneTtl that `gcloud app deploy queue.yaml` sends


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
        exponent = failures - 1
        if exponent <= self.max_doublings:
            # A float cannot hold 2^1024, and no ceiling is that high.
            return float(min(self.min_backoff_s * 2.0 ** min(exponent, 1000), self.max_backoff_s))
        step = self.min_backoff_s * 2.0 ** min(self.max_doublings, 1000)
        return float(min(step * (exponent - self.max_doublings + 1), self.max_backoff_s))

    def is_exhausted(self, attempts: int, age_s: float) -> bool:
        """Whether a task that failed so often, first tried age_s ago, is given up: both limits must be reached."""
        if self.max_attempts == -1:
            return 0 < self.max_retry_duration_s <= age_s
        return attempts >= self.max_attempts and age_s >= self.max_retry_duration_s


@dataclass(frozen=True, slots=True)
class QueueConfig:
    """One queue.  name is its full name; a queue from queue.yaml remembers the names of its tasks for 9 days."""

    name: str
    rate: RateLimits = RateLimits()
    retry: RetryConfig = RetryConfig()
    state: QueueState = "RUNNING"
    tombstone_s: float = TOMBSTONE_S


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """So many tokens at the instant at_s (seconds on any clock that only goes forward)."""

    tokens: float
    at_s: float

    def filled(self, rate: RateLimits, now_s: float) -> "TokenBucket":
        tokens = self.tokens + max(0.0, now_s - self.at_s) * rate.max_dispatches_per_s
        return TokenBucket(min(tokens, float(rate.max_burst_size)), max(now_s, self.at_s))

    def taken(self, count: int) -> "TokenBucket":
        return replace(self, tokens=self.tokens - count)

    def wait_s(self, rate: RateLimits) -> float:
        """How long until there is a whole token."""
        if self.tokens >= 1:
            return 0.0
        return (1 - self.tokens) / rate.max_dispatches_per_s if rate.max_dispatches_per_s > 0 else float("inf")


def dispatchable(config: QueueConfig, bucket: TokenBucket, in_flight: int) -> int:
    """How many tasks may go now from a bucket that has been filled for this instant."""
    if config.state != "RUNNING":
        return 0
    return max(0, min(int(bucket.tokens), config.rate.max_concurrent_dispatches - in_flight))
