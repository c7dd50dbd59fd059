"""Environment → Config, or one message that lists all that is wrong.  Read once, when the process starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nacl.public import PublicKey
from nacl.signing import VerifyKey

from ingress.limits import FILE, read_limits
from ingress.seal import parse_public_key
from schemas.limits import Limits
from service import step_tasks
from service.environment import PLACE, QUEUE_NAME, ConfigError, Setting, email, matching, read_environment
from service.step_tasks import StepTasks

_QUEUE = matching(QUEUE_NAME, "the full name of a queue")


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of the ingress.  tasks_endpoint is None in the cloud, an http:// address on one machine.

    step_tasks: how tasks call the steps; None where they start the workflow.
    """

    public_key: VerifyKey
    seal_public_key: PublicKey
    queue: str
    reply_queue: str
    workflow: str
    task_service_account: str
    tasks_endpoint: str | None
    limits: Limits
    step_tasks: StepTasks | None = None


SETTINGS = {
    "DISCORD_PUBLIC_KEY": Setting(
        "the application's Public Key, 64 hexadecimal digits, from Discord's developer portal",
        "a0b1…",
        lambda text: VerifyKey(bytes.fromhex(text)),
    ),
    "SEAL_PUBLIC_KEY": Setting(
        "the public half of the steps' sealing key, as `mando keys` prints it", "q83v…=", parse_public_key
    ),
    "QUEUE": Setting(
        "the queue that paces the pictures",
        "projects/my-project/locations/us-central1/queues/create-image-queue",
        _QUEUE,
    ),
    "REPLY_QUEUE": Setting(
        "the queue in which replies wait",
        "projects/my-project/locations/us-central1/queues/reply-discord-queue",
        _QUEUE,
    ),
    "WORKFLOW": Setting(
        "the workflow that a task starts",
        "projects/my-project/locations/us-central1/workflows/mando",
        matching(PLACE + r"/workflows/[A-Za-z][A-Za-z0-9_-]*", "the full name of a workflow"),
    ),
    "TASK_SERVICE_ACCOUNT": Setting(
        "the service account as which a task starts the workflow, or calls a step",
        "mando-tasks@my-project.iam.gserviceaccount.com",
        email,
    ),
    "STEPS_AUDIENCE": Setting(
        "the audience of a task's token, with TASKS_CALL=http", "mando-steps", str.strip, default="mando-steps"
    ),
    **step_tasks.SETTINGS,
}


def read_config(environ: Mapping[str, str], limits_file: Path = FILE) -> Config:
    """Raises ConfigError, which also lists what is wrong in limits_file."""
    try:
        limits, other_problems = read_limits(limits_file), []
    except ConfigError as error:
        limits, other_problems = None, [str(error)]
    other_problems += step_tasks.problems(environ, step_tasks.HTTP)
    settings = SETTINGS
    starts_workflow = environ.get("TASKS_CALL", step_tasks.WORKFLOW) == step_tasks.WORKFLOW
    if not starts_workflow:
        settings = {**SETTINGS, "WORKFLOW": Setting("nothing", "", default="")}
    values = read_environment("mando ingress", settings, environ, other_problems=other_problems)
    assert limits is not None  # noqa: S101 -- else read_environment has raised
    return Config(
        public_key=values["DISCORD_PUBLIC_KEY"],
        seal_public_key=values["SEAL_PUBLIC_KEY"],
        queue=values["QUEUE"],
        reply_queue=values["REPLY_QUEUE"],
        workflow=values["WORKFLOW"],
        task_service_account=values["TASK_SERVICE_ACCOUNT"],
        tasks_endpoint=values["CLOUD_TASKS_ENDPOINT"],
        limits=limits,
        step_tasks=None
        if starts_workflow
        else step_tasks.step_tasks(values, values["STEPS_AUDIENCE"], values["TASK_SERVICE_ACCOUNT"]),
    )
