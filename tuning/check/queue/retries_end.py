"""A task whose call fails is repeated for ever: no limit ends it."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    for name, queue in subject.project.queues.items():
        if queue.retry.max_attempts == -1 and queue.retry.max_retry_duration_s == 0:
            yield Found(
                subject.queue_place("retry_parameters", name=name),
                "neither task_retry_limit nor task_age_limit is given: no limit ends it",
            )


RULE = Rule(
    "retries-never-end",
    "error",
    "a task without task_retry_limit and task_age_limit",
    "a task whose call fails is tried for ever, and each try costs money and a token of the bucket",
    "give both; a task is deleted when it has passed both",
    find,
)
