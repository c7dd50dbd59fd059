"""The texts of a project → Project: all that can be tuned, as the code uses it.  Called by check/ and simulate/."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Any, TypeVar

import schemas
from local.tasks.queue_yaml import QueueYamlError, read_queue_yaml
from local.tasks.rules import QueueConfig
from local.workflows.compile.workflow import Workflow, compile_workflow
from local.workflows.errors import WorkflowSyntaxError
from schemas.deployment import Deployment
from schemas.limits import Limits
from tuning.app_yaml import AppScaling, read_app_yaml
from tuning.places import Mistake, Place, Unreadable, key_place, place, values_of
from tuning.sources import Sources

QUEUE_YAML, LIMITS_YAML, DEPLOYMENT_YAML = "queue.yaml", "ingress/limits.yaml", "deploy/deployment.yaml"

# What `mando deploy` knows when it sets the variables of the workflows: settings, and the host of the steps.
# STEPS_HOST ends as App Engine's own hosts do: calls of them are internal steps of the bill.
DEPLOYED: Mapping[str, str] = {
    "PROJECT": "my-project",
    "LOCATION": "us-central1",
    "STEPS_HOST": "my-project.uc.r.appspot.com",
}
PARENT = "projects/{PROJECT}/locations/{LOCATION}".format_map(DEPLOYED)


# The $NAMES that `mando deploy` knows.  Workflows are deployed after the steps: their variables may name that host too.
SETTINGS = frozenset({"PROJECT", "LOCATION", "APP_REGION", "DISCORD_PUBLIC_KEY", "SEAL_KEY_FILE", "SEAL_PUBLIC_KEY"})
WORKFLOW_SETTINGS = SETTINGS | {"STEPS_HOST"}


class ProjectError(Exception):
    """Raised when a project cannot be read; holds every mistake that was found, in the order of files and lines."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(mistakes)  # with which another process makes it again
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.place))

    def __str__(self) -> str:
        return "\n".join(f"{mistake.place}: {mistake.what}" for mistake in self.mistakes)


@dataclass(frozen=True, slots=True)
class IngressScaling:
    """How Cloud Run scales the ingress, and how long it takes at most."""

    memory_mib: int
    cpu: float
    concurrency: int
    min_instances: int
    max_instances: int
    timeout_s: float
    answer_within_s: float


@dataclass(frozen=True, slots=True)
class Project:
    """Workflows by name, each with the environment variables that the deployment sets; queues by their short name."""

    sources: Sources
    workflows: Mapping[str, Workflow]
    environment: Mapping[str, Mapping[str, str]]
    queues: Mapping[str, QueueConfig]
    app: AppScaling
    ingress: IngressScaling
    limits: Limits
    deployment: Deployment


def read_project(sources: Sources) -> Project:
    """Raises ProjectError."""
    mistakes: list[Mistake] = []

    def read(reader: Any, *arguments: Any) -> Any:
        try:
            return reader(*arguments)
        except Unreadable as error:
            mistakes.extend(error.mistakes)
            return None

    workflows = {
        workflow_name(file): read(_workflow, sources, file) for file in sorted(sources) if file.startswith("workflows/")
    }
    if not workflows:
        mistakes.append(Mistake(Place("workflows/mando.yaml"), "there is no such file"))
    queues = read(_queues, sources)
    limits = read(_checked, Limits, "limits", sources, LIMITS_YAML)
    deployment = read(_checked, Deployment, "deployment", sources, DEPLOYMENT_YAML)
    app = read(read_app_yaml, sources, deployment.steps.threads if deployment else 1)
    if mistakes:
        raise ProjectError(mistakes)
    ingress = deployment.ingress
    variables = {
        name: Template(value).safe_substitute(DEPLOYED) for name, value in deployment.workflows.environment.items()
    }
    return Project(
        sources=sources,
        workflows=workflows,
        environment=dict.fromkeys(workflows, variables),
        queues=queues,
        app=app,
        ingress=IngressScaling(
            memory_mib=ingress.memory_mib,
            cpu=ingress.cpu,
            concurrency=ingress.concurrency,
            min_instances=ingress.min_instances,
            max_instances=ingress.max_instances,
            timeout_s=float(ingress.timeout_s),
            answer_within_s=ingress.answer_within_s,
        ),
        limits=limits,
        deployment=deployment,
    )


def workflow_name(file: str) -> str:
    return file.rpartition("/")[2].removesuffix(".yaml")


def workflow_file(name: str) -> str:
    return f"workflows/{name}.yaml"


def _workflow(sources: Sources, file: str) -> Workflow:
    try:
        return compile_workflow(sources[file], file)
    except WorkflowSyntaxError as error:
        raise Unreadable(*(Mistake(Place(file, one.line, one.column), one.message) for one in error.problems)) from None


def _queues(sources: Sources) -> Mapping[str, QueueConfig]:
    values_of(sources, QUEUE_YAML)  # which says what is no YAML, or stands twice
    try:
        read = read_queue_yaml(sources[QUEUE_YAML], QUEUE_YAML, PARENT)
    except QueueYamlError as error:
        raise Unreadable(Mistake(Place(QUEUE_YAML, error.line, error.column), error.message)) from None
    return {queue.name.rpartition("/")[2]: queue for queue in read.queues}


Read = TypeVar("Read", Limits, Deployment)


def _checked(kind: type[Read], schema: str, sources: Sources, file: str) -> Read:
    value = values_of(sources, file)
    try:
        return kind.from_json(value)
    except schemas.SchemaError as error:
        what = str(error).removeprefix(f"{schema}.")
        find_place = key_place if error.is_name else place
        raise Unreadable(Mistake(find_place(sources, file, *error.path), what)) from None
