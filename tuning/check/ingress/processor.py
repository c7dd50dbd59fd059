"""Less than one processor, and more than one request at once."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    for path, function in subject.functions.items():
        if function.cpu < 1 and function.concurrency > 1:
            yield Found(
                subject.deployment_place(*path, "cpu"),
                f"with {function.cpu:g} of a processor Cloud Run sends an instance 1 request at once, "
                f"not {function.concurrency}",
            )


RULE = Rule(
    "processor",
    "error",
    "less than one processor, and more than one request at once",
    "Cloud Run refuses the deployment",
    "raise cpu to 1, or lower concurrency to 1",
    find,
)
