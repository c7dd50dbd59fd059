"""The options that choose a form.  They mean the same to every command that has them."""

import functools
from collections.abc import Callable
from typing import Any, cast

import click

from cli.options import option
from deploy.form import Form, TasksCall


def form_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--form and --tasks; the command gets `form`, a Form."""

    @option(
        "--form",
        type=click.Choice(["workflow", "queues"]),
        default="workflow",
        help="who calls the steps: a workflow, or the tasks of two queues",
    )
    @option(
        "--tasks",
        type=click.Choice(["app-engine", "http"]),
        default="app-engine",
        help="how tasks call the steps, with --form queues",
    )
    @functools.wraps(command)
    def chosen(*arguments: Any, form: str, tasks: str, **options: Any) -> Any:
        return command(*arguments, form=Form("workflow" if form == "workflow" else cast(TasksCall, tasks)), **options)

    return chosen
