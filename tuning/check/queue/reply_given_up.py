"""A reply that waits is given up by its queue, while the member could still be told."""

import math
from collections.abc import Iterator
from itertools import islice

from tuning.check.finding import Found, Rule
from tuning.check.queue.attempts import attempts_s
from tuning.check.subject import Subject

_MOST_ATTEMPTS = 10_000


def find(subject: Subject) -> Iterator[Found]:
    for name, queue in subject.step_queues.items():
        last_s = -math.inf
        for last_s in islice(attempts_s(queue.retry), _MOST_ATTEMPTS):
            if last_s >= subject.token_life_s:
                break
        else:
            yield Found(
                subject.queue_place("retry_parameters", name=name),
                f"a task is deleted after its attempt at {last_s:.0f} s; the token lives {subject.token_life_s:.0f} s",
            )


RULE = Rule(
    "reply-given-up",
    "error",
    "a queue that gives a reply up before the token's end",
    "the step cannot tell the member: Discord shows “thinking…”, then “did not respond”",
    "raise task_retry_limit or task_age_limit; a task is deleted when it has passed both",
    find,
)
