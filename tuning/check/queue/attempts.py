"""When a task is tried that always fails.  Used by the two rules about retries of tasks."""

from collections.abc import Iterator

from local.tasks.rules import RetryConfig


def attempts_s(retry: RetryConfig) -> Iterator[float]:
    """Seconds after the first attempt, of each attempt; without end if nothing ends them."""
    at_s, attempts = 0.0, 1
    yield at_s
    while not retry.is_exhausted(attempts, at_s):
        at_s += retry.backoff_s(attempts)
        attempts += 1
        yield at_s
