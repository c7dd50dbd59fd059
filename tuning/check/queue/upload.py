"""The queue starts more than the instances can upload, to the bucket and to Discord."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject

_UPLOADS = 2  # of each picture
_BITS = 8


def find(subject: Subject) -> Iterator[Found]:
    if subject.queue is None:
        return
    rate, instances = subject.queue.rate.max_dispatches_per_s, subject.project.app.max_instances
    needed = rate * _UPLOADS * _BITS * subject.model.number("steps.picture_bytes")
    most = instances * subject.model.number("appengine.bits_per_s")
    if needed > most:
        yield Found(
            subject.queue_place("rate"),
            f"{rate:g}/s are {needed / 1e6:.0f} Mbit/s of pictures; {instances} instances send {most / 1e6:.0f}",
        )


RULE = Rule(
    "upload",
    "warning",
    "a rate above what the instances' network uploads",
    "uploads become slow until they time out",
    "lower the rate, or raise max_instances in app.yaml",
    find,
)
