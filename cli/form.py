"""The options that say the form of a deployment, and the form that they say together."""

import re
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import click

from cli.errors import wrong_option
from cli.options import option
from local.form import Form

_URL = re.compile(r"https?://[^\s/]+")

Function = TypeVar("Function", bound=Callable[..., Any])


def _where(text: str) -> str:
    text = text.removesuffix("/")
    if text not in ("steps", "function") and not _URL.fullmatch(text):
        raise click.BadParameter(f"{text!r} is not steps, function or an address such as http://127.0.0.1:9000")
    return text


_OPTIONS = (
    option(
        "--form",
        type=click.Choice(["workflow", "queues"]),
        default="workflow",
        help="who calls the steps: a workflow, or the tasks of two queues",
    ),
    option(
        "--steps",
        type=click.Choice(["app-engine", "functions"]),
        default="app-engine",
        help="what the steps are: an App Engine service, or a function each",
    ),
    option(
        "--reply",
        type=_where,
        default="steps",
        metavar="steps|function|URL",
        help="where /reply-discord is: with the other step, in a function of its own, or at an address",
    ),
    option(
        "--tasks",
        type=click.Choice(["app-engine", "http"]),
        show_default="app-engine; http with --steps functions",
        help="how tasks call the steps, with --form queues",
    ),
)


def form_options(function: Function) -> Function:
    """The options of the form; form_of() reads them."""
    for add in reversed(_OPTIONS):
        function = add(function)
    return function


def form_of(form: str, steps: Literal["app-engine", "functions"], reply: str, tasks: str | None) -> Form:
    """Raises BadParameter where one option excludes another."""
    if tasks == "app-engine" and steps == "functions":
        raise wrong_option(
            "tasks", "App Engine tasks reach only what runs on App Engine; with --steps functions say http"
        )
    if reply == "steps" and steps == "functions":
        reply = "function"
    if form == "workflow":
        return Form("workflow", steps, reply)
    if tasks == "http" or (tasks is None and steps == "functions"):
        return Form("http", steps, reply)
    return Form("app-engine", steps, reply)
