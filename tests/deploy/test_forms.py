"""Each form of a deployment: its calls, its accounts, its settings; what doctor and destroy see of it."""

import json
import re
from pathlib import Path
from string import Template
from typing import get_args

import pytest
import yaml

import ingress.config
import steps.config
from cli.main import run
from deploy.call import Call, Query, account
from deploy.calls import calls, parts
from deploy.destroy import plan
from deploy.doctor import examine
from deploy.form import FORMS, options, settings
from deploy.perform import perform
from deploy.queues import QUEUES as ALL_QUEUES
from deploy.queues import short_name
from deploy.run import Runner
from deploy.script import line
from local.form import Form, TasksCall
from service import step_tasks
from service.deployment import STEPS_THREADS
from service.environment import Secret
from tests.deploy.google import Google
from tests.deploy.project import ANSWERS, OURS, PLACE, PROGRAMS, SETTINGS, prepare
from tests.deploy.test_perform import FULL, Pretender
from tests.servers import ROOT

QUEUES = (Form("app-engine"), Form("http"), Form("app-engine", reply="function"), Form("http", "functions", "function"))
URL = "https://reply.example.com"
WORDS: dict[Form, str] = {
    Form(): "",
    Form(reply="function"): "--reply function",
    Form(steps="functions", reply="function"): "--steps functions",
    Form(reply=URL): f"--reply {URL}",
    Form("app-engine"): "--form queues",
    Form("http"): "--form queues --tasks http",
    Form("app-engine", reply="function"): "--form queues --reply function",
    Form("http", "functions", "function"): "--form queues --steps functions",
}
QUEUES_OF_OURS = tuple(map(short_name, ALL_QUEUES))
NUMBER = "1234567890"  # of the project `demo`
FUNCTION_URLS = {name: f"https://mando-{name}-{NUMBER}.us-central1.run.app" for name in ("generate", "reply")}
every_form = pytest.mark.parametrize("form", WORDS, ids=lambda form: WORDS[form] or "--form workflow")


def words_of(form: Form) -> str:
    return "\n".join(" ".join(call.command) for call in calls(form))


def environment_of(what: str, form: Form) -> dict[str, str]:
    """The variables that gcloud sets where it deploys that."""
    (call,) = [call for call in calls(form) if call.purpose == what]
    (flag,) = [word for word in call.command if word.startswith("--set-env-vars=")]
    return filled(dict(pair.split("=", 1) for pair in flag.removeprefix("--set-env-vars=").split(",")), form)


def filled(variables: dict[str, str], form: Form) -> dict[str, str]:
    known = {**SETTINGS, **settings(form), "PROJECT_NUMBER": NUMBER}
    for call in calls(form):
        if isinstance(call, Query) and call.name in ("STEPS_HOST", "REPLY_URL"):
            echoed = call.command[1] if call.command[0] == "echo" else ANSWERS[call.name]
            known[call.name] = Template(echoed).substitute(known)
    return {name: Template(text).substitute(known) for name, text in variables.items()}


def of_steps(form: Form) -> dict[str, str]:
    """The environment of the step that draws."""
    if not form.is_on_app_engine:
        return environment_of("the function that draws", form)
    variables = yaml.safe_load((ROOT / "app.yaml").read_text())["env_variables"]
    return {"GAE_ENV": "standard", "GOOGLE_CLOUD_PROJECT": "demo", **filled(variables, form)}


def config_of(environment: dict[str, str]) -> steps.config.Config:
    return steps.config.read_config(environment, lambda _: Secret("A" * 43 + "="))


def test_a_form_is_named_as_the_programs_name_it() -> None:
    assert set(get_args(TasksCall)) == {step_tasks.WORKFLOW, step_tasks.HTTP, step_tasks.APP_ENGINE}
    assert set(FORMS) == set(WORDS)
    assert {form: options(form).strip() for form in FORMS} == WORDS


@pytest.mark.parametrize("form", QUEUES, ids=options)
def test_without_a_workflow_nothing_of_it_is_deployed(form: Form) -> None:
    made = words_of(form)
    assert "workflows.googleapis.com" not in made
    assert "workflowexecutions.googleapis.com" not in made
    assert "mando-workflow" not in made
    assert "gcloud workflows" not in made
    assert "workflow" not in parts(form)


@every_form
def test_where_both_steps_are_functions_nothing_is_asked_of_app_engine(form: Form) -> None:
    made = words_of(form)
    assert ("gcloud app " in made, "appengine" in made) == (form.is_on_app_engine,) * 2
    assert ("reply" in parts(form)) == form.reply_is_function
    assert ("mando-generate" in made) == (not form.is_on_app_engine)
    if not form.is_on_app_engine:
        lines = [line(call) for call in calls(form)]
        assert not [one for one in lines if "OTHER_QUEUES" in one]
        assert len([one for one in lines if " tasks queues update " in one]) == len(QUEUES_OF_OURS)


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


def test_the_steps_put_replies_off_as_they_are_called() -> None:
    """App Engine tasks reach no function: then the steps need no role to make one, but may act as themselves."""
    acts = f"gcloud iam service-accounts add-iam-policy-binding {account('mando-steps')}"
    role = f"--member=serviceAccount:{account('mando-steps')} --role=projects/$PROJECT/roles/mandoAppReader"
    for form in WORDS:
        own_tokens = form.tasks_call != "app-engine" or form.is_reply_elsewhere
        assert (acts in words_of(form), role in words_of(form)) == (own_tokens, not own_tokens), form


@every_form
def test_each_part_calls_the_next_one_where_it_is_and_is_let_in(form: Form) -> None:
    app = "https://demo.uc.r.appspot.com"
    steps_url = app if form.is_on_app_engine else FUNCTION_URLS["generate"]
    reply_url = {"steps": steps_url, "function": FUNCTION_URLS["reply"]}.get(form.reply, form.reply)
    draws = replies = config_of(of_steps(form))
    if form.reply_is_function:
        replies = config_of(environment_of("the function that replies", form))
    of_ingress = ingress.config.read_config(environment_of("the ingress", form)).step_tasks
    if form.has_workflow:
        assert of_ingress is None
        workflow = environment_of("the workflow mando", form)
        assert (workflow["STEPS_URL"], workflow["STEPS_AUDIENCE"]) == (steps_url, draws.audience)
        assert workflow["REPLY_URL"] == reply_url
        audience = workflow["REPLY_AUDIENCE"]
    else:
        assert of_ingress is not None
        assert of_ingress.url == (steps_url if form.tasks_call == "http" else "")
        assert of_ingress.audience == draws.audience
        audience = draws.step_tasks.audience
    assert audience == ("mando-reply" if form.is_reply_elsewhere else "mando-steps")
    assert replies.audience == audience or form.reply == URL, "a host elsewhere is told by docs/architecture.md"
    is_app_engine_task = form.tasks_call == "app-engine" and not form.is_reply_elsewhere
    for host in (draws, replies):
        assert (host.step_tasks.url, host.step_tasks.audience) == ("" if is_app_engine_task else reply_url, audience)
        assert host.has_workflow == form.has_workflow
        assert host.workflow_service_account == f"{form.steps_caller}{OURS}"
        assert host.step_tasks.service_account == f"mando-steps{OURS}"
    queues = QUEUES_OF_OURS[:1] if form.is_reply_elsewhere else QUEUES_OF_OURS
    assert draws.app_engine_queues == (queues if form.tasks_call == "app-engine" else ())
    assert replies is draws or replies.app_engine_queues == ()


@every_form
def test_one_word_prints_the_deployment_of_a_form(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["deploy", "--dry-run", *WORDS[form].split()]) == 0
    printed = capsys.readouterr().out
    assert f"\nTASKS_CALL={form.tasks_call}\n" in printed
    assert [line[2:] for line in printed.splitlines()[1:] if line.startswith("# ")] == [
        call.purpose for call in calls(form)
    ]
    assert set(re.findall(r"\$([A-Z_]+)", printed)) <= set(re.findall(r"^([A-Z_]+)=", printed, flags=re.MULTILINE))


def test_a_part_alone_asks_for_the_addresses_that_it_uses(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["deploy", "--dry-run", "--steps", "functions", "--only", "reply"]) == 0
    asked = [line for line in capsys.readouterr().out.splitlines() if re.match(r"[A-Z_]+=\$\(", line)]
    assert asked == [
        "PROJECT_NUMBER=$(gcloud projects describe $PROJECT '--format=value(projectNumber)')",
        "STEPS_HOST=$(echo mando-generate-$PROJECT_NUMBER.$LOCATION.run.app)",
        "REPLY_URL=$(echo https://mando-reply-$PROJECT_NUMBER.$LOCATION.run.app)",
    ]


def test_a_part_that_a_form_does_not_have_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["deploy", "--dry-run", "--form", "queues", "--only", "workflow"]) == 2
    assert "--only: --form queues has no workflow" in capsys.readouterr().err


def made_beside_the_first_form(google: Google, form: Form, *also: str) -> None:
    """The calls that only this form has, but for queues that are made like the first; and others, by their purpose."""
    own = set(calls(form)) - set(calls(Form()))
    alike = set(QUEUES_OF_OURS[1:])
    chosen = [
        call for call in calls(form) if call.purpose in also or (call in own and not alike & set(call.purpose.split()))
    ]
    told = {**SETTINGS, **settings(form), "STEPS_HOST": ANSWERS["STEPS_HOST"], "REPLY_URL": ANSWERS["REPLY_URL"]}
    perform(told, chosen, PROGRAMS, ROOT, list[str]().append)


def test_the_form_without_a_workflow_is_made_by_the_real_gcloud(google: Google) -> None:
    prepare(google, "ingress")
    google.accounts -= {f"mando-workflow{OURS}", f"mando-tasks{OURS}"}
    google.services = set()
    filled_in = "app.yaml with its settings filled in: gcloud takes the variables of App Engine from the file alone"
    made_beside_the_first_form(google, Form("app-engine"), filled_in, "the steps", "the ingress")

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
        "REPLY_URL": "https://demo.uc.r.appspot.com",
        "REPLY_AUDIENCE": "mando-steps",
        "REPLY_QUEUE": f"{PLACE}/queues/reply-discord-queue",
        "URGENT_QUEUE": f"{PLACE}/queues/urgent-reply-queue",
    }


def test_the_form_without_app_engine_is_made_by_the_real_gcloud_in_a_project_that_has_no_app(google: Google) -> None:
    """The longest of the forms: two queues, no workflow, both steps as functions."""
    prepare(google, "ingress")
    google.services, google.app = set(), None
    made_beside_the_first_form(google, Form("http", "functions", "function"))

    assert "appengine.googleapis.com" not in google.services
    assert google.app is None
    assert list(google.queues) == list(QUEUES_OF_OURS[:1])
    assert google.queues["create-image-queue"]["retryConfig"]["maxAttempts"] == 183
    assert list(google.functions) == ["mando-generate", "mando-reply"]
    shared = {
        "GOOGLE_CLOUD_PROJECT": "demo",
        "TASKS_CALL": "http",
        "WORKFLOW_SERVICE_ACCOUNT": f"mando-tasks{OURS}",
        "STEPS_URL": FUNCTION_URLS["generate"],
        "REPLY_URL": FUNCTION_URLS["reply"],
        "REPLY_AUDIENCE": "mando-reply",
        "REPLY_QUEUE": f"{PLACE}/queues/reply-discord-queue",
        "URGENT_QUEUE": f"{PLACE}/queues/urgent-reply-queue",
    }
    for name, target, memory, own in (
        ("mando-generate", "generate_image", "1Gi", {}),
        ("mando-reply", "reply_discord", "512Mi", {"AUDIENCE": "mando-reply"}),
    ):
        config = google.functions[name]["serviceConfig"]
        config["environmentVariables"].pop("LOG_EXECUTION_ID", None)  # gcloud's own
        assert config["environmentVariables"] == {**shared, **own}
        assert google.functions[name]["buildConfig"]["entryPoint"] == target
        assert (config["serviceAccountEmail"], config["availableMemory"]) == (f"mando-steps{OURS}", memory)
        assert config["maxInstanceRequestConcurrency"] == STEPS_THREADS
        assert google.run.annotations(name)["run.googleapis.com/invoker-iam-disabled"] == "True"


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
