"""An environment variable that the workflow asks for and the deployment does not set."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.life import Step
from tuning.check.subject import Subject
from tuning.places import Place


def find(subject: Subject) -> Iterator[Found]:
    if not subject.has_workflow:
        return
    missing: dict[str, Step] = {}
    for life in subject.all_lives():
        missing = {**life.missing, **missing}
    for name, step in missing.items():
        yield Found(_place(subject, name, step), f"nothing sets the environment variable {name}")


def _place(subject: Subject, name: str, step: Step) -> Place:
    """Where the step names it."""
    text, node = subject.project.sources[subject.file], subject.step_node(step)
    at = text.find(f'"{name}"', node.start_mark.index if node is not None else 0)
    if at < 0:
        return subject.step_place(step)
    return Place(subject.file, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


RULE = Rule(
    "unset-variable",
    "error",
    "an environment variable that the workflow asks for and nothing sets",
    "sys.get_env returns null, and the next step fails",
    "set it under workflows, environment, in deploy/deployment.yaml",
    find,
)
