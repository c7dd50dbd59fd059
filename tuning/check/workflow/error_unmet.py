"""An error that may pass, and is given up at once or far earlier than an outage: no rule of the workflow meets it."""

from collections.abc import Iterator

from tuning.check.answers import GENERATE
from tuning.check.finding import Found, Rule
from tuning.check.subject import FIRST_MINUTES_S, Subject

_FAR = 0.5


def find(subject: Subject) -> Iterator[Found]:
    for case, path, life in subject.failures:
        calls = life.made(path)
        if not calls or case.repetition == "permanent":
            continue
        last_s = min(subject.outages["every call is refused"].made(GENERATE)[-1].at_s, FIRST_MINUTES_S)
        is_given_up = case.repetition == "temporary" and calls[-1].at_s < _FAR * last_s
        if len(calls) == 1 or is_given_up:
            when = "at once" if len(calls) == 1 else f"after {len(calls)} attempts"
            what = f"{case.title} at {path} is given up {when}: no rule meets it"
            yield Found(subject.failure_place(calls[-1]), what)


RULE = Rule(
    "error-unmet",
    "error",
    "an error that may pass, and that no rule of the workflow meets",
    "the member loses a picture for a hiccup",
    "add a condition that waits, or change the statuses in schemas/error.json",
    find,
)
