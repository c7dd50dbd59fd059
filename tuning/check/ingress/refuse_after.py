"""A request that waited as long as the ingress accepts cannot be answered before its token ends."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject
from tuning.check.workflow.late_attempt import late_call
from tuning.places import place
from tuning.project import LIMITS_YAML


def find(subject: Subject) -> Iterator[Found]:
    wait_s = subject.project.limits.refuse_after_s
    if not subject.is_runnable or (found := late_call(subject, wait_s)) is None or late_call(subject, 1.0) is not None:
        return
    call = found[1]
    yield Found(
        place(subject.project.sources, LIMITS_YAML, "backlog", "refuse_after_s"),
        f"after a wait of {wait_s:g} s a call of {call.path} may end at {call.ends_by_s:.0f} s; the token ends at "
        f"{subject.token_life_s:.0f} s",
    )


RULE = Rule(
    "refuse-after",
    "error",
    "a wait in the queue after which a request cannot be delivered any more",
    "the member sees “thinking…” and then nothing",
    "lower refuse_after_s",
    find,
)
