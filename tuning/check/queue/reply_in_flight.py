"""The queues of the replies call more at once than the instances take."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    host = subject.hosts.reply
    most = {name: queue.rate.max_concurrent_dispatches for name, queue in subject.step_queues.items()}
    if sum(most.values()) > host.room:
        yield Found(
            subject.queue_place("max_concurrent_requests", name=max(most, key=lambda name: most[name])),
            f"{' + '.join(map(str, most.values()))} replies may be under way; "
            f"{host.max_instances} instances take {host.concurrency} calls each, so {host.room}",
        )


RULE = Rule(
    "replies-in-flight",
    "warning",
    "more replies under way than the instances take at once",
    "after an outage those that have waited fill the line before the instances, and new requests stand behind them",
    "lower max_concurrent_requests, or raise max_instances",
    find,
)
