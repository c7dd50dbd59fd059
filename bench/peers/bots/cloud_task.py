"""Create a task for an interaction with google-cloud-tasks, as its documentation says.  Used by the bots beside it.

QUEUE_GRPC and QUEUE_REST in the environment are addresses of the same queue (bench/stand_in/queue.py).  A bot without
both enqueues nothing, and does not import the library.
Source: Cloud Tasks, "Create HTTP target tasks", "Code examples", Python; the name is the dedup key, as ours.
"""

# mypy: ignore-errors

import hashlib
import json
import os

GRPC, REST = os.environ.get("QUEUE_GRPC"), os.environ.get("QUEUE_REST")
PARENT = "projects/demo/locations/us-central1/queues/create-image-queue"

if GRPC or REST:
    import google.auth.credentials
    import grpc
    from google.cloud import tasks_v2
    from google.cloud.tasks_v2.services.cloud_tasks import transports


def _request(interaction):
    interaction_id = interaction["id"]
    prefix = hashlib.sha256(interaction_id.encode()).hexdigest()[:16]
    task = tasks_v2.Task(
        http_request=tasks_v2.HttpRequest(
            http_method=tasks_v2.HttpMethod.POST,
            url="https://example.org/generate-image",
            headers={"Content-type": "application/json"},
            body=json.dumps(interaction).encode(),
            oidc_token=tasks_v2.OidcToken(service_account_email="mando-tasks@demo.iam.gserviceaccount.com"),
        ),
        name=f"{PARENT}/tasks/{prefix}-{interaction_id}",
    )
    return tasks_v2.CreateTaskRequest(parent=PARENT, task=task)


def creator():
    """The function that creates a task for an interaction; one that does nothing without a queue."""
    if not (GRPC or REST):
        return lambda interaction: None
    if GRPC:
        transport = transports.CloudTasksGrpcTransport(channel=grpc.insecure_channel(GRPC))
    else:
        anonymous = google.auth.credentials.AnonymousCredentials()
        transport = transports.CloudTasksRestTransport(host=REST, url_scheme="http", credentials=anonymous)
    client = tasks_v2.CloudTasksClient(transport=transport)
    return lambda interaction: client.create_task(_request(interaction))


def async_creator():
    """The same for an event loop, in which it is called."""

    async def nothing(interaction):
        return None

    if not GRPC:
        return nothing
    transport = transports.CloudTasksGrpcAsyncIOTransport(channel=grpc.aio.insecure_channel(GRPC))
    client = tasks_v2.CloudTasksAsyncClient(transport=transport)

    async def create(interaction):
        await client.create_task(_request(interaction))

    return create
