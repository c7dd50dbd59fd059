"""Discord said how long to wait, and the next call comes earlier."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    for case, path, life in subject.failures:
        calls = life.made(path)
        if case.retry_after_s is None or len(calls) < 2:
            continue
        waited_s = calls[1].at_s - calls[0].at_s
        if waited_s < case.retry_after_s - 0.001:
            what = (
                f"after {case.title} with retry_after {case.retry_after_s:g} the next call comes after {waited_s:g} s"
            )
            yield Found(subject.failure_place(calls[0]), what)


RULE = Rule(
    "retry-after-ignored",
    "error",
    "a call that comes earlier than Discord asked for",
    "it is refused again, and counts towards a ban",
    "wait as long as retry_after in the body says",
    find,
)
