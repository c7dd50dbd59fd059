"""The deployment as data: every call in order, from an empty Google Cloud project to a bot that answers.

script.py prints the calls as a shell script, perform.py makes them, and a test compares them with docs/deploying.md.
$NAMES stand for settings and for the results of earlier queries.  Every call is safe to repeat.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from schemas.deployment import Deployment

FILE = Path(__file__).parent / "deployment.yaml"
try:
    NUMBERS = Deployment.from_json(yaml.safe_load(FILE.read_bytes()))
except (OSError, ValueError, yaml.YAMLError) as error:
    sys.stderr.write(f"mando deploy: deploy/deployment.yaml is wrong: {error}\n")
    sys.exit(2)
_INGRESS = NUMBERS.ingress

APIS = (
    "appengine",
    "artifactregistry",
    "cloudbuild",
    "cloudfunctions",
    "cloudresourcemanager",
    "cloudtasks",
    "iam",
    "logging",
    "run",
    "secretmanager",
    "storage",
    "workflowexecutions",
    "workflows",
)

# What the operator provides: NAME → (what it is, an example).
SETTINGS: Mapping[str, tuple[str, str]] = {
    "PROJECT": ("the Google Cloud project, with billing", "my-project"),
    "LOCATION": ("where all of it runs", "us-central1"),
    "APP_REGION": ("App Engine's name for the same place", "us-central"),
    "DISCORD_PUBLIC_KEY": ("the application's Public Key, from Discord's developer portal", "a0b1c2…"),
    "SEAL_KEY_FILE": ("the private key that `mando keys` made", "mando-seal.key"),
    "SEAL_PUBLIC_KEY": ("the public key that it printed", "q83vEjRW…="),
}


@dataclass(frozen=True, slots=True)
class Call:
    """A command that changes something.

    The call is left out if the command `unless` succeeds; with same_as_file only if its output is that file's content.
    """

    purpose: str
    command: tuple[str, ...]
    unless: tuple[str, ...] | None = None
    same_as_file: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A command that only reads; later calls use its output as $name."""

    purpose: str
    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file that is written: the text of `source`, and after it a line, with the settings and results in it."""

    purpose: str
    path: str
    source: str
    line: str


def account(name: str) -> str:
    """The email address of one of our service accounts."""
    return f"{name}@$PROJECT.iam.gserviceaccount.com"


def gcloud(*words: str) -> tuple[str, ...]:
    return ("gcloud", *words)


def _account(name: str, purpose: str) -> Call:
    return Call(
        f"the account of {purpose}",
        gcloud("iam", "service-accounts", "create", name, f"--display-name=mando: {purpose}"),
        unless=gcloud("iam", "service-accounts", "describe", account(name)),
    )


def _grant(purpose: str, resource: tuple[str, ...], member: str, role: str, *more: str) -> Call:
    """Adding an existing binding changes nothing, so this needs no `unless`."""
    return Call(
        purpose,
        gcloud(*resource[:-1], "add-iam-policy-binding", resource[-1], f"--member=serviceAccount:{member}",
               f"--role={role}", *more),
    )  # fmt: skip


def _on_queue(purpose: str, queue: str, name: str, role: str) -> Call:
    return _grant(purpose, ("tasks", "queues", queue), account(name), role, "--location=$LOCATION")


def _variables(environment: Mapping[str, str]) -> str:
    return "--set-env-vars=" + ",".join(f"{name}={value}" for name, value in environment.items())


def _yaml_variables(environment: Mapping[str, str]) -> str:
    return "env_variables: {" + ", ".join(f"{name}: '{value}'" for name, value in environment.items()) + "}"


def _workflow(name: str) -> Call:
    return Call(
        f"the workflow {name}",
        gcloud("workflows", "deploy", name, f"--source=workflows/{name}.yaml", "--location=$LOCATION",
               f"--service-account={account('mando-workflow')}",
               f"--call-log-level={NUMBERS.workflows.call_log_level}", _variables(NUMBERS.workflows.environment)),
    )  # fmt: skip


_PROJECT = ("projects", "$PROJECT")
_BUCKET = ("storage", "buckets", "gs://$PROJECT-mandalas")
_QUEUE_ROLE = "mandoQueueReader"
_QUEUE_READER = f"projects/$PROJECT/roles/{_QUEUE_ROLE}"
_ENQUEUER = "roles/cloudtasks.enqueuer"
_SECRET = "mando-seal-private-key"  # noqa: S105  (the name of the secret, not the secret)

CALLS: tuple[Call | Query | File, ...] = (
    Call(
        "the Google Cloud services that mando uses",
        gcloud("services", "enable", *(f"{api}.googleapis.com" for api in APIS)),
    ),
    Call(
        "the App Engine app, which also decides where Cloud Tasks keeps the queues",
        gcloud("app", "create", "--region=$APP_REGION"),
        unless=gcloud("app", "describe"),
    ),
    _account("mando-ingress", "the ingress"),
    _account("mando-tasks", "the tasks"),
    _account("mando-workflow", "the workflow"),
    _account("mando-steps", "the steps"),
    _grant(
        "both builds run as this account, which has no role in a new project",
        _PROJECT, "$PROJECT@appspot.gserviceaccount.com", "roles/cloudbuild.builds.builder", "--condition=None",
    ),
    _grant(
        "a task may start an execution", _PROJECT, account("mando-tasks"), "roles/workflows.invoker", "--condition=None"
    ),
    _grant(
        "failed calls of the workflow are logged",
        _PROJECT, account("mando-workflow"), "roles/logging.logWriter", "--condition=None",
    ),
    _grant(
        "the ingress may create tasks that act as the tasks' account",
        ("iam", "service-accounts", account("mando-tasks")), account("mando-ingress"), "roles/iam.serviceAccountUser",
    ),
    _grant(
        "so may the workflow, for a drawing that must wait",
        ("iam", "service-accounts", account("mando-tasks")), account("mando-workflow"), "roles/iam.serviceAccountUser",
    ),
    _grant(
        "the workflow may create tasks that act as its own account, for a reply that must wait",
        ("iam", "service-accounts", account("mando-workflow")), account("mando-workflow"),
        "roles/iam.serviceAccountUser",
    ),
    _grant(
        "the steps may create tasks that act as their own account, for a reply that must wait again",
        ("iam", "service-accounts", account("mando-steps")), account("mando-steps"), "roles/iam.serviceAccountUser",
    ),
    Call(
        "the bucket of the pictures, closed to the public",
        gcloud("storage", "buckets", "create", "gs://$PROJECT-mandalas", "--location=$LOCATION",
               "--uniform-bucket-level-access", "--public-access-prevention"),
        unless=gcloud("storage", "buckets", "describe", "gs://$PROJECT-mandalas"),
    ),
    _grant("the steps may store a picture, never replace or delete one",
           _BUCKET, account("mando-steps"), "roles/storage.objectCreator"),
    _grant("the steps may read a picture that they attach",
           _BUCKET, account("mando-steps"), "roles/storage.objectViewer"),
    Call(
        "the secret that opens sealed tokens",
        gcloud("secrets", "create", _SECRET, "--replication-policy=automatic"),
        unless=gcloud("secrets", "describe", _SECRET),
    ),
    Call(
        "its value: a new version only where the file differs from the latest",
        gcloud("secrets", "versions", "add", _SECRET, "--data-file=$SEAL_KEY_FILE"),
        unless=gcloud("secrets", "versions", "access", "latest", f"--secret={_SECRET}"),
        same_as_file="$SEAL_KEY_FILE",
    ),
    _grant("the steps alone may read it",
           ("secrets", _SECRET), account("mando-steps"), "roles/secretmanager.secretAccessor"),
    Call("the queues, and how fast they run", gcloud("app", "deploy", "queue.yaml")),
    _on_queue("the ingress may put requests into the first", "create-image-queue", "mando-ingress", _ENQUEUER),
    _on_queue("the workflow may too, where a drawing must wait", "create-image-queue", "mando-workflow", _ENQUEUER),
    _on_queue("it may put replies into the second", "reply-discord-queue", "mando-workflow", _ENQUEUER),
    _on_queue("the steps may too, for the reply's next attempt", "reply-discord-queue", "mando-steps", _ENQUEUER),
    _on_queue("or into the third, near the token's end", "urgent-reply-queue", "mando-steps", _ENQUEUER),
    Call(
        "a role that may read the length of a queue; those of Google may also read whole tasks",
        gcloud("iam", "roles", "create", _QUEUE_ROLE, "--project=$PROJECT", "--title=mando: sees a queue, no tasks",
               "--permissions=cloudtasks.queues.get", "--stage=GA"),
        unless=gcloud("iam", "roles", "describe", _QUEUE_ROLE, "--project=$PROJECT"),
    ),
    _on_queue("the ingress may read how many requests wait", "create-image-queue", "mando-ingress", _QUEUE_READER),
    _on_queue("the ingress may read how many replies wait", "reply-discord-queue", "mando-ingress", _QUEUE_READER),
    Query(
        "the host of the steps", "STEPS_HOST", gcloud("app", "describe", "--format=value(defaultHostname)")
    ),
    File(
        "app.yaml with the settings of the steps: gcloud takes them in no other way",
        "app.deployed.yaml", "app.yaml", _yaml_variables(NUMBERS.steps.environment),
    ),
    Call("the steps", gcloud("app", "deploy", "app.deployed.yaml", f"--service-account={account('mando-steps')}")),
    *(_workflow(path.stem) for path in sorted((Path(__file__).parent.parent / "workflows").glob("*.yaml"))),
    Call(
        "the ingress",
        gcloud("functions", "deploy", "mando-ingress", "--gen2", "--region=$LOCATION",
               "--runtime=python313", "--source=.",
               "--entry-point=handle_request", "--trigger-http", "--allow-unauthenticated",
               f"--service-account={account('mando-ingress')}",
               "--build-service-account=projects/$PROJECT/serviceAccounts/$PROJECT@appspot.gserviceaccount.com",
               f"--memory={_INGRESS.memory}", f"--cpu={_INGRESS.cpu:g}", f"--concurrency={_INGRESS.concurrency}",
               f"--min-instances={_INGRESS.min_instances}", f"--max-instances={_INGRESS.max_instances}",
               f"--timeout={_INGRESS.timeout}", _variables(_INGRESS.environment)),
    ),
    Query(
        "the URL of the ingress",
        "INGRESS_URL",
        gcloud("functions", "describe", "mando-ingress", "--gen2", "--region=$LOCATION",
               "--format=value(serviceConfig.uri)"),
    ),
    Call("the command /mando, and where Discord sends interactions", ("mando", "register", "--endpoint=$INGRESS_URL")),
)  # fmt: skip
