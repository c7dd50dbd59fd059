"""The deployment as data: every call in order, from an empty Google Cloud project to a bot that answers.

script.py prints the calls as a shell script, perform.py makes them, and a test compares them with docs/deploying.md.
$NAMES stand for settings and for the results of earlier queries.  Every call is safe to repeat.
"""

import re
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import yaml

from deploy import bucket, queues
from deploy.app_yaml import DEFAULT, IS_BY_LINK, SERVICE
from deploy.call import Call, Query, account, gcloud, grant, new_account
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

_PROJECT = ("projects", "$PROJECT")
_BUILDER = "roles/cloudbuild.builds.builder"
QUEUE_ROLE = "mandoQueueReader"
_QUEUE_READER = f"projects/$PROJECT/roles/{QUEUE_ROLE}"
_ENQUEUER = "roles/cloudtasks.enqueuer"
_VIEWER = "roles/cloudtasks.viewer"
SECRET = "mando-seal-private-key"  # noqa: S105  (the name of the secret, not the secret)


def _on_project(purpose: str, member: str, role: str) -> Call:
    return grant(purpose, _PROJECT, member, role, "--condition=None")


def _on_queue(purpose: str, queue: str, name: str, role: str) -> Call:
    return grant(purpose, ("tasks", "queues", queue), account(name), role, "--location=$LOCATION")


def _act_as(purpose: str, name: str, member: str) -> Call:
    resource = ("iam", "service-accounts", account(name))
    return grant(purpose, resource, account(member), "roles/iam.serviceAccountUser")


def host_of(service: str) -> str:
    """The projection by which gcloud tells the host.  Source: App Engine, "How requests are routed"."""
    return "defaultHostname" if service == DEFAULT else f"defaultHostname.format('{service}-dot-{{0}}')"


def _variables(environment: Mapping[str, str]) -> str:
    return "--set-env-vars=" + ",".join(f"{name}={value}" for name, value in environment.items())


def _workflow(name: str) -> Call:
    return Call(
        f"the workflow {name}",
        gcloud("workflows", "deploy", name, f"--source=workflows/{name}.yaml", "--location=$LOCATION",
               f"--service-account={account('mando-workflow')}",
               f"--call-log-level={NUMBERS.workflows.call_log_level}", _variables(NUMBERS.workflows.environment)),
    )  # fmt: skip


# Calls by part, in order.
PARTS: Mapping[str, tuple[Call | Query, ...]] = {
    "project": (
        Call(
            "the Google Cloud services that mando uses",
            gcloud("services", "enable", *(f"{api}.googleapis.com" for api in APIS)),
        ),
        new_account("mando-build", "the builds"),
        Call(
            "the App Engine app, which also decides where Cloud Tasks keeps the queues",
            gcloud("app", "create", "--region=$APP_REGION", f"--service-account={account('mando-build')}"),
            unless=gcloud("app", "describe"),
        ),
        Query(
            "the account that App Engine builds with; an older app has another than mando-build",
            "APP_ACCOUNT",
            gcloud("app", "describe", "--format=value(serviceAccount)"),
        ),
        _on_project("the ingress is built by mando-build", account("mando-build"), _BUILDER),
        _on_project("the steps are built by the app's account", "$APP_ACCOUNT", _BUILDER),
    ),
    "accounts": (
        new_account("mando-ingress", "the ingress"),
        new_account("mando-tasks", "the tasks"),
        new_account("mando-workflow", "the workflow"),
        new_account("mando-steps", "the steps"),
        _on_project("a task may start an execution", account("mando-tasks"), "roles/workflows.invoker"),
        _on_project("failed calls of the workflow are logged", account("mando-workflow"), "roles/logging.logWriter"),
        _act_as("the ingress may create tasks that act as the tasks' account", "mando-tasks", "mando-ingress"),
        _act_as("so may the workflow, for a drawing that must wait", "mando-tasks", "mando-workflow"),
        _act_as(
            "the workflow may create tasks that act as its own account, for a reply that must wait",
            "mando-workflow", "mando-workflow",
        ),
        _act_as(
            "the steps may create tasks that act as their own account, for a reply that must wait again",
            "mando-steps", "mando-steps",
        ),
    ),
    "bucket": bucket.calls(is_by_link=IS_BY_LINK),
    "secret": (
        Call(
            "the secret that opens sealed tokens",
            gcloud("secrets", "create", SECRET, "--replication-policy=automatic"),
            unless=gcloud("secrets", "describe", SECRET),
        ),
        Call(
            "its value: a new version only where the file differs from the latest",
            gcloud("secrets", "versions", "add", SECRET, "--data-file=$SEAL_KEY_FILE"),
            unless=gcloud("secrets", "versions", "access", "latest", f"--secret={SECRET}"),
            same_as_file="$SEAL_KEY_FILE",
        ),
        grant("the steps alone may read it",
              ("secrets", SECRET), account("mando-steps"), "roles/secretmanager.secretAccessor"),
    ),
    "queues": (
        *queues.calls(),
        _on_queue("the ingress may put requests into the first", "create-image-queue", "mando-ingress", _ENQUEUER),
        _on_queue("the workflow may too, where a drawing must wait", "create-image-queue", "mando-workflow", _ENQUEUER),
        _on_queue("it may put replies into the second", "reply-discord-queue", "mando-workflow", _ENQUEUER),
        _on_queue("the steps may too, for the reply's next attempt", "reply-discord-queue", "mando-steps", _ENQUEUER),
        _on_queue("or into the third, near the token's end", "urgent-reply-queue", "mando-steps", _ENQUEUER),
        Call(
            "a role that may read the length of a queue; those of Google may also read whole tasks",
            gcloud("iam", "roles", "create", QUEUE_ROLE, "--project=$PROJECT"),
            unless=gcloud("iam", "roles", "describe", QUEUE_ROLE, "--project=$PROJECT"),
        ),
        Call(
            "what it allows, and no more",
            gcloud("iam", "roles", "update", QUEUE_ROLE, "--project=$PROJECT", "--title=mando: sees a queue, no tasks",
                   "--permissions=cloudtasks.queues.get", "--stage=GA"),
        ),
        _on_queue("the ingress may read how many requests wait", "create-image-queue", "mando-ingress", _QUEUE_READER),
        _on_queue("the ingress may read how many replies wait", "reply-discord-queue", "mando-ingress", _QUEUE_READER),
        Query(
            "whether the ingress has the role that mando gave it before, and may read whole tasks",
            "OLD_VIEWER",
            gcloud("tasks", "queues", "get-iam-policy", "create-image-queue", "--location=$LOCATION",
                   "--flatten=bindings[].members[]", f"--filter=bindings.role={_VIEWER} "
                   "AND bindings.members~mando-ingress@", "--format=value(bindings.role)"),
            may_be_empty=True,
        ),
        Call(
            "it loses that role",
            gcloud("tasks", "queues", "remove-iam-policy-binding", "create-image-queue", "--location=$LOCATION",
                   f"--member=serviceAccount:{account('mando-ingress')}", f"--role={_VIEWER}"),
            where_any="OLD_VIEWER",
        ),
    ),
    "steps": (
        Query(
            "the host of the steps", "STEPS_HOST", gcloud("app", "describe", f"--format=value({host_of(SERVICE)})")
        ),
        Call(
            "app.yaml with the names in it filled in: gcloud takes the variables of App Engine from the file alone",
            ("sed", "; ".join(f"s,$${name},${name},g" for name in ("PROJECT", "LOCATION", "STEPS_HOST")), "app.yaml"),
            into="app.deployed.yaml",
        ),
        Call("the steps", gcloud("app", "deploy", "app.deployed.yaml", f"--service-account={account('mando-steps')}")),
    ),
    "workflow": tuple(
        _workflow(path.stem) for path in sorted((Path(__file__).parent.parent / "workflows").glob("*.yaml"))
    ),
    "ingress": (
        Call(
            "the ingress",
            gcloud("functions", "deploy", "mando-ingress", "--gen2", "--region=$LOCATION",
                   "--runtime=python313", "--source=.",
                   "--entry-point=handle_request", "--trigger-http",
                   f"--service-account={account('mando-ingress')}",
                   f"--build-service-account=projects/$PROJECT/serviceAccounts/{account('mando-build')}",
                   f"--memory={_INGRESS.memory}", f"--cpu={_INGRESS.cpu:g}", f"--concurrency={_INGRESS.concurrency}",
                   f"--min-instances={_INGRESS.min_instances}", f"--max-instances={_INGRESS.max_instances}",
                   f"--timeout={_INGRESS.timeout}", _variables(_INGRESS.environment)),
        ),
        Call(
            "everybody may call it, as Discord has no Google account; an instance gets more processor while it starts",
            gcloud("run", "services", "update", "mando-ingress", "--region=$LOCATION", "--no-invoker-iam-check",
                   "--cpu-boost"),
        ),
        Query(
            "the URL of the ingress",
            "INGRESS_URL",
            gcloud("functions", "describe", "mando-ingress", "--gen2", "--region=$LOCATION",
                   "--format=value(serviceConfig.uri)"),
        ),
    ),
    "discord": (
        Call(
            "the command /mando, and where Discord sends interactions",
            ("mando", "register", "--endpoint=$INGRESS_URL"),
        ),
    ),
}  # fmt: skip
CALLS: tuple[Call | Query, ...] = tuple(call for part in PARTS.values() for call in part)


def calls_of(parts: Collection[str]) -> tuple[Call | Query, ...]:
    """The calls of these parts, and before them the queries of others whose results they use."""
    chosen = [call for name, part in PARTS.items() if name in parts for call in part]
    used = names_in(chosen)
    asked = [call for call in CALLS if isinstance(call, Query) and call.name in used and call not in chosen]
    return (*asked, *chosen)


def names_in(calls: Iterable[Call | Query]) -> set[str]:
    """The $NAMES that the calls use, and those of the project, which all have."""
    words = " ".join(" ".join((*call.command, *(getattr(call, "unless", None) or ()))) for call in calls)
    return {"PROJECT", "LOCATION", *re.findall(r"\$([A-Z_]+)", words)}
