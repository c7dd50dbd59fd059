"""The retries of all executions that wait need more processors than the instances have: the outage does not end."""

from collections.abc import Iterator

from tuning.check.answers import GENERATE
from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject
from tuning.places import Place


def find(subject: Subject) -> Iterator[Found]:
    if not subject.is_runnable or subject.queue is None:
        return
    life = subject.typical_outage
    most, rate = subject.model.number("executions.most_at_once"), subject.queue.rate.max_dispatches_per_s
    waiting = min(most, rate * life.ended_s)
    calls_per_s = waiting * len(life.calls) / life.ended_s
    drawn = len(life.made(GENERATE)) / len(life.calls)
    again_s, reply_s = (subject.model.number(f"steps.{name}_cpu_s") for name in ("generate_again", "reply"))
    needed = calls_per_s * (drawn * again_s + (1 - drawn) * reply_s)
    if needed > subject.cores:
        yield Found(
            subject.knob_place("waits_s") or Place(subject.file),
            f"{waiting:,.0f} executions that wait make {calls_per_s:,.0f} calls a second, "
            f"the work of {needed:.2g} cores; {subject.project.app.max_instances} instances have {subject.cores:.2g}",
        )


RULE = Rule(
    "retry-load",
    "warning",
    "retries that need more processors than the instances have",
    "new requests find no instance, and the outage may not end when its cause does",
    "lengthen the last wait, or raise max_instances in app.yaml",
    find,
)
