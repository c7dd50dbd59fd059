"""The deployment as data: every call in order, from an empty Google Cloud project to a bot that answers.

script.py prints the calls as a shell script, perform.py makes them, and a test compares them with docs/deploying.md.
$NAMES stand for settings and for the results of earlier queries.  Every call is safe to repeat.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from deploy import accounts, bucket, functions, queues
from deploy.accounts import on_project
from deploy.app_yaml import DEFAULT, IS_BY_LINK, SERVICE
from deploy.call import Call, Calls, Query, account, gcloud, grant, new_account
from deploy.form import settings
from deploy.numbers import NUMBERS
from local.form import DEFAULT_FORM, Form

_APP_ENGINE_API = "appengine"
_APIS = (
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
)
_WORKFLOW_APIS = ("workflowexecutions", "workflows")

# What the operator provides, and below it what follows from the form: NAME → (what it is, an example).
SETTINGS: Mapping[str, tuple[str, str]] = {
    "PROJECT": ("the Google Cloud project, with billing", "my-project"),
    "LOCATION": ("where all of it runs", "us-central1"),
    "APP_REGION": ("App Engine's name for the same place", "us-central"),
    "DISCORD_PUBLIC_KEY": ("the application's Public Key, from Discord's developer portal", "a0b1c2…"),
    "SEAL_KEY_FILE": ("the private key that `mando keys` made", "mando-seal.key"),
    "SEAL_PUBLIC_KEY": ("the public key that it printed", "q83vEjRW…="),
    "TASKS_CALL": ("what tasks call: workflow, or the steps: http or app-engine", "workflow"),
    "STEPS_CALLER": ("the account as which others call the steps", "mando-workflow"),
    "APP_ENGINE_QUEUES": ("whose App Engine tasks may call the steps", ""),
    "REPLY_AUDIENCE": ("the audience of the tokens for /reply-discord", "mando-steps"),
}

_BUILDER = "roles/cloudbuild.builds.builder"
SECRET = "mando-seal-private-key"  # noqa: S105  (the name of the secret, not the secret)


def host_of(service: str) -> str:
    """The projection by which gcloud tells the host.  Source: App Engine, "How requests are routed"."""
    return "defaultHostname" if service == DEFAULT else f"defaultHostname.format('{service}-dot-{{0}}')"


def _workflow(name: str) -> Call:
    return Call(
        f"the workflow {name}",
        gcloud("workflows", "deploy", name, f"--source=workflows/{name}.yaml", "--location=$LOCATION",
               f"--service-account={account('mando-workflow')}",
               f"--call-log-level={NUMBERS.workflows.call_log_level}",
               functions.variables(NUMBERS.workflows.environment)),
    )  # fmt: skip


def apis(form: Form) -> tuple[str, ...]:
    """The names of the Google Cloud services, without their domain."""
    app_engine = (_APP_ENGINE_API,) if form.is_on_app_engine else ()
    return (*app_engine, *_APIS, *(_WORKFLOW_APIS if form.has_workflow else ()))


def _project(form: Form) -> Calls:
    return (
        Call(
            "the Google Cloud services that mando uses",
            gcloud("services", "enable", *(f"{api}.googleapis.com" for api in apis(form))),
        ),
        new_account("mando-build", "the builds"),
        *(_app() if form.is_on_app_engine else ()),
        on_project("the functions are built by mando-build", account("mando-build"), _BUILDER),
        *(_app_is_built() if form.is_on_app_engine else ()),
    )  # fmt: skip


def _app() -> Calls:
    return (
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
    )


def _app_is_built() -> Calls:
    return (on_project("the steps are built by the app's account", "$APP_ACCOUNT", _BUILDER),)


def _secret() -> Calls:
    return (
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
    )  # fmt: skip


def _queues(form: Form) -> Calls:
    return (*queues.calls(form), *accounts.on_queues(form))


_FILLED = ("PROJECT", "LOCATION", "STEPS_HOST", "REPLY_URL", *settings(DEFAULT_FORM))


def _addresses(form: Form) -> Calls:
    """Where the steps are, which is known before they are deployed."""
    reply = form.reply if form.is_reply_elsewhere else "https://$STEPS_HOST"
    steps = Query(
        "the host of the steps", "STEPS_HOST", gcloud("app", "describe", f"--format=value({host_of(SERVICE)})")
    )
    if not form.is_on_app_engine:
        steps = Query("the host of the function that draws", "STEPS_HOST", ("echo", functions.drawing().host))
    if form.reply_is_function:
        reply = f"https://{functions.replying(form).host}"
    number = Query(
        "the number of the project, which the addresses of its functions have", "PROJECT_NUMBER",
        gcloud("projects", "describe", "$PROJECT", "--format=value(projectNumber)"),
    )  # fmt: skip
    numbered = () if form.is_on_app_engine and not form.reply_is_function else (number,)
    return (*numbered, steps, Query("where /reply-discord is", "REPLY_URL", ("echo", reply)))


def _steps(form: Form) -> Calls:
    app = _app_service() if form.is_on_app_engine else functions.deployed(functions.drawing())
    return (*_addresses(form), *app)


def _app_service() -> Calls:
    return (
        Call(
            "app.yaml with its settings filled in: gcloud takes the variables of App Engine from the file alone",
            ("sed", "; ".join(f"s|$${name}|${name}|g" for name in _FILLED), "app.yaml"),
            into="app.deployed.yaml",
        ),
        Call("the steps", gcloud("app", "deploy", "app.deployed.yaml", f"--service-account={account('mando-steps')}")),
    )  # fmt: skip


def _reply(form: Form) -> Calls:
    return functions.deployed(functions.replying(form)) if form.reply_is_function else ()


def _ingress() -> Calls:
    return (
        *functions.deployed(functions.ingress()),
        Query(
            "the URL of the ingress",
            "INGRESS_URL",
            gcloud("functions", "describe", "mando-ingress", "--gen2", "--region=$LOCATION",
                   "--format=value(serviceConfig.uri)"),
        ),
    )  # fmt: skip


def _discord() -> Calls:
    return (
        Call(
            "the commands, and where Discord sends interactions",
            ("mando", "register", "--endpoint=$INGRESS_URL"),
        ),
    )  # fmt: skip


def parts(form: Form) -> Mapping[str, Calls]:
    """The calls by part, in order.  A form has only the parts that it needs."""
    workflows = sorted((Path(__file__).parent.parent / "workflows").glob("*.yaml")) if form.has_workflow else []
    found = {
        "project": _project(form),
        "accounts": accounts.calls(form),
        "bucket": bucket.calls(is_by_link=IS_BY_LINK),
        "secret": _secret(),
        "queues": _queues(form),
        "steps": _steps(form),
        "reply": _reply(form),
        "workflow": tuple(_workflow(path.stem) for path in workflows),
        "ingress": _ingress(),
        "discord": _discord(),
    }
    return {name: calls for name, calls in found.items() if calls}


def calls(form: Form) -> Calls:
    """All of them, in order."""
    return tuple(call for part in parts(form).values() for call in part)


def calls_of(wanted: Collection[str], form: Form) -> Calls:
    """The calls of these parts, and before them the queries of others whose results they use."""
    chosen = [call for name, part in parts(form).items() if name in wanted for call in part]
    used, asked = names_in(chosen), list[Query]()
    for call in reversed(calls(form)):  # a query may use what an earlier one found
        if isinstance(call, Query) and call.name in used and call not in chosen:
            asked.insert(0, call)
            used |= names_in([call])
    return (*asked, *chosen)


def names_in(calls: Iterable[Call | Query]) -> set[str]:
    """The $NAMES that the calls use, and those of the project, which all have."""
    words = " ".join(" ".join((*call.command, *(getattr(call, "unless", None) or ()))) for call in calls)
    return {"PROJECT", "LOCATION", *re.findall(r"\$([A-Z_]+)", words)}
