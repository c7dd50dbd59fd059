"""Each part of the deployment with the real gcloud, and again over what it made."""

import io
import json
import sys
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

import pytest
import yaml
from aiohttp import web

import ingress.config
import steps.config
from cli.env import gcloud_environment
from deploy.calls import APIS, CALLS, Call, File, Query
from deploy.calls import SETTINGS as ASKED
from deploy.perform import perform
from ingress.enqueue import MAX_CALLS
from local.storage.objects import ObjectStore
from local.storage.rest import routes
from service.deployment import INGRESS_REQUESTS, STEPS_THREADS
from service.environment import Secret
from tests.deploy.google import APP, Google
from tests.gcloud import require_gcloud
from tests.servers import ROOT
from tests.storage.serving import serving_app

SETTINGS = {
    "PROJECT": "demo",
    "LOCATION": "us-central1",
    "APP_REGION": "us-central",
    "DISCORD_PUBLIC_KEY": "ab" * 32,
    "SEAL_PUBLIC_KEY": "PmEZE06S96pr79pP/RqHUG9TjfdBlxzTVmc/EhPVbTQ=",
}
PROGRAMS = {"gcloud": ("gcloud",), "mando": (sys.executable, "-m", "cli.main")}
SENT = {"main.py", "requirements.txt", "ingress", "steps", "schemas", "service", "mandala", "deploy"}
WORKFLOWS = [path.stem for path in sorted((ROOT / "workflows").glob("*.yaml"))]
PLACE = "projects/demo/locations/us-central1"
OURS = "@demo.iam.gserviceaccount.com"
ANSWERS = {"STEPS_HOST": "demo.uc.r.appspot.com", "INGRESS_URL": "https://mando-ingress-abc-uc.a.run.app"}


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    require_gcloud()
    store = ObjectStore(tmp_path / "storage")
    store.buckets.ensure("staging.demo.appspot.com")  # App Engine makes it together with the app
    stand_in = Google()
    app = web.Application()
    app.add_routes(stand_in.routes())
    app.add_routes(routes(store))
    with serving_app(app) as base_url:
        for name, value in gcloud_environment(base_url, tmp_path / "config").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("DISCORD_API", f"{base_url}/api/v10")
        monkeypatch.setenv("DISCORD_BOT_TOKEN", "the-bots-token")
        stand_in.buckets = store.buckets
        yield stand_in
    store.close()


def check_project(google: Google) -> None:
    assert google.services == {f"{api}.googleapis.com" for api in APIS}
    assert google.app is not None
    assert google.app["locationId"] == "us-central"


def check_account(name: str) -> Callable[[Google], None]:
    def check(google: Google) -> None:
        assert google.accounts == {f"mando-{name}{OURS}"}

    return check


def check_grants(google: Google) -> None:
    assert google.roles("projects/demo") == {
        ("demo@appspot.gserviceaccount.com", "roles/cloudbuild.builds.builder"),
        (f"mando-tasks{OURS}", "roles/workflows.invoker"),
        (f"mando-workflow{OURS}", "roles/logging.logWriter"),
    }
    assert google.roles(f"mando-tasks{OURS}") == {
        (f"mando-ingress{OURS}", "roles/iam.serviceAccountUser"),
        (f"mando-workflow{OURS}", "roles/iam.serviceAccountUser"),
    }
    for itself in (f"mando-workflow{OURS}", f"mando-steps{OURS}"):
        assert google.roles(itself) == {(itself, "roles/iam.serviceAccountUser")}


def check_secret(google: Google) -> None:
    assert google.roles("mando-seal-private-key") == {(f"mando-steps{OURS}", "roles/secretmanager.secretAccessor")}
    assert google.secrets == {"mando-seal-private-key": [b"the private key\n"]}


def check_queues(google: Google) -> None:
    assert google.queues.keys() == {"create-image-queue", "reply-discord-queue", "urgent-reply-queue"}
    assert all(queue["rateLimits"]["maxDispatchesPerSecond"] > 0 for queue in google.queues.values())
    assert google.roles("queues/create-image-queue") == {
        (f"mando-ingress{OURS}", "roles/cloudtasks.enqueuer"),
        (f"mando-ingress{OURS}", "projects/demo/roles/mandoQueueReader"),
        (f"mando-workflow{OURS}", "roles/cloudtasks.enqueuer"),
    }
    assert google.roles("queues/reply-discord-queue") == {
        (f"mando-ingress{OURS}", "projects/demo/roles/mandoQueueReader"),
        (f"mando-workflow{OURS}", "roles/cloudtasks.enqueuer"),
        (f"mando-steps{OURS}", "roles/cloudtasks.enqueuer"),
    }
    assert google.roles("queues/urgent-reply-queue") == {(f"mando-steps{OURS}", "roles/cloudtasks.enqueuer")}
    assert google.custom_roles["mandoQueueReader"]["includedPermissions"] == ["cloudtasks.queues.get"]


def check_command(google: Google) -> None:
    assert [command["name"] for command in google.discord.commands] == ["mando"]
    assert google.discord.endpoint == ANSWERS["INGRESS_URL"]


def check_bucket(google: Google) -> None:
    bucket = google.buckets.get("demo-mandalas")
    assert bucket["iamConfiguration"]["uniformBucketLevelAccess"] == {"enabled": True}
    assert bucket["iamConfiguration"]["publicAccessPrevention"] == "enforced"
    bindings = google.buckets.policy("demo-mandalas")["bindings"]
    assert {(binding["role"], *binding["members"]) for binding in bindings} == {
        ("roles/storage.objectCreator", f"serviceAccount:mando-steps{OURS}"),
        ("roles/storage.objectViewer", f"serviceAccount:mando-steps{OURS}"),
    }


def check_sent(names: Collection[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    tops.discard("source-context.json")  # gcloud adds it in a git checkout that has a remote
    assert tops == SENT
    assert [name for name in names if name.startswith("deploy/") and name != "deploy/"] == ["deploy/deployment.yaml"]


def check_steps(google: Google) -> None:
    version = google.versions[-1]
    assert version["serviceAccount"] == f"mando-steps{OURS}"
    assert version["envVariables"] == {
        "AUDIENCE": "mando-steps",
        "STEPS_URL": "https://demo.uc.r.appspot.com",
        "REPLY_QUEUE": f"{PLACE}/queues/reply-discord-queue",
        "URGENT_QUEUE": f"{PLACE}/queues/urgent-reply-queue",
    }
    check_sent(version["deployment"]["files"])


def check_workflow(google: Google) -> None:
    workflow = google.workflows["mando"]
    assert workflow["serviceAccount"].endswith(f"mando-workflow{OURS}")
    assert workflow["userEnvVars"] == {
        "STEPS_URL": "https://demo.uc.r.appspot.com",
        "STEPS_AUDIENCE": "mando-steps",
        "WORKFLOW": f"{PLACE}/workflows/mando",
        "QUEUE": f"{PLACE}/queues/create-image-queue",
        "REPLY_QUEUE": f"{PLACE}/queues/reply-discord-queue",
        "TASK_SERVICE_ACCOUNT": f"mando-tasks{OURS}",
        "WORKFLOW_SERVICE_ACCOUNT": f"mando-workflow{OURS}",
    }
    assert workflow["sourceContents"] == (ROOT / "workflows/mando.yaml").read_text()


def check_ingress(google: Google) -> None:
    function = google.functions["mando-ingress"]
    assert function["buildConfig"]["entryPoint"] == "handle_request"
    assert function["serviceConfig"]["serviceAccountEmail"] == f"mando-ingress{OURS}"
    variables = function["serviceConfig"]["environmentVariables"]
    variables.pop("LOG_EXECUTION_ID", None)  # gcloud's own
    assert variables == {
        "DISCORD_PUBLIC_KEY": SETTINGS["DISCORD_PUBLIC_KEY"],
        "SEAL_PUBLIC_KEY": SETTINGS["SEAL_PUBLIC_KEY"],
        "QUEUE": f"{PLACE}/queues/create-image-queue",
        "REPLY_QUEUE": f"{PLACE}/queues/reply-discord-queue",
        "WORKFLOW": f"{PLACE}/workflows/mando",
        "TASK_SERVICE_ACCOUNT": f"mando-tasks{OURS}",
    }
    with zipfile.ZipFile(io.BytesIO(google.uploads["source.zip"])) as source:
        check_sent(source.namelist())
    assert google.roles("services/mando-ingress") == {("allUsers", "roles/run.invoker")}


@dataclass(frozen=True, slots=True)
class Part:
    """Calls from the one with this `purpose` to the next part's; what a second run changes again."""

    first: str
    check: Callable[[Google], None]
    changes_again: list[str] = field(default_factory=list)


# All of CALLS in order.  gcloud takes a second a call, so each part has a test of its own, in a project that has what
# the parts before it make.  That all of them are made in one run, and in which order, says test_perform.py.
PARTS = {
    "project": Part("the Google Cloud services that mando uses", check_project),
    "account of the ingress": Part("the account of the ingress", check_account("ingress")),
    "account of the tasks": Part("the account of the tasks", check_account("tasks")),
    "account of the workflow": Part("the account of the workflow", check_account("workflow")),
    "account of the steps": Part("the account of the steps", check_account("steps")),
    "grants": Part("both builds run as this account, which has no role in a new project", check_grants),
    "bucket": Part("the bucket of the pictures, closed to the public", check_bucket),
    "secret": Part("the secret that opens sealed tokens", check_secret),
    "queues": Part("the queues, and how fast they run", check_queues),
    "steps": Part("the host of the steps", check_steps),
    "workflow": Part(f"the workflow {WORKFLOWS[0]}", check_workflow, [f"deploy workflow {name}" for name in WORKFLOWS]),
    "ingress": Part("the ingress", check_ingress, ["deploy function mando-ingress"]),
    "command": Part("the command /mando, and where Discord sends interactions", check_command),
}


def calls_of(name: str) -> Sequence[Call | Query | File]:
    purposes = [call.purpose for call in CALLS]
    lost = [part.first for part in PARTS.values() if part.first not in purposes]
    assert lost == [], (
        "no call of deploy/calls.py has this as its `purpose`: PARTS above names the first call of each part"
    )
    begins = [purposes.index(part.first) for part in PARTS.values()]
    assert (begins[0], begins) == (0, sorted(begins)), "the parts are all of CALLS"
    number = list(PARTS).index(name)
    return CALLS[begins[number] : [*begins, len(CALLS)][number + 1]]


def prepare(google: Google, name: str) -> None:
    """As the parts before this one leave the project."""
    if name == "project":
        return
    google.services = {f"{api}.googleapis.com" for api in APIS}
    google.app = dict(APP)
    if not name.startswith("account"):
        google.accounts = {f"mando-{each}{OURS}" for each in ("ingress", "tasks", "workflow", "steps")}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_made_by_the_real_gcloud_and_a_second_run_makes_nothing_twice(
    google: Google, name: str, tmp_path: Path
) -> None:
    key = tmp_path / "seal.key"
    key.write_text("the private key\n")
    part, calls, said = PARTS[name], calls_of(name), list[str]()
    prepare(google, name)
    asked = {call.name for call in calls if isinstance(call, Query)}
    told = {name: ANSWERS[name] for name in ANSWERS.keys() - asked}
    settings = {**SETTINGS, "SEAL_KEY_FILE": str(key), **told}
    answers = perform(settings, calls, PROGRAMS, ROOT, said.append)
    assert answers == {name: ANSWERS[name] for name in asked}
    part.check(google)

    # Again, over what is there: one call of each kind that could make something twice.
    google.changes.clear()
    again = [call for call in calls if is_worth_repeating(call)]
    perform(settings | answers, again, PROGRAMS, ROOT, said.append)
    assert google.changes == part.changes_again
    part.check(google)
    assert "the private key" not in "\n".join(said)
    assert "the-bots-token" not in "\n".join(said)


def is_worth_repeating(call: Call | Query | File) -> TypeGuard[Call | Query]:
    """The accounts are alike, and so are the grants; a version of the steps is made anew by every deployment."""
    if isinstance(call, File):
        return False
    words = " ".join(call.command)
    kinds = (
        "app create",
        "accounts create mando-ingress",
        "roles/workflows.invoker",
        "iam roles create",
        "versions add",
        "workflows deploy",
    )
    return any(kind in words for kind in (*kinds, "functions deploy"))


def test_the_ingress_accepts_the_environment_that_the_deployment_gives_it() -> None:
    call = next(call for call in CALLS if isinstance(call, Call) and "functions" in call.command)
    flag = next(word for word in call.command if word.startswith("--set-env-vars="))
    for name, value in SETTINGS.items():
        flag = flag.replace(f"${name}", value)
    config = ingress.config.read_config(
        dict(pair.split("=", 1) for pair in flag.removeprefix("--set-env-vars=").split(","))
    )
    assert config.task_service_account == f"mando-tasks{OURS}"
    assert config.queue.endswith("/queues/create-image-queue")
    assert config.reply_queue.endswith("/queues/reply-discord-queue")


def test_what_the_steps_assume_of_a_project_is_what_the_deployment_makes() -> None:
    asked: list[str] = []

    def read_secret(name: str) -> Secret:
        asked.append(name)
        return Secret("A" * 43 + "=")

    config = steps.config.read_config({"GOOGLE_CLOUD_PROJECT": "demo"}, read_secret)
    made = json.dumps([call.command for call in CALLS if not isinstance(call, File)]).replace("$PROJECT", "demo")
    assert f"gs://{config.bucket}" in made
    assert f"STEPS_AUDIENCE={config.audience}" in made
    assert f"--service-account={config.workflow_service_account}" in made
    assert asked == ["projects/demo/secrets/mando-seal-private-key/versions/latest"]
    assert '"secrets", "create", "mando-seal-private-key"' in made


def test_no_instance_is_sent_more_than_it_has_threads_or_calls_for() -> None:
    app = yaml.safe_load((ROOT / "app.yaml").read_text())
    assert app["automatic_scaling"]["max_concurrent_requests"] == STEPS_THREADS
    assert f"--concurrency={INGRESS_REQUESTS}" in " ".join(
        word for call in CALLS if isinstance(call, Call) for word in call.command
    )
    assert MAX_CALLS >= INGRESS_REQUESTS


def test_these_settings_are_all_that_a_deployment_asks_for() -> None:
    assert set(SETTINGS) | {"SEAL_KEY_FILE"} == set(ASKED)
