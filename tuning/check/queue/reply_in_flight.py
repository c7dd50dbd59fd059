"""The queues of the replies call more at once than the instances take."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    app = subject.project.app
    room = app.max_instances * app.max_concurrent_requests
    most = {name: queue.rate.max_concurrent_dispatches for name, queue in subject.step_queues.items()}
    if sum(most.values()) > room:
        yield Found(
            subject.queue_place("max_concurrent_requests", name=max(most, key=lambda name: most[name])),
            f"{' + '.join(map(str, most.values()))} replies may be under way; "
            f"{app.max_instances} instances take {app.max_concurrent_requests} calls each, so {room}",
        )


RULE = Rule(
    "replies-in-flight",
    "warning",
    "more replies under way than the instances take at once",
    "after an outage those that have waited fill App Engine's line, and new requests stand behind them",
    "lower max_concurrent_requests, or raise max_instances in app.yaml",
    find,
)
