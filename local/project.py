"""The local project: names, ports and accounts, as a deployment to Google Cloud would have them.

Read by server.py, programs.py and deployed.py.  deploy/calls.py has the same names for a project in the cloud.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from local.form import Form

ROOT = Path(__file__).parent.parent

HOST = "127.0.0.1"
PROJECT = "demo"
PLACE = f"projects/{PROJECT}/locations/us-central1"
BUCKET = f"{PROJECT}-mandalas"
QUEUE = f"{PLACE}/queues/create-image-queue"  # which the ingress fills; queue.yaml says which queues there are
REPLY_QUEUE = f"{PLACE}/queues/reply-discord-queue"  # which the workflow and the steps fill
URGENT_QUEUE = f"{PLACE}/queues/urgent-reply-queue"  # which the steps fill
# Of the calls' tokens.  A reply step elsewhere has another one, so that what it receives opens nothing here.
STEPS_AUDIENCE, REPLY_AUDIENCE = "mando-steps", "mando-reply"


@dataclass(frozen=True, slots=True)
class Ports:
    """Consecutive ports: the local cloud with its pages, the ingress, the steps, gRPC, and a function for the reply."""

    cloud: int

    @property
    def ingress(self) -> int:
        return self.cloud + 1

    @property
    def steps(self) -> int:
        return self.cloud + 2

    @property
    def grpc(self) -> int:
        return self.cloud + 3

    @property
    def reply(self) -> int:
        return self.cloud + 4

    def all(self) -> tuple[int, ...]:
        """Those of every form; `reply` is used in some."""
        return (self.cloud, self.ingress, self.steps, self.grpc)


def url(port: int) -> str:
    return f"http://{HOST}:{port}"


def program_url(name: Literal["steps", "reply"]) -> str:
    """The address of a program for workflows and tasks: what waits in a queue finds it also at another port.

    local/http/hosts.py says where it is.  Source: RFC 6761, 6.3: names below localhost are this machine's.
    """
    return f"http://{name}.mando.localhost"


STEPS_URL = program_url("steps")


def account(name: str) -> str:
    """The address of the service account of that name."""
    return f"{name}@{PROJECT}.iam.gserviceaccount.com"


def workflow(name: str) -> str:
    """The full name of the workflow that workflows/NAME.yaml is."""
    return f"{PLACE}/workflows/{name}"


WORKFLOW = workflow("mando")  # which a task of the queue starts


def reply_place(form: Form) -> tuple[str, str]:
    """The address of /reply-discord, and the audience of the tokens for it."""
    if not form.is_reply_elsewhere:
        return STEPS_URL, STEPS_AUDIENCE
    return program_url("reply") if form.reply_is_function else form.reply, REPLY_AUDIENCE


def workflow_environment(form: Form) -> dict[str, str]:
    """The environment variables that every workflow is deployed with."""
    reply_url, reply_audience = reply_place(form)
    return {
        "STEPS_URL": STEPS_URL,
        "STEPS_AUDIENCE": STEPS_AUDIENCE,
        "REPLY_URL": reply_url,
        "REPLY_AUDIENCE": reply_audience,
        "WORKFLOW": WORKFLOW,
        "QUEUE": QUEUE,
        "REPLY_QUEUE": REPLY_QUEUE,
        "TASK_SERVICE_ACCOUNT": account("mando-tasks"),
        "WORKFLOW_SERVICE_ACCOUNT": account("mando-workflow"),
    }
