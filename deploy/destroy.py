"""The calls that take a deployment away again, and what stays.  Called by `mando destroy`.

Only what is there is deleted; a call that failed can be made again.
"""

from collections.abc import Iterator
from pathlib import Path

from deploy.accounts import APP_ROLE, QUEUE_ROLE
from deploy.app_yaml import DEFAULT, SERVICE
from deploy.bucket import BUCKET
from deploy.call import Binding, Call, account, gcloud
from deploy.calls import SECRET, calls
from deploy.doctor import granted_on
from deploy.form import FORMS
from deploy.functions import drawing, ingress, replying
from deploy.queues import QUEUES, short_name
from deploy.run import Runner
from local.form import Form

_ACCOUNTS = ("mando-ingress", "mando-workflow", "mando-tasks", "mando-steps")
_WORKFLOWS = sorted(path.stem for path in (Path(__file__).parent.parent / "workflows").glob("*.yaml"))
_FUNCTIONS = {
    "the ingress; members are no longer answered": ingress(),
    "the function that draws": drawing(),
    "the function that replies": replying(Form(reply="function")),
}
# These are deleted themselves, and what is granted on them goes with them.
_RESOURCES_THAT_GO = ("secrets", "iam")


def plan(runner: Runner) -> list[Call]:
    """What is there of a deployment and can go, of whatever form it was: first what members can reach."""
    whole = [call for call, question in _whole() if not runner.ask(question).status]
    return [*whole, *_bindings(runner), *_accounts(runner)]


def _whole() -> Iterator[tuple[Call, tuple[str, ...]]]:
    """Each call, and the question whether there is what it deletes."""
    for purpose, one in _FUNCTIONS.items():
        function = (one.name, "--gen2", "--region=$LOCATION")
        yield (
            Call(purpose, gcloud("functions", "delete", *function)),
            gcloud("functions", "describe", *function),
        )
    for name in _WORKFLOWS:
        yield (
            Call(
                f"the workflow {name} with its executions; tasks that wait fail within 15 minutes",
                gcloud("workflows", "delete", name, "--location=$LOCATION"),
            ),
            gcloud("workflows", "describe", name, "--location=$LOCATION"),
        )
    if SERVICE != DEFAULT:
        yield (
            Call("the steps", gcloud("app", "services", "delete", SERVICE)),
            gcloud("app", "services", "describe", SERVICE),
        )
    yield (
        Call("the secret; keep your file with the key until you are sure", gcloud("secrets", "delete", SECRET)),
        gcloud("secrets", "describe", SECRET),
    )


def _bindings(runner: Runner) -> Iterator[Call]:
    """What is granted to our accounts on a resource that stays.  mando-build stays, and so does its role."""
    ours = {f"serviceAccount:{account(name)}" for name in _ACCOUNTS}
    granted: dict[tuple[str, ...], set[tuple[str, str]]] = {}
    for call in dict.fromkeys(call for form in FORMS for call in calls(form)):
        if not isinstance(call, Call) or call.binding is None or call.binding.resource[0] in _RESOURCES_THAT_GO:
            continue
        binding = call.binding
        if binding.member not in ours:
            continue
        if binding.resource not in granted:
            granted[binding.resource] = granted_on(runner, binding)
        if (runner.filled(binding.member), runner.filled(binding.role)) in granted[binding.resource]:
            yield _removal(binding)


def _removal(binding: Binding) -> Call:
    resource = binding.resource
    return Call(
        f"{binding.role} of {binding.member} on {resource[-1]}",
        gcloud(*resource[:-1], "remove-iam-policy-binding", resource[-1], f"--member={binding.member}",
               f"--role={binding.role}", *binding.options),
    )  # fmt: skip


def _accounts(runner: Runner) -> Iterator[Call]:
    for name in _ACCOUNTS:
        if not runner.ask(gcloud("iam", "service-accounts", "describe", account(name))).status:
            yield Call(f"the account {name}", gcloud("iam", "service-accounts", "delete", account(name)))


def stays() -> list[tuple[str, str]]:
    """What is left, and why; what of it costs something, and how to delete it."""
    queues = " ".join(map(short_name, QUEUES))
    steps = [
        (
            "the App Engine app, its service default with our version, where they are, and mando-build",
            "Google cannot delete an app or its service default, and the app needs its account. Without requests it "
            "has no instance and costs nothing",
        )
    ]
    if SERVICE != DEFAULT:
        reason = "Google cannot delete an app, and it needs its account"
        steps = [("the App Engine app, where there is one, and mando-build", reason)]
    return [
        *steps,
        (
            f"the bucket {BUCKET} with all pictures",
            f"it costs what it stores: gcloud storage rm --recursive {BUCKET}",
        ),
        (
            f"the queues {queues}",
            "empty, it costs nothing, and the name of a deleted one is not free for days: gcloud tasks queues delete",
        ),
        (
            f"the roles {QUEUE_ROLE} and {APP_ROLE}, where they are",
            "it costs nothing, and the name of a deleted one is not free for weeks",
        ),
        ("images and sources of the builds", "Artifact Registry and Cloud Storage charge for them: see their pages"),
        (
            "the application in Discord, with /mando",
            "remove its Interactions Endpoint URL in the developer portal, or delete the application",
        ),
    ]
