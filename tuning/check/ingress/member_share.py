"""One member may fill the whole queue."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject
from tuning.places import place
from tuning.project import LIMITS_YAML


def find(subject: Subject) -> Iterator[Found]:
    if subject.queue is None or (rate := subject.queue.rate.max_dispatches_per_s) == 0:
        return
    each, instances = subject.project.limits.per_minute, subject.project.ingress.max_instances
    if each * instances > rate * 60:
        yield Found(
            place(subject.project.sources, LIMITS_YAML, "member", "per_minute"),
            f"{each} a minute at each of {instances} instances is {each * instances}; "
            f"the queue starts {rate * 60:.0f} a minute",
        )


RULE = Rule(
    "member-share",
    "warning",
    "a share of each member that is the whole queue",
    "one member can keep everybody else waiting",
    "lower per_minute",
    find,
)
