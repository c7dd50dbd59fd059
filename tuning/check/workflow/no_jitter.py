"""All executions that failed together try again together."""

from collections.abc import Iterator

from tuning.check.answers import UNAVAILABLE
from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject
from tuning.places import Place


def find(subject: Subject) -> Iterator[Found]:
    if not subject.is_runnable:
        return
    waits = [subject.life(lambda _: UNAVAILABLE, jitter).waits_s[:5] for jitter in (0.1, 0.7)]
    if waits[0] and waits[0] == waits[1]:
        yield Found(
            subject.knob_place("waits_s") or Place(subject.file),
            "the waits are the same in every execution: all that failed together try again together",
        )


RULE = Rule(
    "no-jitter",
    "warning",
    "waits that are the same in every execution",
    "what failed together comes back together, and fails again",
    "draw each wait between half of its length and all of it",
    find,
)
