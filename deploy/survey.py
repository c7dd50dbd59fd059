"""What a deployment would take from others in a project that is in use.  `mando deploy` looks before its first call.

Only calls that read.  What is not there, or cannot be read, is no conflict: the deployment makes it, or says why not.
"""

from collections.abc import Callable, Collection

from deploy.app_yaml import DEFAULT, SERVICE
from deploy.bucket import BUCKET
from deploy.call import account, gcloud
from deploy.functions import Function, of_form
from deploy.run import Runner
from local.form import DEFAULT_FORM, Form

# Where App Engine has a name of its own for a location.  Source: App Engine, "Locations".
APP_REGIONS = {"us-central1": "us-central", "europe-west1": "europe-west"}
_LOCATIONS = {region: location for location, region in APP_REGIONS.items()}


def conflicts(runner: Runner, parts: Collection[str], form: Form = DEFAULT_FORM, service: str = SERVICE) -> list[str]:
    """One sentence each, for these parts; service is the name in app.yaml."""
    found = [look(runner) for part, look in _LOOKS if part in parts]
    found += [_function(runner, one) for one in of_form(form) if one.part in parts]
    if form.is_on_app_engine:
        found += [_region(runner)] if "project" in parts else []
        found += [_service(runner, service)] if "steps" in parts else []
    return [sentence for sentence in found if sentence is not None]


def _region(runner: Runner) -> str | None:
    there = runner.ask(gcloud("app", "describe", "--format=value(locationId)")).text
    if there in ("", runner.known["APP_REGION"]):
        return None
    return (
        f"the App Engine app is in {there} and cannot move, so its queues and steps are there: "
        f"--location={_LOCATIONS.get(there, there)}, or another project"
    )


def _service(runner: Runner, service: str) -> str | None:
    """Every version of ours runs as mando-steps."""
    services = runner.ask(gcloud("app", "services", "list", "--format=value(id)")).text.split()
    if service not in services:
        if service == DEFAULT or DEFAULT in services:
            return None
        return f"app.yaml names the service {service}; the first service of an app must be {DEFAULT}: remove `service`"
    of_service = f"--service={service}"
    listed = gcloud("app", "versions", "list", of_service, "--hide-no-traffic", "--format=value(version.id)")
    for version in runner.ask(listed).text.split():
        described = gcloud("app", "versions", "describe", version, of_service, "--format=value(serviceAccount)")
        owner = runner.ask(described).text
        if owner != runner.filled(account("mando-steps")):
            other = "mando-discord" if service == DEFAULT else f"another name than {service}"
            return (
                f"the App Engine service {service} is somebody else's: its version {version}, which runs as "
                f"{owner or 'another account'}, would get no more requests. Put `service: {other}` into app.yaml, or "
                "use another project"
            )
    return None


def _bucket(runner: Runner) -> str | None:
    described = gcloud("storage", "buckets", "describe", BUCKET, "--format=value(location)")
    there = runner.ask(described).text.lower()
    if there in ("", runner.known["LOCATION"]):
        return None
    return runner.filled(
        f"the bucket $PROJECT-mandalas is in {there}, the rest would be in $LOCATION: --location={there}, or delete it"
    )


def _workflow(runner: Runner) -> str | None:
    command = gcloud("workflows", "describe", "mando", "--location=$LOCATION", "--format=value(serviceAccount)")
    return _owned(runner, "workflow mando", command, "mando-workflow")


def _function(runner: Runner, function: Function) -> str | None:
    command = gcloud("functions", "describe", function.name, "--gen2", "--region=$LOCATION",
                     "--format=value(serviceConfig.serviceAccountEmail)")  # fmt: skip
    return _owned(runner, f"function {function.name}", command, function.owner)


def _owned(runner: Runner, what: str, command: tuple[str, ...], name: str) -> str | None:
    owner = runner.ask(command).text
    if not owner or owner.endswith(runner.filled(account(name))):
        return None
    return f"the {what} is somebody else's: it runs as {owner}, and would be replaced. Use another project"


_LOOKS: tuple[tuple[str, Callable[[Runner], str | None]], ...] = (
    ("bucket", _bucket),
    ("workflow", _workflow),
)
