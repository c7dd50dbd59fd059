"""Each form of a deployment: its calls, its accounts, its settings; what doctor and destroy see of it."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

import ingress.config
import steps.config
from cli.main import run
from deploy.call import Call, Query
from deploy.calls import calls, parts
from deploy.destroy import plan
from deploy.doctor import examine
from deploy.form import FORMS, options, settings
from deploy.perform import perform
from deploy.run import Runner
from local.form import Form, TasksCall
from service import step_tasks
from service.environment import Secret
from tests.deploy.google import Google
from tests.deploy.project import ANSWERS, OURS, PLACE, PROGRAMS, SETTINGS, prepare
from tests.deploy.test_perform import FULL, Pretender
from tests.servers import ROOT

QUEUES = (Form("app-engine"), Form("http"))
ONE_WORD = {"workflow": [], "app-engine": ["--form", "queues"], "http": ["--form", "queues", "--tasks", "http"]}


def words_of(form: Form) -> str:
    return "\n".join(" ".join(call.command) for call in calls(form))


def environment_of(call: Call | Query, form: Form) -> dict[str, str]:
    """The variables that a call of gcloud sets."""
    (flag,) = [word for word in call.command if word.startswith("--set-env-vars=")]
    return filled(dict(pair.split("=", 1) for pair in flag.removeprefix("--set-env-vars=").split(",")), form)


def filled(variables: dict[str, str], form: Form) -> dict[str, str]:
    known = {**SETTINGS, **settings(form), "STEPS_HOST": ANSWERS["STEPS_HOST"]}
    return {name: re.sub(r"\$([A-Z_]+)", lambda found: known[found[1]], text) for name, text in variables.items()}


def of_steps(form: Form) -> dict[str, str]:
    """The environment of the steps on App Engine."""
    variables = yaml.safe_load((ROOT / "app.yaml").read_text())["env_variables"]
    return {"GAE_ENV": "standard", "GOOGLE_CLOUD_PROJECT": "demo", **filled(variables, form)}


def test_a_form_is_named_as_the_programs_name_it() -> None:
    assert set(get_args(TasksCall)) == {step_tasks.WORKFLOW, step_tasks.HTTP, step_tasks.APP_ENGINE}
    assert [form.tasks_call for form in FORMS] == list(ONE_WORD)
    assert all(options(form).split() == ONE_WORD[form.tasks_call] for form in FORMS)


@pytest.mark.parametrize("form", QUEUES, ids=lambda form: form.tasks_call)
def test_without_a_workflow_nothing_of_it_is_deployed(form: Form) -> None:
    made = words_of(form)
    assert "workflows.googleapis.com" not in made
    assert "workflowexecutions.googleapis.com" not in made
    assert "mando-workflow" not in made
    assert "gcloud workflows" not in made
    assert list(parts(form)) == [name for name in parts(Form()) if name != "workflow"]


def test_an_account_has_the_rights_of_its_form_alone() -> None:
    """Source: Cloud Tasks v2, AppEngineHttpRequest (appengine.applications.get), and "Create HTTP target tasks"."""
    of_app_engine, of_http, of_workflow = (words_of(Form(kind)) for kind in ("app-engine", "http", "workflow"))
    assert "mando-tasks" not in of_app_engine.replace("TASK_SERVICE_ACCOUNT=mando-tasks", "")
    assert "serviceAccountUser" not in of_app_engine
    assert "appengine.applications.get" in of_app_engine
    assert "appengine.applications.get" not in of_http + of_workflow
    acting = [call.binding for call in calls(Form("http")) if isinstance(call, Call) and call.binding is not None]
    assert {(one.resource[-1].split("@")[0], one.member.split("@")[0]) for one in acting if "User" in one.role} == {
        ("mando-tasks", "serviceAccount:mando-ingress"),
        ("mando-steps", "serviceAccount:mando-steps"),
    }


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.tasks_call)
def test_ingress_and_steps_take_the_settings_of_the_form(form: Form) -> None:
    (deployed,) = [call for call in calls(form) if call.purpose == "the ingress"]
    of_ingress = ingress.config.read_config(environment_of(deployed, form)).step_tasks
    config = steps.config.read_config(of_steps(form), lambda _: Secret("A" * 43 + "="))
    assert (of_ingress is None) == form.has_workflow
    if of_ingress is not None:
        assert of_ingress.url == ("https://demo.uc.r.appspot.com" if form.tasks_call == "http" else "")
        assert of_ingress.service_account == config.workflow_service_account == f"mando-tasks{OURS}"
    else:
        assert config.workflow_service_account == f"mando-workflow{OURS}"
    named = ("create-image-queue", "reply-discord-queue", "urgent-reply-queue")
    assert config.app_engine_queues == (named if form.tasks_call == "app-engine" else ())


@pytest.mark.parametrize("kind", ONE_WORD)
def test_one_word_prints_the_deployment_of_a_form(kind: TasksCall, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["deploy", "--dry-run", *ONE_WORD[kind]]) == 0
    printed = capsys.readouterr().out
    assert f"\nTASKS_CALL={kind}\n" in printed
    assert [line[2:] for line in printed.splitlines()[1:] if line.startswith("# ")] == [
        call.purpose for call in calls(Form(kind))
    ]


def test_a_part_that_a_form_does_not_have_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["deploy", "--dry-run", "--form", "queues", "--only", "workflow"]) == 2
    assert "--only: --form queues has no workflow" in capsys.readouterr().err


def test_the_form_without_a_workflow_is_made_by_the_real_gcloud(google: Google) -> None:
    """What its calls are beside those of the first form, and the calls that get other settings."""
    form = Form("app-engine")
    prepare(google, "ingress")
    google.accounts -= {f"mando-workflow{OURS}", f"mando-tasks{OURS}"}
    google.services = set()
    own = set(calls(form)) - set(calls(Form()))
    chosen = [call for call in calls(form) if call in own or call.purpose in ("the ingress", "the steps") or
              (isinstance(call, Call) and call.into)]  # fmt: skip
    told = {**SETTINGS, **settings(form), "STEPS_HOST": ANSWERS["STEPS_HOST"], "APP_ACCOUNT": ANSWERS["APP_ACCOUNT"]}
    perform(told, chosen, PROGRAMS, ROOT, list[str]().append)

    assert not [name for name in google.services if "workflow" in name]
    reader = "projects/demo/roles/mandoAppReader"
    assert google.custom_roles["mandoAppReader"]["includedPermissions"] == ["appengine.applications.get"]
    assert google.roles("projects/demo") == {(f"mando-ingress{OURS}", reader), (f"mando-steps{OURS}", reader)}
    variables = google.functions["mando-ingress"]["serviceConfig"]["environmentVariables"]
    assert variables["TASKS_CALL"] == "app-engine"
    assert google.versions[-1]["envVariables"] == {
        "TASKS_CALL": "app-engine",
        "WORKFLOW_SERVICE_ACCOUNT": f"mando-tasks{OURS}",
        "APP_ENGINE_QUEUES": "create-image-queue,reply-discord-queue,urgent-reply-queue",
        "STEPS_URL": "https://demo.uc.r.appspot.com",
        "REPLY_QUEUE": f"{PLACE}/queues/reply-discord-queue",
        "URGENT_QUEUE": f"{PLACE}/queues/urgent-reply-queue",
    }


def a_runner(pretender: Pretender, form: Form) -> Runner:
    known = {**pretender.settings, **settings(form), "FORM": options(form)}
    return Runner(known, {"gcloud": pretender.command}, pretender.folder)


def test_doctor_asks_for_the_parts_of_the_form_and_finds_another_form(tmp_path: Path) -> None:
    """The deployment is one with a workflow; the options say that there should be none."""
    pretender, form = Pretender(tmp_path), Form("http")
    variables = {"TASKS_CALL": "workflow", "STEPS_URL": "https://my-project.ew.r.appspot.com"}
    described = {"state": "ACTIVE", "serviceConfig": {"environmentVariables": variables}}
    pretender.answers({"functions describe mando-ingress --gen2 --region=europe-west1 --format=json":
                       (0, json.dumps(described)), **FULL})  # fmt: skip
    found = {finding.what: finding.command for finding in examine(a_runner(pretender, form), form)}
    again = "mando deploy --project my-project --location europe-west1 --form queues --tasks http --only"
    assert found["TASKS_CALL of the ingress is workflow; it should be http"] == f"{again} ingress"
    asked = pretender.asked()
    assert not [words for words in asked if words.startswith("workflows") or "mando-workflow" in words]
    assert [words for words in asked if "service-accounts describe mando-tasks" in words]


def test_destroy_takes_away_whatever_form_there_is(tmp_path: Path) -> None:
    pretender = Pretender(tmp_path)
    steps_account = "serviceAccount:mando-steps@my-project.iam.gserviceaccount.com"
    binding = {"role": "projects/my-project/roles/mandoAppReader", "members": [steps_account]}
    pretender.answers({"projects get-iam-policy": (0, json.dumps({"bindings": [binding]})), **FULL})
    planned = [" ".join(call.command) for call in plan(a_runner(pretender, Form()))]
    assert any("remove-iam-policy-binding" in words and "mandoAppReader" in words for words in planned)
    assert any("workflows delete mando" in words for words in planned)
