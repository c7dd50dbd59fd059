"""Little's law at the steps: calls under way = rate × time of a call, and they must fit the instances."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject

# What the two calls of a request take.
_GENERATE = ("steps.generate_cpu_s", "storage.write_s")
_REPLY = ("steps.reply_cpu_s", "storage.read_s", "discord.reply_s")


def find(subject: Subject) -> Iterator[Found]:
    if subject.queue is None:
        return
    rate = subject.queue.rate.max_dispatches_per_s
    for host in subject.hosts.all:
        calls_s = subject.work_s(host, _GENERATE, _REPLY)
        if rate * calls_s > host.room:
            yield Found(
                subject.queue_place("rate"),
                f"{rate:g}/s × {calls_s:.2g} s = {rate * calls_s:.0f} calls under way; {host.max_instances} instances "
                f"take {host.concurrency} each, so {host.room}",
            )


RULE = Rule(
    "steps-in-flight",
    "warning",
    "more calls of the steps under way than the instances take (Little's law)",
    "calls wait for a free instance",
    "lower the rate, or raise max_instances",
    find,
)
