"""An idle queue starts more at once than the instances take."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    if subject.queue is None:
        return
    host, burst = subject.hosts.generate, subject.queue.rate.max_burst_size
    if burst > host.room:
        yield Found(
            subject.queue_place("bucket_size"),
            f"{burst} executions may start at once; {host.max_instances} instances take "
            f"{host.concurrency} calls each, so {host.room}",
        )


RULE = Rule(
    "burst",
    "warning",
    "a bucket_size above what the instances take at once",
    "an idle queue starts so many at once, and the last ones wait for an instance",
    "lower bucket_size, or raise max_instances",
    find,
)
