"""The workflow gives up while the token still lives for long: its attempts have run out."""

from collections.abc import Iterator

from tuning.check.answers import GENERATE
from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject
from tuning.places import Place

_ENOUGH = 0.8  # of the token's life


def find(subject: Subject) -> Iterator[Found]:
    if not subject.is_runnable:
        return
    attempts = subject.outages["every call is refused"].made(GENERATE)
    last_s = attempts[-1].at_s
    if last_s < _ENOUGH * subject.token_life_s:
        what = f"after attempt {len(attempts)}, {last_s:.0f} s after the interaction, no other follows"
        yield Found(
            subject.knob_place("draw_reserve_s") or Place(subject.file),
            f"{what}; the token lives {subject.token_life_s:.0f} s",
        )


RULE = Rule(
    "gives-up-early",
    "warning",
    "the attempts run out while the token lives on",
    "a longer outage that could be waited out loses pictures",
    "lower the reserve, or lengthen the longest wait",
    find,
)
