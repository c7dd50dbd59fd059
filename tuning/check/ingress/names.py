"""The ingress, the steps or a workflow are told to use a queue, or to start a workflow, that no file makes."""

from collections.abc import Iterator

from tuning import app_yaml
from tuning.check.finding import Found, Rule
from tuning.check.life import Step
from tuning.check.subject import Subject
from tuning.places import Place
from tuning.project import NEXT_QUEUES

_NO_QUEUE = "queue.yaml has no queue"


def find(subject: Subject) -> Iterator[Found]:
    project = subject.project
    wanted = {
        "QUEUE": (_NO_QUEUE, subject.queue_name, project.queues),
        "WORKFLOW": ("workflows/ has no workflow", subject.name, project.workflows),
    }
    if subject.step_queues or project.reply_queue:  # replies may wait, and the ingress looks how many do
        wanted["REPLY_QUEUE"] = (_NO_QUEUE, project.reply_queue, subject.step_queues or project.queues)
    for variable, (missing, name, known) in wanted.items():
        if name not in known:
            where = subject.deployment_place("ingress", "environment", variable)
            yield Found(where, f"{missing} '{name}'" if name else f"nothing sets {variable}")
    if project.deployment.steps.reply_waits is not None:
        for variable, name in zip(NEXT_QUEUES, project.next_queues, strict=True):
            if name not in project.queues:
                where = subject.app_place(app_yaml.ENVIRONMENT, variable)
                yield Found(where, f"{_NO_QUEUE} '{name}'" if name else f"nothing sets {variable}")
    steps = {name: step for life in subject.all_lives() for name, step in life.unknown_queues.items()}
    for name, step in steps.items():
        if (place := _workflow_place(subject, name, step)) is not None:
            yield Found(place, f"{_NO_QUEUE} '{name}'")


def _workflow_place(subject: Subject, queue: str, step: Step) -> Place | None:
    """The variable of the workflow that names the queue; else the step that makes the task, if the steps do not."""
    for variable, value in subject.project.deployment.workflows.environment.items():
        if value.rpartition("/")[2] == queue:
            return subject.deployment_place("workflows", "environment", variable)
    return None if queue in subject.project.next_queues else subject.step_place(step)


RULE = Rule(
    "unknown-name",
    "error",
    "a queue or a workflow that the ingress, the steps or a workflow name and no file makes",
    "interactions are answered with an error, what must wait keeps its execution alive, or a reply comes too late",
    "correct the name in deploy/deployment.yaml or app.yaml, or add the file",
    find,
)
