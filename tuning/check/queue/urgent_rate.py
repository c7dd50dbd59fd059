"""The urgent queue is slower than the replies whose tokens end during a long outage.

So many tokens end a second as requests came 15 minutes before, and each of them has some attempts in its last seconds.
That load lasts, so it is what is promised: half of what the first queue starts, which must catch up after a standstill.
"""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject

_CALL = ("storage.read_s", "discord.tell_s", "discord.tell_s")  # a refusal of the picture, and one of the words

_PROMISED = 0.5


def find(subject: Subject) -> Iterator[Found]:
    reply, urgent = subject.project.next_queues
    if reply == urgent or urgent not in subject.step_queues or subject.queue is None:
        return
    rate = subject.step_queues[urgent].rate
    tokens_per_s = _PROMISED * subject.queue.rate.max_dispatches_per_s
    attempts = sum(call.queue == urgent for call in subject.typical_outage.calls)
    calls_per_s = tokens_per_s * attempts
    if calls_per_s > rate.max_dispatches_per_s:
        yield Found(
            subject.queue_place("rate", name=urgent),
            f"{tokens_per_s:g} tokens end per second, each after {attempts} urgent attempts: {calls_per_s:g} calls per "
            f"second; {urgent} makes {rate.max_dispatches_per_s:g}",
        )
    call_s = sum(map(subject.model.number, _CALL))
    if calls_per_s * call_s > rate.max_concurrent_dispatches:
        yield Found(
            subject.queue_place("max_concurrent_requests", name=urgent),
            f"{calls_per_s:g}/s × {call_s:.2g} s = {calls_per_s * call_s:.0f} urgent calls under way, "
            f"{rate.max_concurrent_dispatches} allowed",
        )


RULE = Rule(
    "urgent-rate",
    "warning",
    "an urgent queue that is slower than tokens end in a long outage (Little's law)",
    "a crowd stands in it too, and members whose tokens still live when Discord is back get nothing",
    "raise its rate or max_concurrent_requests, or lengthen the waits under reply_waits",
    find,
)
