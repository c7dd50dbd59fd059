"""A long outage: more executions are alive at once than Workflows allows, and the others wait in a queue of theirs."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    if not subject.is_runnable or subject.queue is None:
        return
    rate, most = subject.starts_per_s, subject.model.number("executions.most_at_once")
    lives = {title: life.executing_s / len(life.executions) for title, life in subject.outages.items()}
    title = max(lives, key=lambda one: lives[one])
    life_s = lives[title]
    if rate * life_s > most:
        yield Found(
            subject.queue_place("rate"),
            f"when {title}, an execution lives {life_s:.0f} s: {rate:g}/s make {rate * life_s:,.0f} at once. "
            f"{most:,.0f} are allowed, reached after {most / rate:.0f} s; a rate of {most / life_s:.3g}/s stays below",
        )


RULE = Rule(
    "executions-at-once",
    "warning",
    "more executions at once in a long outage than Workflows allows",
    "the others wait in its queue, where their tokens run out",
    "let what must wait wait in a queue, or lower the rate of the queue",
    find,
)
