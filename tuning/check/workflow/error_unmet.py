"""An error that may pass, and is given up at once: no rule of the workflow meets it."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    for case, path, life in subject.failures:
        calls = life.made(path)
        if len(calls) == 1 and case.repetition != "permanent":
            what = f"{case.title} at {path} is given up at once: no rule meets it"
            yield Found(subject.failure_place(calls[0]), what)


RULE = Rule(
    "error-unmet",
    "error",
    "an error that may pass, and that no rule of the workflow meets",
    "the member loses a picture for a hiccup",
    "add a condition that waits, or change the statuses in schemas/error.json",
    find,
)
