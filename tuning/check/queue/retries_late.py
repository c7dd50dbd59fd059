"""Attempts to start an execution after Discord's token has ended."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.queue.attempts import attempts_s
from tuning.check.subject import Subject

_MOST_LATE = 1  # both limits must pass, so one attempt is beyond them


def find(subject: Subject) -> Iterator[Found]:
    queue = subject.queue
    if queue is None or (queue.retry.max_attempts == -1 and queue.retry.max_retry_duration_s == 0):
        return
    late = 0
    for number, at_s in enumerate(attempts_s(queue.retry), 1):
        late += at_s >= subject.token_life_s
        if late > _MOST_LATE:
            yield Found(
                subject.queue_place("retry_parameters"),
                f"attempt {number - 1} begins after the token, and is not the last: attempt {number} begins after "
                f"{at_s:.0f} s, the token ends at {subject.token_life_s:.0f} s",
            )
            return


RULE = Rule(
    "retries-late",
    "warning",
    "attempts to start an execution after Discord's token has ended",
    "nobody can see what they draw",
    "lower task_retry_limit and task_age_limit; both must pass",
    find,
)
