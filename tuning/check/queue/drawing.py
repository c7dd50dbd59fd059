"""The queue starts more than the instances can draw."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    if subject.queue is None:
        return
    rate = subject.queue.rate.max_dispatches_per_s
    for host in subject.hosts.all:
        each_s = subject.work_s(host, ("steps.generate_cpu_s",), ("steps.reply_cpu_s",))
        if rate * each_s > host.all_cores:
            yield Found(
                subject.queue_place("rate"),
                f"{rate:g}/s × {each_s * 1000:.0f} ms of a processor = {rate * each_s:.2g} cores; "
                f"{host.max_instances} {host.what} have {host.all_cores:.2g}",
            )


RULE = Rule(
    "drawing",
    "warning",
    "a rate above what the instances' processors draw",
    "calls pile up until the platform aborts them",
    "lower the rate, or raise max_instances, instance_class or cpu",
    find,
)
