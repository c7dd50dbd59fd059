"""Each part of the deployment with the real gcloud, and again over what it made."""

import io
import json
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

import ingress.config
import steps.config
from deploy.call import Call, Query
from deploy.calls import SETTINGS as ASKED
from deploy.perform import perform
from ingress.enqueue import MAX_CALLS
from service.deployment import INGRESS_REQUESTS, STEPS_THREADS
from service.environment import Secret
from tests.deploy.google import Google
from tests.deploy.project import ACCOUNTS, ANSWERS, APIS, CALLS, OURS, PARTS, PLACE, PROGRAMS, SETTINGS, prepare
from tests.servers import ROOT

SENT = {"main.py", "requirements.txt", "ingress", "steps", "schemas", "service", "mandala", "deploy"}
WORKFLOWS = [path.stem for path in sorted((ROOT / "workflows").glob("*.yaml"))]


def check_project(google: Google) -> None:
    assert google.services == {f"{api}.googleapis.com" for api in APIS}
    assert google.app is not None
    assert (google.app["locationId"], google.app["serviceAccount"]) == ("us-central", f"mando-build{OURS}")
    assert google.accounts == {f"mando-build{OURS}"}
    assert google.roles("projects/demo") == {(f"mando-build{OURS}", "roles/cloudbuild.builds.builder")}


def check_accounts(google: Google) -> None:
    assert google.accounts == {f"mando-{each}{OURS}" for each in ("build", *ACCOUNTS)}


def check_grants(google: Google) -> None:
    assert google.roles("projects/demo") == {
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


STEPS_ENVIRONMENT = {
    "TASKS_CALL": "workflow",
    "WORKFLOW_SERVICE_ACCOUNT": f"mando-workflow{OURS}",
    "APP_ENGINE_QUEUES": "",
    "STEPS_URL": "https://demo.uc.r.appspot.com",
    "REPLY_URL": "https://demo.uc.r.appspot.com",
    "REPLY_AUDIENCE": "mando-steps",
    "REPLY_QUEUE": f"{PLACE}/queues/reply-discord-queue",
    "URGENT_QUEUE": f"{PLACE}/queues/urgent-reply-queue",
}


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
    assert google.custom_roles["mandoQueueReader"]["stage"] == "GA"


def check_command(google: Google) -> None:
    assert [command["name"] for command in google.discord.commands] == ["mando", "Mandala of this message"]
    assert google.discord.endpoint == ANSWERS["INGRESS_URL"]


def check_bucket(google: Google) -> None:
    bucket = google.buckets.get("demo-mandalas")
    assert bucket["iamConfiguration"]["uniformBucketLevelAccess"] == {"enabled": True}
    assert bucket["iamConfiguration"]["publicAccessPrevention"] == "enforced"
    assert bucket["lifecycle"]["rule"] == [{"action": {"type": "Delete"}, "condition": {"age": 30}}]
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
    assert version["envVariables"] == STEPS_ENVIRONMENT
    check_sent(version["deployment"]["files"])


def check_workflow(google: Google) -> None:
    workflow = google.workflows["mando"]
    assert workflow["serviceAccount"].endswith(f"mando-workflow{OURS}")
    assert workflow["userEnvVars"] == {
        "STEPS_URL": "https://demo.uc.r.appspot.com",
        "STEPS_AUDIENCE": "mando-steps",
        "REPLY_URL": "https://demo.uc.r.appspot.com",
        "REPLY_AUDIENCE": "mando-steps",
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
    assert function["buildConfig"]["serviceAccount"] == f"projects/demo/serviceAccounts/mando-build{OURS}"
    assert function["serviceConfig"]["serviceAccountEmail"] == f"mando-ingress{OURS}"
    variables = function["serviceConfig"]["environmentVariables"]
    variables.pop("LOG_EXECUTION_ID", None)  # gcloud's own
    assert variables == {
        "DISCORD_PUBLIC_KEY": SETTINGS["DISCORD_PUBLIC_KEY"],
        "SEAL_PUBLIC_KEY": SETTINGS["SEAL_PUBLIC_KEY"],
        "TASKS_CALL": "workflow",
        "STEPS_URL": "https://demo.uc.r.appspot.com",
        "QUEUE": f"{PLACE}/queues/create-image-queue",
        "REPLY_QUEUE": f"{PLACE}/queues/reply-discord-queue",
        "WORKFLOW": f"{PLACE}/workflows/mando",
        "TASK_SERVICE_ACCOUNT": f"mando-tasks{OURS}",
    }
    with zipfile.ZipFile(io.BytesIO(google.uploads["source.zip"])) as source:
        check_sent(source.namelist())
    assert google.roles("services/mando-ingress") == set()
    annotations = google.run.annotations("mando-ingress")
    assert annotations["run.googleapis.com/invoker-iam-disabled"] == "True"
    assert annotations["run.googleapis.com/startup-cpu-boost"] == "True"


@dataclass(frozen=True, slots=True)
class Part:
    """What a part has made; what a second run changes again."""

    check: Callable[[Google], None]
    changes_again: list[str] = field(default_factory=list)


# gcloud takes a second a call, so each part has a test of its own, in a project that has what the parts before it make.
# That all of them are made in one run, and in which order, says test_perform.py.  The accounts' part is two tests.
GRANTS = 4
IN_TESTS = {**PARTS, "accounts": PARTS["accounts"][:GRANTS], "grants": PARTS["accounts"][GRANTS:]}
CHECKS = {
    "project": Part(check_project),
    "accounts": Part(check_accounts),
    "grants": Part(check_grants),
    "bucket": Part(check_bucket),
    "secret": Part(check_secret),
    "queues": Part(check_queues),
    "steps": Part(check_steps),
    "workflow": Part(check_workflow, [f"deploy workflow {name}" for name in WORKFLOWS]),
    "ingress": Part(check_ingress, ["deploy function mando-ingress", "update service mando-ingress"]),
    "discord": Part(check_command),
}


def test_every_part_has_a_test() -> None:
    assert [name for name in CHECKS if name != "grants"] == list(PARTS)
    assert not any("create" in call.command for call in IN_TESTS["grants"])


@pytest.mark.parametrize("name", CHECKS)
def test_a_part_is_made_by_the_real_gcloud_and_a_second_run_makes_nothing_twice(
    google: Google, name: str, tmp_path: Path
) -> None:
    key = tmp_path / "seal.key"
    key.write_text("the private key\n")
    part, calls, said = CHECKS[name], IN_TESTS[name], list[str]()
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


def is_worth_repeating(call: Call | Query) -> bool:
    """The accounts are alike, and so are the grants; a version of the steps is made anew by every deployment."""
    words = " ".join(call.command)
    kinds = (
        "app create",
        "accounts create mando-ingress",
        "roles/workflows.invoker",
        "iam roles",
        "versions add",
        "workflows deploy",
    )
    return any(kind in words for kind in (*kinds, "functions deploy", "run services update"))


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
    assert config.reply_queue.endswith("/queues/reply-discord-queue")


def test_what_the_steps_assume_of_a_project_is_what_the_deployment_makes() -> None:
    asked: list[str] = []

    def read_secret(name: str) -> Secret:
        asked.append(name)
        return Secret("A" * 43 + "=")

    config = steps.config.read_config({"GOOGLE_CLOUD_PROJECT": "demo", **STEPS_ENVIRONMENT}, read_secret)
    made = json.dumps([call.command for call in CALLS]).replace("$PROJECT", "demo")
    assert f"gs://{config.bucket}" in made
    assert f"STEPS_AUDIENCE={config.audience}" in made
    assert f"--service-account={config.workflow_service_account}" in made
    assert f"--service-account={config.step_tasks.service_account}" in made
    assert asked == ["projects/demo/secrets/mando-seal-private-key/versions/latest"]
    assert '"secrets", "create", "mando-seal-private-key"' in made


def test_no_instance_is_sent_more_than_it_has_threads_or_calls_for() -> None:
    app = yaml.safe_load((ROOT / "app.yaml").read_text())
    assert app["automatic_scaling"]["max_concurrent_requests"] == STEPS_THREADS
    assert f"--concurrency={INGRESS_REQUESTS}" in " ".join(word for call in CALLS for word in call.command)
    assert MAX_CALLS >= INGRESS_REQUESTS


def test_these_settings_are_all_that_a_deployment_asks_for() -> None:
    assert set(SETTINGS) | {"SEAL_KEY_FILE"} == set(ASKED)
