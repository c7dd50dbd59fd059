"""The delivery fails for good, and the member is not told."""

from collections.abc import Iterator

from local.workflows.effects import HttpResponse
from tuning.check.answers import GENERATE
from tuning.check.finding import Found, Rule
from tuning.check.life import TELL
from tuning.check.subject import Subject

_GONE = 410  # there is no message to edit


def find(subject: Subject) -> Iterator[Found]:
    for case, path, life in subject.failures:
        is_gone = isinstance(case.answer.outcome, HttpResponse) and case.answer.outcome.code == _GONE
        if path == GENERATE and case.repetition == "permanent" and not is_gone and not life.made(TELL):
            what = f"after {case.title} at {path} the member is not told"
            yield Found(subject.failure_place(life.made(path)[0]), what)


RULE = Rule(
    "member-untold",
    "error",
    "a delivery that fails for good, of which the member is not told",
    "Discord shows “thinking…” for 15 minutes, then “did not respond”",
    "call /reply-discord with a failure before the execution ends",
    find,
)
