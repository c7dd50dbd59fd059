"""A call waits longer than App Engine lets a request take."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    if not subject.is_runnable:
        return
    deadline_s = subject.model.number("appengine.deadline_s")
    found = {}
    for life in (subject.good, *subject.outages.values()):
        for call in life.own_calls:
            if call.timeout_s >= deadline_s:
                found[subject.timeout_place(call)] = call
    for place, call in found.items():
        yield Found(
            place,
            f"the call of {call.path} waits {call.timeout_s:.0f} s; App Engine ends a request after {deadline_s:.0f} s",
        )


RULE = Rule(
    "call-deadline",
    "error",
    "a call of the workflow that waits as long as App Engine's deadline, or longer",
    "App Engine ends the request first, with a page of its own",
    "lower the time-out of the call",
    find,
)
