"""A call is given up before the step behind it has given up its own calls."""

from collections.abc import Iterator

from tuning.check.answers import GENERATE
from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    if not subject.is_runnable:
        return
    steps = subject.project.deployment.steps
    bucket_s, discord_s = steps.bucket_timeout.longest_s, steps.discord_timeout.longest_s
    found = {}
    for life in (subject.good, *subject.outages.values()):
        for call in life.own_calls:
            # For an older request /generate-image looks whether the picture is there before it stores it.
            longest_s = 2 * bucket_s if call.path == GENERATE else bucket_s + discord_s
            if call.timeout_s <= longest_s:
                found[subject.timeout_place(call)] = (call, longest_s)
    for place, (call, longest_s) in found.items():
        yield Found(
            place,
            f"the call of {call.path} is given up after {call.timeout_s:g} s; the step itself may take {longest_s:g} s",
        )


RULE = Rule(
    "step-time",
    "error",
    "a call that is given up before the step has given up its own calls",
    "the next attempt runs beside the last one, and loads what is slow already",
    "raise the time-out of the call, or lower those in deploy/deployment.yaml",
    find,
)
