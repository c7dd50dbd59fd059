"""Little's law at the queue: calls under way = rate × time of a call, and they must fit max_concurrent_requests."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject

_DRAWING = ("steps.generate_cpu_s", "storage.write_s", "tasks.create_s")  # where a task calls the first step itself
_SLOW = 0.99  # so many calls are faster than the one that is counted with


def find(subject: Subject) -> Iterator[Found]:
    if subject.queue is None:
        return
    rate, most = subject.queue.rate.max_dispatches_per_s, subject.queue.rate.max_concurrent_dispatches
    if subject.project.has_workflow:
        call_s = subject.model.distribution("executions.create_s").quantile(_SLOW)
    else:
        call_s = sum(subject.model.number(name) for name in _DRAWING)
    if rate * call_s > most * 1.001:
        yield Found(
            subject.queue_place("max_concurrent_requests"),
            f"{rate:g}/s × {call_s:.2g} s = {rate * call_s:.0f} calls under way if starts are slow, {most} allowed",
        )


RULE = Rule(
    "queue-in-flight",
    "warning",
    "more starts under way than max_concurrent_requests (Little's law)",
    "the queue is slower than its rate",
    "raise max_concurrent_requests",
    find,
)
