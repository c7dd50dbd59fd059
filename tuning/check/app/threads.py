"""A process of the steps has not as many threads as App Engine sends calls to its instance."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    app = subject.project.app
    if app.threads != app.max_concurrent_requests:
        yield Found(
            subject.deployment_place("steps", "threads"),
            f"{app.threads} threads, and app.yaml sends an instance {app.max_concurrent_requests} calls at once",
        )


RULE = Rule(
    "threads",
    "error",
    "another number of threads of a process than max_concurrent_requests",
    "with fewer, calls wait for a thread when one process gets them all; more are never used",
    "make both numbers equal",
    find,
)
