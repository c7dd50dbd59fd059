"""An error that no repetition helps is repeated; or one that only a few help, without an end."""

from collections.abc import Iterator

from tuning.check.answers import Repetition
from tuning.check.finding import Found, Rule
from tuning.check.life import Life
from tuning.check.subject import MINUTES_S, Subject

_A_FEW = 12


def find(subject: Subject) -> Iterator[Found]:
    for case, path, life in subject.failures:
        # Who calls is not known until a task calls again: the queue repeats that as it repeats all.
        calls = [call for call in life.made(path) if call.queue is None or case.repetition != "minutes"]
        if calls and _is_too_often(case.repetition, calls[-1].at_s, len(calls)):
            said = {"permanent": "no repetition helps", "a few": "our own bugs do not go away"}
            why = said.get(case.repetition, "a role that is new is known after minutes")
            yield Found(
                subject.failure_place(calls[0]), f"{case.title} at {path} is repeated{_times(life, path)}: {why}"
            )


def _is_too_often(repetition: Repetition, last_s: float, calls: int) -> bool:
    match repetition:
        case "permanent":
            return calls > 1
        case "a few":
            return calls > _A_FEW
        case "minutes":
            return last_s > MINUTES_S
        case "temporary":
            return False


def _times(life: Life, path: str) -> str:
    count = len(life.made(path)) - 1
    return f" {count} times or more" if count > 1 else ""


RULE = Rule(
    "permanent-repeated",
    "error",
    "an error that no repetition helps, and that is repeated",
    "the member waits for nothing, and 10,000 refused calls in 10 minutes ban our address from Discord",
    "let the workflow raise it, or change the statuses in schemas/error.json",
    find,
)
