"""The ingress is told to fill a queue, or to start a workflow, that no file makes."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    wanted = {
        "QUEUE": ("queue.yaml has no queue", subject.queue_name, subject.project.queues),
        "WORKFLOW": ("workflows/ has no workflow", subject.name, subject.project.workflows),
    }
    for variable, (missing, name, known) in wanted.items():
        if name not in known:
            where = subject.deployment_place("ingress", "environment", variable)
            yield Found(where, f"{missing} '{name}'" if name else f"nothing sets {variable}")


RULE = Rule(
    "unknown-name",
    "error",
    "a queue or a workflow that the ingress names and no file makes",
    "every interaction is answered with an error",
    "correct the name in deploy/deployment.yaml, or add the file",
    find,
)
