"""The queue starts more than the instances can upload, to the bucket and to Discord."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject

_BITS = 8


def find(subject: Subject) -> Iterator[Found]:
    if subject.queue is None:
        return
    rate, hosts = subject.queue.rate.max_dispatches_per_s, subject.hosts
    for host in hosts.all:
        if host.max_instances is None:
            continue
        uploads = (host is hosts.generate) + (host is hosts.reply)  # to the bucket, and to Discord
        needed = rate * uploads * _BITS * subject.model.number("steps.picture_bytes")
        most = host.max_instances * host.bits_per_s
        if needed > most:
            yield Found(
                subject.queue_place("rate"),
                f"{rate:g}/s are {needed / 1e6:.0f} Mbit/s of pictures; {host.max_instances} instances send "
                f"{most / 1e6:.0f}",
            )


RULE = Rule(
    "upload",
    "warning",
    "a rate above what the instances' network uploads",
    "uploads become slow until they time out",
    "lower the rate, or raise max_instances",
    find,
)
