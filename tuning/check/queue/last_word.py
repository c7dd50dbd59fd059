"""Between two attempts of a task that its queue repeats lies more time than the step keeps for its last word."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    steps = subject.project.deployment.steps
    call_s = steps.bucket_timeout.longest_s + steps.discord_timeout.longest_s
    for name, queue in subject.step_queues.items():
        apart_s = queue.retry.max_backoff_s + call_s
        if steps.last_word_s < apart_s:
            yield Found(
                subject.deployment_place("steps", "last_word_s"),
                f"{steps.last_word_s:g} s; two attempts of {name} lie up to {apart_s:g} s apart: "
                f"{queue.retry.max_backoff_s:g} s of waiting and {call_s:g} s of a call",
            )


RULE = Rule(
    "last-word",
    "error",
    "a last_word_s below the time between two attempts of a reply that waits",
    "the last attempt before the token's end still hopes for the next one, and the member is never told",
    "raise last_word_s, or lower max_backoff_seconds of the queue",
    find,
)
