"""The whole deployment with the real gcloud, from an empty project, and again over what it made."""

import io
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from aiohttp import web

import ingress.config
import steps.config
from cli.env import gcloud_environment
from deploy.calls import CALLS, Answer, Call
from deploy.calls import SETTINGS as ASKED
from deploy.perform import perform
from ingress.enqueue import MOST_CALLS
from local.storage.objects import ObjectStore
from local.storage.rest import routes
from service.concurrency import INGRESS_REQUESTS, STEPS_THREADS
from service.environment import Secret
from tests.deploy.google import Google
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
SENT = {"main.py", "requirements.txt", "ingress", "steps", "schemas", "service", "mandala"}
OURS = "@demo.iam.gserviceaccount.com"


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


@pytest.mark.timeout(600)  # some 60 starts of gcloud
def test_an_empty_project_becomes_a_bot_and_a_second_run_makes_nothing_twice(google: Google, tmp_path: Path) -> None:
    key = tmp_path / "seal.key"
    key.write_text("the private key\n")
    settings = {**SETTINGS, "SEAL_KEY_FILE": str(key)}
    said: list[str] = []
    answers = perform(settings, CALLS, PROGRAMS, ROOT, said.append)

    assert answers == {"STEPS_HOST": "demo.uc.r.appspot.com", "INGRESS_URL": "https://mando-ingress-abc-uc.a.run.app"}
    assert google.accounts == {f"mando-{name}{OURS}" for name in ("ingress", "tasks", "workflow", "steps")}
    assert google.roles("projects/demo") == {
        ("demo@appspot.gserviceaccount.com", "roles/cloudbuild.builds.builder"),
        (f"mando-tasks{OURS}", "roles/workflows.invoker"),
        (f"mando-workflow{OURS}", "roles/logging.logWriter"),
    }
    assert google.roles(f"mando-tasks{OURS}") == {(f"mando-ingress{OURS}", "roles/iam.serviceAccountUser")}
    assert google.roles("queues/create-image-queue") == {
        (f"mando-ingress{OURS}", "roles/cloudtasks.enqueuer"),
        (f"mando-ingress{OURS}", "projects/demo/roles/mandoQueueReader"),
    }
    assert google.custom_roles["mandoQueueReader"]["includedPermissions"] == ["cloudtasks.queues.get"]
    assert google.roles("mando-seal-private-key") == {(f"mando-steps{OURS}", "roles/secretmanager.secretAccessor")}
    assert google.secrets == {"mando-seal-private-key": [b"the private key\n"]}
    assert google.queues["create-image-queue"]["rateLimits"]["maxDispatchesPerSecond"] > 0
    check_bucket(google)
    check_steps(google)
    check_workflow(google)
    check_ingress(google)
    assert [command["name"] for command in google.commands] == ["mando"]
    assert google.endpoint == answers["INGRESS_URL"]
    assert "the private key" not in "\n".join(said)
    assert "the-bots-token" not in "\n".join(said)

    # Again, over what is there: one call of each kind that could make something twice.
    google.changes.clear()
    perform({**settings, **answers}, [call for call in CALLS if is_worth_repeating(call)], PROGRAMS, ROOT, said.append)
    assert google.changes == ["deploy workflow mando", "deploy function mando-ingress"]
    assert google.secrets == {"mando-seal-private-key": [b"the private key\n"]}
    assert len(google.roles("projects/demo")) == 3


def is_worth_repeating(call: Call | Answer) -> bool:
    """The accounts are alike, and so are the grants; a version of the steps is made anew by every deployment."""
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


def check_bucket(google: Google) -> None:
    bucket = google.buckets.get("demo-mandalas")
    assert bucket["iamConfiguration"]["uniformBucketLevelAccess"] == {"enabled": True}
    assert bucket["iamConfiguration"]["publicAccessPrevention"] == "enforced"
    bindings = google.buckets.policy("demo-mandalas")["bindings"]
    assert {(binding["role"], *binding["members"]) for binding in bindings} == {
        ("roles/storage.objectCreator", f"serviceAccount:mando-steps{OURS}"),
        ("roles/storage.objectViewer", f"serviceAccount:mando-steps{OURS}"),
    }


def check_steps(google: Google) -> None:
    version = google.versions[-1]
    assert version["serviceAccount"] == f"mando-steps{OURS}"
    sent = {name.split("/")[0] for name in version["deployment"]["files"]}
    sent.discard("source-context.json")  # gcloud adds it in a git checkout that has a remote
    assert sent == SENT


def check_workflow(google: Google) -> None:
    workflow = google.workflows["mando"]
    assert workflow["serviceAccount"].endswith(f"mando-workflow{OURS}")
    assert workflow["userEnvVars"] == {"STEPS_URL": "https://demo.uc.r.appspot.com", "STEPS_AUDIENCE": "mando-steps"}
    assert workflow["sourceContents"] == (ROOT / "workflows/mando.yaml").read_text()


def check_ingress(google: Google) -> None:
    function = google.functions["mando-ingress"]
    assert function["buildConfig"]["entryPoint"] == "handle_request"
    assert function["serviceConfig"]["serviceAccountEmail"] == f"mando-ingress{OURS}"
    variables = function["serviceConfig"]["environmentVariables"]
    variables.pop("LOG_EXECUTION_ID", None)  # gcloud's own
    place = "projects/demo/locations/us-central1"
    assert variables == {
        "DISCORD_PUBLIC_KEY": SETTINGS["DISCORD_PUBLIC_KEY"],
        "SEAL_PUBLIC_KEY": SETTINGS["SEAL_PUBLIC_KEY"],
        "QUEUE": f"{place}/queues/create-image-queue",
        "WORKFLOW": f"{place}/workflows/mando",
        "TASK_SERVICE_ACCOUNT": f"mando-tasks{OURS}",
    }
    with zipfile.ZipFile(io.BytesIO(google.uploads["source.zip"])) as source:
        sent = {name.split("/")[0] for name in source.namelist()}
    sent.discard("source-context.json")  # gcloud adds it in a git checkout that has a remote
    assert sent == SENT
    assert google.roles("services/mando-ingress") == {("allUsers", "roles/run.invoker")}


def test_the_ingress_accepts_the_environment_that_the_deployment_gives_it() -> None:
    call = next(call for call in CALLS if "functions" in call.command and isinstance(call, Call))
    flag = next(word for word in call.command if word.startswith("--set-env-vars="))
    for name, value in SETTINGS.items():
        flag = flag.replace(f"${name}", value)
    config = ingress.config.read_config(
        dict(pair.split("=", 1) for pair in flag.removeprefix("--set-env-vars=").split(","))
    )
    assert config.task_service_account == f"mando-tasks{OURS}"
    assert config.queue.endswith("/queues/create-image-queue")


def test_what_the_steps_assume_of_a_project_is_what_the_deployment_makes() -> None:
    asked: list[str] = []

    def read_secret(name: str) -> Secret:
        asked.append(name)
        return Secret("A" * 43 + "=")

    config = steps.config.read_config({"GOOGLE_CLOUD_PROJECT": "demo"}, read_secret)
    made = json.dumps([call.command for call in CALLS]).replace("$PROJECT", "demo")
    assert f"gs://{config.bucket}" in made
    assert f"STEPS_AUDIENCE={config.audience}" in made
    assert f"--service-account={config.workflow_service_account}" in made
    assert asked == ["projects/demo/secrets/mando-seal-private-key/versions/latest"]
    assert '"secrets", "create", "mando-seal-private-key"' in made


def test_no_instance_is_sent_more_than_it_has_threads_or_calls_for() -> None:
    app = yaml.safe_load((ROOT / "app.yaml").read_text())
    assert app["automatic_scaling"]["max_concurrent_requests"] == STEPS_THREADS
    assert f"--concurrency={INGRESS_REQUESTS}" in " ".join(word for call in CALLS for word in call.command)
    assert MOST_CALLS >= INGRESS_REQUESTS


def test_these_settings_are_all_that_a_deployment_asks_for() -> None:
    assert set(SETTINGS) | {"SEAL_KEY_FILE"} == set(ASKED)
