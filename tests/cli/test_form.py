"""The form that options say; and in each form the settings of all parts fit together."""

import itertools
from pathlib import Path
from typing import Any

import click
import pytest
from nacl.public import PrivateKey
from nacl.signing import SigningKey

from cli.form import form_of
from cli.up import command
from ingress import config as ingress_config
from local.appengine.service import Service
from local.form import DEFAULT_FORM, Form
from local.programs import programs, reply_settings
from local.project import HOST, STEPS_URL, Ports, account, program_url, workflow_environment
from steps import config as steps_config

PORTS = Ports(7000)
WORKER = "http://10.0.0.7:9000"


@pytest.mark.parametrize(
    ("options", "form"),
    [
        ([], DEFAULT_FORM),
        (["--reply", "function"], Form("workflow", "app-engine", "function")),
        (["--reply", f"{WORKER}/"], Form("workflow", "app-engine", WORKER)),
        (["--steps", "functions"], Form("workflow", "functions", "function")),
        (["--steps", "functions", "--reply", WORKER], Form("workflow", "functions", WORKER)),
        (["--form", "queues"], Form("app-engine", "app-engine", "steps")),
        (["--form", "queues", "--tasks", "http"], Form("http", "app-engine", "steps")),
        (["--form", "queues", "--reply", "function"], Form("app-engine", "app-engine", "function")),
        (["--form", "queues", "--steps", "functions"], Form("http", "functions", "function")),
    ],
    ids=lambda given: " ".join(given) or "no option" if isinstance(given, list) else "",
)
def test_options_say_which_parts_run_and_where(options: list[str], form: Form) -> None:
    assert form_of(**_given(options)) == form


def test_an_app_engine_task_reaches_no_function() -> None:
    """Source: Cloud Tasks v2, AppEngineHttpRequest: its target is a service of the project's App Engine app."""
    with pytest.raises(click.BadParameter, match="reach only what runs on App Engine; with --steps functions say http"):
        _given(["--form", "queues", "--steps", "functions", "--tasks", "app-engine"], and_then=form_of)


def _given(options: list[str], and_then: Any = dict) -> Any:
    """What the options of `mando up` say, without port and folder."""
    with command.make_context("up", list(options)) as context:
        return and_then(**{name: value for name, value in context.params.items() if name not in ("port", "data")})


FORMS = [
    Form(tasks_call, steps, reply)  # type: ignore[arg-type]
    for tasks_call, steps, reply in itertools.product(
        ("workflow", "http", "app-engine"), ("app-engine", "functions"), ("steps", "function", WORKER)
    )
    if not (steps == "functions" and (reply == "steps" or tasks_call == "app-engine"))
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.tasks_call}, {form.steps}, {form.reply}")
def test_in_each_form_the_programs_start_with_their_settings_and_a_reply_is_asked_for_where_it_is(form: Form) -> None:
    key = PrivateKey.generate()
    signer = SigningKey.generate().verify_key.encode().hex()
    started = {one.name: one for one in programs(PORTS, Path(), key, signer, "bot", Service("http://x"), form)}
    assert list(started) == ["ingress", "steps", *(["reply"] if form.reply == "function" else [])]
    ingress = ingress_config.read_config(started["ingress"].environment)
    draws = _settings(started["steps"].environment)
    replies = draws
    if form.reply == "function":
        replies = _settings(started["reply"].environment)
    elif form.reply == WORKER:
        replies = _settings(reply_settings(PORTS, key, "bot", form))
    where = {"steps": STEPS_URL, "function": program_url("reply"), WORKER: WORKER}[form.reply]
    assert (draws.audience == replies.audience) == (form.reply == "steps"), "a token for one host opens no other"
    if form.tasks_call == "workflow":
        asked = workflow_environment(form)
        assert (asked["STEPS_URL"], asked["STEPS_AUDIENCE"]) == (STEPS_URL, draws.audience)
        assert (asked["REPLY_URL"], asked["REPLY_AUDIENCE"]) == (where, replies.audience)
        assert ingress.step_tasks is None
        caller = "mando-workflow"
    else:
        assert ingress.step_tasks is not None
        assert ingress.step_tasks.url == (STEPS_URL if form.tasks_call == "http" else "")
        assert ingress.step_tasks.audience == draws.audience
        caller = "mando-tasks"
    is_app_engine_task = form.tasks_call == "app-engine" and form.reply == "steps"
    next_task = ("" if is_app_engine_task else where, replies.audience)
    for host in (draws, replies):
        assert (host.step_tasks.url, host.step_tasks.audience) == next_task
        assert host.has_workflow == (form.tasks_call == "workflow"), "else its tasks' first attempt is the first of all"
    assert {draws.workflow_service_account, replies.workflow_service_account} == {account(caller)}
    queues = ["create-image-queue", *(["reply-discord-queue", "urgent-reply-queue"] if form.reply == "steps" else [])]
    assert list(draws.app_engine_queues) == (queues if form.tasks_call == "app-engine" else [])
    assert replies is draws or replies.app_engine_queues == ()


def _settings(environ: Any) -> steps_config.Config:
    return steps_config.read_config(environ, lambda version: pytest.fail(f"asked for {version}"))


def test_each_form_is_said_in_other_words() -> None:
    said = {form.in_words for form in FORMS}
    assert len(said) == len(FORMS)
    assert HOST not in "".join(said)
    assert Form("app-engine", "app-engine", "function").in_words == (
        "Tasks of two queues call the steps as App Engine tasks, without a workflow. "
        "/reply-discord is a function of its own. Tasks call it over HTTP."
    )
    assert Form("http", "functions", WORKER).in_words.endswith(
        f"/generate-image is a function. /reply-discord is at {WORKER}."
    )
