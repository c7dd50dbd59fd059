"""What a quarter of an hour of outage costs, beside the same requests on a good day.

However often a request comes back, the queue starts no more executions a second than its rate.
"""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject

_OUTAGE_S = 900.0
_MOST_TIMES = 10.0


def find(subject: Subject) -> Iterator[Found]:
    if not subject.is_runnable or subject.queue is None:
        return
    starts = subject.starts_per_s * _OUTAGE_S
    good = subject.steps_dollars(subject.good) * starts
    costs = {title: subject.steps_dollars(life) / len(life.executions) * starts
             for title, life in subject.outages.items()}  # fmt: skip
    title = max(costs, key=lambda one: costs[one])
    if costs[title] > _MOST_TIMES * good:
        yield Found(
            subject.queue_place("rate"),
            f"15 minutes at full rate, in which {title}, cost up to ${costs[title]:,.0f} of Workflows steps, "
            f"{costs[title] / good:.0f} times the ${good:.2f} of a good quarter of an hour ({subject.prices.dated})",
        )


RULE = Rule(
    "outage-bill",
    "warning",
    "an outage that costs more than ten times what the same executions cost on a good day",
    "nothing else limits it",
    "let what must wait wait in a queue, or lower the rate of the queue",
    find,
)
