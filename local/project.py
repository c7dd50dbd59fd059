"""The local project: names, ports and accounts, as a deployment to Google Cloud would have them.

Read by server.py, programs.py and deployed.py.  deploy/calls.py has the same names for a project in the cloud.
"""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent

HOST = "127.0.0.1"
PROJECT = "demo"
PLACE = f"projects/{PROJECT}/locations/us-central1"
BUCKET = f"{PROJECT}-mandalas"
QUEUE = f"{PLACE}/queues/create-image-queue"  # which the ingress fills; queue.yaml says which queues there are
REPLY_QUEUE = f"{PLACE}/queues/reply-discord-queue"  # which the workflow and the steps fill
URGENT_QUEUE = f"{PLACE}/queues/urgent-reply-queue"  # which the steps fill
STEPS_AUDIENCE = "mando-steps"


@dataclass(frozen=True, slots=True)
class Ports:
    """Four consecutive ports: the local cloud with its pages, the ingress, the steps, gRPC."""

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

    def all(self) -> tuple[int, ...]:
        return (self.cloud, self.ingress, self.steps, self.grpc)


def url(port: int) -> str:
    return f"http://{HOST}:{port}"


def account(name: str) -> str:
    """The address of the service account of that name."""
    return f"{name}@{PROJECT}.iam.gserviceaccount.com"


def workflow(name: str) -> str:
    """The full name of the workflow that workflows/NAME.yaml is."""
    return f"{PLACE}/workflows/{name}"


WORKFLOW = workflow("mando")  # which a task of the queue starts


def workflow_environment(ports: Ports) -> dict[str, str]:
    """The environment variables that every workflow is deployed with."""
    return {
        "STEPS_URL": url(ports.steps),
        "STEPS_AUDIENCE": STEPS_AUDIENCE,
        "WORKFLOW": WORKFLOW,
        "QUEUE": QUEUE,
        "REPLY_QUEUE": REPLY_QUEUE,
        "TASK_SERVICE_ACCOUNT": account("mando-tasks"),
        "WORKFLOW_SERVICE_ACCOUNT": account("mando-workflow"),
    }
