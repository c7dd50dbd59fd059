"""The queues start more executions than the quota allows."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    most_per_s = subject.model.number("executions.starts_per_s")
    if subject.queue is not None and (rate := subject.starts_per_s) > most_per_s:
        yield Found(
            subject.queue_place("rate"), f"{rate:g} executions are started per second; the quota is {most_per_s:g}/s"
        )


RULE = Rule(
    "start-quota",
    "error",
    "a rate above the quota of started executions",
    "Workflows answers 429, and Cloud Tasks lowers the rate of the queue",
    "lower the rate, or ask Google for more",
    find,
)
