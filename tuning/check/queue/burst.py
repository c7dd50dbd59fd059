"""An idle queue starts more at once than the instances take."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    if subject.queue is None:
        return
    app, burst = subject.project.app, subject.queue.rate.max_burst_size
    room = app.max_instances * app.max_concurrent_requests
    if burst > room:
        yield Found(
            subject.queue_place("bucket_size"),
            f"{burst} executions may start at once; {app.max_instances} instances take "
            f"{app.max_concurrent_requests} calls each, so {room}",
        )


RULE = Rule(
    "burst",
    "warning",
    "a bucket_size above what the instances take at once",
    "an idle queue starts so many at once, and the last ones wait for an instance",
    "lower bucket_size, or raise max_instances in app.yaml",
    find,
)
