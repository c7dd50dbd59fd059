"""The calls of all executions need more processors in an outage than the instances have: it does not end by itself.

The calls of tasks are not counted: their queue has a limit of its own (replies-in-flight).
"""

from collections.abc import Iterator

from tuning.check.answers import GENERATE
from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject
from tuning.places import Place


def find(subject: Subject) -> Iterator[Found]:
    if not subject.is_runnable or subject.queue is None:
        return
    life = subject.typical_outage
    if not life.executing_s:
        return
    most, rate = subject.model.number("executions.most_at_once"), subject.queue.rate.max_dispatches_per_s
    at_once = min(most, rate * life.executing_s)
    each_per_s = at_once / life.executing_s  # requests
    calls = life.own_calls
    draw_s, again_s, reply_s = (
        subject.model.number(f"steps.{name}_cpu_s") for name in ("generate", "generate_again", "reply")
    )
    again = sum(call.path == GENERATE for call in calls) - 1
    for host in subject.hosts.all:
        each_s = (draw_s + again * again_s) * (host is subject.hosts.generate)
        each_s += (len(calls) - again - 1) * reply_s * (host is subject.hosts.reply)
        needed = each_per_s * each_s
        if needed > host.all_cores:
            yield Found(
                subject.knob_place("hiccup_retries") or Place(subject.file),
                f"while Discord is down, {at_once:,.0f} executions make {each_per_s * len(calls):,.0f} calls a second, "
                f"the work of {needed:.2g} cores; {host.max_instances} instances have {host.all_cores:.2g}",
            )


RULE = Rule(
    "retry-load",
    "warning",
    "retries that need more processors than the instances have",
    "new requests find no instance, and the outage may not end when its cause does",
    "lower the retries within an execution or the rate of the queue, or raise max_instances",
    find,
)
