"""What a quarter of an hour of outage costs, beside the same requests on a good day."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject

_OUTAGE_S = 900.0
_MOST_TIMES = 10.0


def find(subject: Subject) -> Iterator[Found]:
    if not subject.is_runnable or subject.queue is None:
        return
    requests = subject.queue.rate.max_dispatches_per_s * _OUTAGE_S
    good, bad = (subject.steps_dollars(life) * requests for life in (subject.good, subject.typical_outage))
    if bad > _MOST_TIMES * good:
        yield Found(
            subject.queue_place("rate"),
            f"15 minutes of outage at full rate cost up to ${bad:,.0f} of Workflows steps, {bad / good:.0f} times the "
            f"${good:.2f} of a good quarter of an hour ({subject.prices.dated})",
        )


RULE = Rule(
    "outage-bill",
    "warning",
    "an outage that costs more than ten times what the same requests cost on a good day",
    "nothing else limits it",
    "lengthen the last wait, or lower the rate of the queue",
    find,
)
