"""All that failed together comes back together."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.outages import unavailable
from tuning.check.subject import Subject
from tuning.places import Place

_SAME_S = 0.1  # the clock of the two differs a little at the end of the token's life


def find(subject: Subject) -> Iterator[Found]:
    if not subject.is_runnable:
        return
    waits = [subject.life(unavailable, jitter).waits_s for jitter in (0.1, 0.7)]
    if waits[0] and all(abs(one_s - other_s) < _SAME_S for one_s, other_s in zip(*waits, strict=False)):
        yield Found(
            subject.knob_place("longest_wait_s") or Place(subject.file),
            "all waits are the same for every request: all that failed together come back together",
        )


RULE = Rule(
    "no-jitter",
    "warning",
    "waits that are the same for every request",
    "what failed together comes back together, and fails again",
    "draw each wait between half of its length and all of it",
    find,
)
