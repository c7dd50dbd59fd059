"""What is different or broken in a part that is there: numbers, environment, state.  Called by doctor.py."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from string import Template
from typing import Any

from deploy.accounts import APP_ROLE, QUEUE_ROLE
from deploy.app_yaml import ENVIRONMENT, IS_BY_LINK, SERVICE
from deploy.bucket import BUCKET
from deploy.call import account, gcloud
from deploy.calls import SECRET
from deploy.finding import Finding, deploy_again
from deploy.functions import Function, of_form
from deploy.numbers import NUMBERS
from deploy.queues import QUEUES, flags, short_name
from deploy.run import Runner
from local.form import Form

_ROOT = Path(__file__).parent.parent
Json = dict[str, Any]


def _described(runner: Runner, *words: str) -> Json:
    """{} where there is none."""
    answer = runner.ask(gcloud(*words, "--format=json"))
    found: Json = json.loads(answer.text) if not answer.status and answer.text else {}
    return found


def _bucket(runner: Runner) -> Iterator[Finding]:
    found = _described(runner, "storage", "buckets", "describe", BUCKET)
    if not found:
        return
    is_open = found.get("public_access_prevention") != "enforced"
    if is_open != IS_BY_LINK:
        state = "closed, so links to pictures do not work" if IS_BY_LINK else "not closed to the public"
        yield Finding(f"the bucket is {state}", deploy_again("bucket"))
    expected = [] if IS_BY_LINK else json.loads((_ROOT / "deploy" / "lifecycle.json").read_bytes())["rule"]
    if found.get("lifecycle_config", {}).get("rule", []) != expected:
        yield Finding("the bucket does not delete pictures as deploy/lifecycle.json says", deploy_again("bucket"))


def _secret(runner: Runner) -> Iterator[Finding]:
    listed = gcloud("secrets", "versions", "list", SECRET, "--filter=state=ENABLED", "--format=value(name)")
    if not runner.ask(listed).text:
        yield Finding("the secret that opens sealed tokens has no version that is enabled", deploy_again("secret"))


def _queues(runner: Runner) -> Iterator[Finding]:
    for queue in QUEUES:
        name = short_name(queue)
        found = _described(runner, "tasks", "queues", "describe", name, "--location=$LOCATION")
        if not found:
            yield Finding(f"the queue {name} is missing, or cannot be read", deploy_again("queues"))
            continue
        if found.get("state") != "RUNNING":
            resume = f"gcloud tasks queues resume {name} --project=$PROJECT --location=$LOCATION"
            yield Finding(f"the queue {name} is {str(found.get('state')).lower()}: its tasks wait", resume)
        differing = [flag for flag in flags(queue) if not _is_set(flag, found)]
        if differing:
            yield Finding(
                f"the queue {name} differs from queue.yaml, which says {', '.join(differing)}", deploy_again("queues")
            )


def _is_set(flag: str, queue: Json) -> bool:
    """Whether the queue has the number of a flag, such as --max-attempts=21 and retryConfig.maxAttempts."""
    name, value = flag.removeprefix("--").split("=")
    first, *rest = name.split("-")
    field = first + "".join(word.capitalize() for word in rest)
    found = {**queue.get("rateLimits", {}), **queue.get("retryConfig", {})}.get(field, 0)
    return float(str(found).removesuffix("s")) == float(value.removesuffix("s").replace("unlimited", "-1"))


def _roles(runner: Runner) -> Iterator[Finding]:
    """Of our own; one that no form needs is not there, or does no harm."""
    for name, permission, part in (
        (QUEUE_ROLE, "cloudtasks.queues.get", "queues"),
        (APP_ROLE, "appengine.applications.get", "accounts"),
    ):
        found = _described(runner, "iam", "roles", "describe", name, "--project=$PROJECT")
        if found and found.get("includedPermissions") != [permission]:
            yield Finding(f"the role {name} allows {found.get('includedPermissions')}", deploy_again(part))


def _steps(runner: Runner) -> Iterator[Finding]:
    service = f"--service={SERVICE}"
    listed = gcloud("app", "versions", "list", service, "--hide-no-traffic", "--format=value(version.id)")
    versions = runner.ask(listed).text.split()
    if not versions:
        yield Finding(
            f"the steps are not deployed: no version of the service {SERVICE} gets requests", deploy_again("steps")
        )
    for version in versions:
        found = _described(runner, "app", "versions", "describe", version, service)
        if found.get("serviceAccount") != runner.filled(account("mando-steps")):
            yield Finding(
                f"the version {version} of the service {SERVICE} runs as {found.get('serviceAccount')}",
                deploy_again("steps"),
            )
        yield from _environment(runner, "steps", ENVIRONMENT, found.get("envVariables", {}))
        if found.get("servingStatus") != "SERVING":
            start = f"gcloud app versions start {version} --service={SERVICE} --project=$PROJECT"
            yield Finding(f"the version {version} of the steps is {str(found.get('servingStatus')).lower()}", start)


def _workflows(runner: Runner) -> Iterator[Finding]:
    for file in sorted((_ROOT / "workflows").glob("*.yaml")):
        again = deploy_again("workflow")
        found = _described(runner, "workflows", "describe", file.stem, "--location=$LOCATION")
        if not found:
            yield Finding(f"the workflow {file.stem} is missing, or cannot be read", again)
            continue
        if found.get("state") != "ACTIVE":
            yield Finding(f"the workflow {file.stem} is {str(found.get('state')).lower()}", again)
        if not str(found.get("serviceAccount")).endswith(runner.filled(account("mando-workflow"))):
            yield Finding(f"the workflow {file.stem} runs as {found.get('serviceAccount')}", again)
        if found.get("sourceContents") != file.read_text(encoding="utf-8"):
            yield Finding(f"another text of the workflow {file.stem} is deployed than that of {file.name}", again)
        environment = found.get("userEnvVars", {})
        yield from _environment(runner, "workflow", NUMBERS.workflows.environment, environment)


def _function(runner: Runner, function: Function) -> Iterator[Finding]:
    again, what, numbers = deploy_again(function.part), function.what, function.numbers
    found = _described(runner, "functions", "describe", function.name, "--gen2", "--region=$LOCATION")
    if not found:
        yield Finding(f"{what} is missing, or cannot be read", again)
        return
    config = found.get("serviceConfig", {})
    if found.get("state") != "ACTIVE":
        yield Finding(f"{what} is {str(found.get('state')).lower()}", again)
    if config.get("serviceAccountEmail") != runner.filled(account(function.owner)):
        yield Finding(f"{what} runs as {config.get('serviceAccountEmail')}", again)
    for field, name, expected in (
        ("maxInstanceRequestConcurrency", "concurrency", numbers.concurrency),
        ("minInstanceCount", "min_instances", numbers.min_instances),
        ("maxInstanceCount", "max_instances", numbers.max_instances),
        ("availableMemory", "memory", numbers.memory),
    ):
        if (there := config.get(field, 0)) != expected:
            yield Finding(f"{name} of {what} is {there}; deploy/deployment.yaml says {expected}", again)
    yield from _environment(runner, function.part, function.environment, config.get("environmentVariables", {}))
    service = _described(runner, "run", "services", "describe", function.name, "--region=$LOCATION")
    annotations = service.get("metadata", {}).get("annotations", {})
    if annotations.get("run.googleapis.com/invoker-iam-disabled", "").lower() != "true":
        yield Finding(f"Cloud Run asks who calls {what}: {function.open_because}", again)


def _environment(runner: Runner, part: str, expected: Mapping[str, str], there: Mapping[str, str]) -> Iterator[Finding]:
    """A value that depends on a setting that nobody has told only has to be there."""
    for name, text in expected.items():
        value = Template(text).safe_substitute(runner.known)
        if name not in there:
            yield Finding(f"{name} of the {part} is not set", deploy_again(part))
        elif "$" not in value and there[name] != value:
            yield Finding(f"{name} of the {part} is {there[name]}; it should be {value}", deploy_again(part))


Look = Callable[[Runner], Iterator[Finding]]


def looks(form: Form) -> Mapping[str, tuple[Look, ...]]:
    """By part."""
    of_functions: dict[str, tuple[Look, ...]] = {one.part: (partial(_function, function=one),) for one in of_form(form)}
    return {
        "bucket": (_bucket,),
        "secret": (_secret,),
        "queues": (_queues, _roles),
        "steps": (_steps,),
        "workflow": (_workflows,),
        **of_functions,
    }
