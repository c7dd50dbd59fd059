"""The texts of a project → Project: all that can be tuned, as the code uses it.  Called by check/ and simulate/."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Any, TypeVar

import schemas
from local.executions.engine.variables import built_in_variables
from local.form import DEFAULT_FORM, Form
from local.tasks.queue_yaml import QueueYamlError, read_queue_yaml
from local.tasks.rules import QueueConfig
from local.workflows.compile.workflow import Workflow, compile_workflow
from local.workflows.errors import WorkflowSyntaxError
from schemas.deployment import Deployment, Ingress
from schemas.limits import Limits
from tuning.app_yaml import AppScaling, read_app_yaml
from tuning.hosts import Hosts, hosts_of
from tuning.model import Model
from tuning.orders import CallKind
from tuning.places import Mistake, Place, Unreadable, key_place, place, values_of
from tuning.sources import Sources, form_of

QUEUE_YAML, LIMITS_YAML, DEPLOYMENT_YAML = "queue.yaml", "ingress/limits.yaml", "deploy/deployment.yaml"

# What `mando deploy` knows when it sets the variables of the workflows: settings, and where the steps are.
DEPLOYED: Mapping[str, str] = {"PROJECT": "my-project", "LOCATION": "us-central1"}
# Hosts of App Engine and of functions: calls of them are internal steps of the bill.
_APP_HOST = "my-project.uc.r.appspot.com"
_FUNCTION_HOST = "mando-{}-1234567890.us-central1.run.app"
NEXT_QUEUES = ("REPLY_QUEUE", "URGENT_QUEUE")  # env_variables of app.yaml
PARENT = "projects/{PROJECT}/locations/{LOCATION}".format_map(DEPLOYED)


# The $NAMES that `mando deploy` knows.  Each part may also name where the steps are.
SETTINGS = frozenset(
    {"PROJECT", "LOCATION", "APP_REGION", "DISCORD_PUBLIC_KEY", "SEAL_KEY_FILE", "SEAL_PUBLIC_KEY"}
) | {*("TASKS_CALL", "STEPS_CALLER", "APP_ENGINE_QUEUES", "REPLY_AUDIENCE")}
WORKFLOW_SETTINGS = SETTINGS | {"STEPS_HOST", "REPLY_URL"}


class ProjectError(Exception):
    """Raised when a project cannot be read; holds every mistake that was found, in the order of files and lines."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(mistakes)  # with which another process makes it again
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.place))

    def __str__(self) -> str:
        return "\n".join(f"{mistake.place}: {mistake.what}" for mistake in self.mistakes)


@dataclass(frozen=True, slots=True)
class Project:
    """Workflows by name, each with its environment variables as they are deployed; queues by their short name."""

    sources: Sources
    workflows: Mapping[str, Workflow]
    environment: Mapping[str, Mapping[str, str]]
    queues: Mapping[str, QueueConfig]
    app: AppScaling
    limits: Limits
    deployment: Deployment
    form: Form = DEFAULT_FORM

    @property
    def has_workflow(self) -> bool:
        return self.form.has_workflow

    def hosts(self, model: Model) -> Hosts:
        """Where the steps run."""
        functions = self.deployment.functions
        generate, reply = (functions.generate, functions.reply) if functions is not None else (None, None)
        return hosts_of(self.form, self.app, generate, reply, model)

    def bears_token(self, kind: CallKind) -> bool:
        """Whether a task's call of that kind does."""
        return not self.form.is_app_engine_task(is_reply=kind != "generate")

    @property
    def ingress(self) -> Ingress:
        return self.deployment.ingress

    @property
    def started_workflow(self) -> str:
        """The name of the workflow that the ingress starts; empty if it names none."""
        return self._last_part("WORKFLOW")

    @property
    def filled_queue(self) -> str:
        """The short name of the queue that the ingress fills; empty if it names none."""
        return self._last_part("QUEUE")

    @property
    def reply_queue(self) -> str:
        """The short name of the queue in which replies wait; empty if the ingress names none."""
        return self._last_part("REPLY_QUEUE")

    @property
    def next_queues(self) -> tuple[str, str]:
        """The same of those into which the steps put a reply off; the second one's token ends soon."""
        reply, urgent = (_last_part(self.app.environment.get(name, "")) for name in NEXT_QUEUES)
        return reply, urgent

    def _last_part(self, variable: str) -> str:
        return _last_part(self.ingress.environment.get(variable, ""))


def _last_part(name: str) -> str:
    return name.rpartition("/")[2]


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
    form = form_of(sources)
    if deployment and deployment.functions is None and (form.reply_is_function or not form.is_on_app_engine):
        mistakes.append(Mistake(Place(DEPLOYMENT_YAML), "there are no `functions`, which this form deploys"))
    if mistakes:
        raise ProjectError(mistakes)
    known = {**DEPLOYED, **_addresses(form)}
    variables = {
        name: Template(value).safe_substitute(known) for name, value in deployment.workflows.environment.items()
    }
    return Project(
        sources=sources,
        workflows=workflows,
        environment={name: {**_built_in_variables(name), **variables} for name in workflows},
        queues=queues,
        app=app,
        limits=limits,
        deployment=deployment,
        form=form,
    )


def _addresses(form: Form) -> Mapping[str, str]:
    """Source: deploy/calls.py."""
    host = _APP_HOST if form.is_on_app_engine else _FUNCTION_HOST.format("generate")
    reply = f"https://{_FUNCTION_HOST.format('reply')}" if form.reply_is_function else form.reply
    return {
        "STEPS_HOST": host,
        "REPLY_URL": reply if form.is_reply_elsewhere else f"https://{host}",
        "REPLY_AUDIENCE": "mando-reply" if form.is_reply_elsewhere else "mando-steps",
    }


def _built_in_variables(workflow: str) -> Mapping[str, str]:
    """Of some execution of it."""
    return built_in_variables(f"{PARENT}/workflows/{workflow}/executions/1", "000001-abc")


def workflow_name(file: str) -> str:
    return file.rpartition("/")[2].removesuffix(".yaml")


def workflow_file(name: str) -> str:
    return f"workflows/{name}.yaml"


def _workflow(sources: Sources, file: str) -> Workflow:
    return _compiled(sources[file], file)


@functools.lru_cache(maxsize=64)  # a search changes one file at a time, and comes back to a text that it had
def _compiled(text: str, file: str) -> Workflow:
    try:
        return compile_workflow(text, file)
    except WorkflowSyntaxError as error:
        raise Unreadable(*(Mistake(Place(file, one.line, one.column), one.message) for one in error.problems)) from None


def _queues(sources: Sources) -> Mapping[str, QueueConfig]:
    values_of(sources, QUEUE_YAML)  # which says what is no YAML, or stands twice
    return _queues_of(sources[QUEUE_YAML])


@functools.lru_cache(maxsize=64)  # as _compiled
def _queues_of(text: str) -> Mapping[str, QueueConfig]:
    try:
        read = read_queue_yaml(text, QUEUE_YAML, PARENT)
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
