"""The member is never told of a long queue: the request is refused before."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject
from tuning.places import place
from tuning.project import LIMITS_YAML


def find(subject: Subject) -> Iterator[Found]:
    limits = subject.project.limits
    if limits.tell_after_s >= limits.refuse_after_s:
        yield Found(
            place(subject.project.sources, LIMITS_YAML, "backlog", "tell_after_s"),
            f"tell_after_s is {limits.tell_after_s:g}, and after {limits.refuse_after_s:g} s a request is refused",
        )


RULE = Rule(
    "tell-after",
    "warning",
    "a wait of which members are told only after requests are refused",
    "no member is ever told to be patient",
    "lower tell_after_s",
    find,
)
