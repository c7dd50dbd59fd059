"""A queue stands still."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    if subject.queue is not None and subject.queue.rate.max_dispatches_per_s == 0:
        yield Found(subject.queue_place("rate"), "the queue stands still: nothing is drawn")
    for name, queue in subject.step_queues.items():
        if queue.rate.max_dispatches_per_s == 0:
            where = subject.queue_place("rate", name=name)
            yield Found(where, "the queue stands still: a reply that waits is never shown")


RULE = Rule(
    "queue-paused",
    "warning",
    "a rate of 0",
    "members read that the bot takes a break; of a reply that waits they read nothing",
    "set a rate again when it is over",
    find,
)
