"""A task that the workflow makes is refused by what it calls: by its address, token, headers or body."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.life import Step
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    found: dict[str, Step] = {}
    for life in subject.all_lives():
        found = {**life.strange, **found}
        for call in life.calls:
            if call.queue is not None and call.is_refused:
                what = f"the steps refuse what a task sends to {call.path}: its headers, token or body are wrong"
                found.setdefault(what, call.step)
    for what, step in found.items():
        yield Found(subject.step_place(step), what)


RULE = Rule(
    "task-refused",
    "error",
    "a task whose call is refused",
    "what waits in the queue is lost",
    "compare it with the call of the workflow, and with the task of the ingress",
    find,
)
