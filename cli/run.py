"""`mando run`: run any workflow file on this machine, print its execution as the API would show it."""

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from cli.errors import wrong_option
from cli.files import TooLarge, read_at_most
from cli.options import option
from cli.run_environment import TOKEN_ENV, Tokens, print_log, serve_callbacks
from cli.workflow_file import load
from local.executions.data.instant import instant
from local.executions.engine.live import LivePerformer, drive
from local.executions.engine.service import CANCELLED, parse_argument
from local.executions.engine.step_entries import History
from local.executions.engine.stubs import Stubs
from local.executions.engine.variables import built_in_variables
from local.executions.engine.virtual import Agenda
from local.executions.engine.virtual_live import drive as drive_in_virtual_time
from local.http.api_error import ApiError
from local.http.outgoing import outgoing_session
from local.workflows.effects import Run, Value
from local.workflows.errors import WorkflowError, WorkflowSyntaxError
from local.workflows.json_text import compact
from local.workflows.limits import raise_recursion_limit
from local.workflows.run.observer import Bill

_LAST_INSTANT_S = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
_LARGEST_STUBS_BYTES = 64 * 2**20
_EXIT_CODES = {"SUCCEEDED": 0, "FAILED": 1, "CANCELLED": 130}


class _NameValue(click.ParamType[tuple[str, str]]):
    """NAME=VALUE.  In the environment variable it is one pair a line, because a value may hold spaces."""

    name = "pair"
    envvar_list_splitter = "\n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, equals, content = str(value).partition("=")
        if not name or not equals:
            self.fail(f"{value!r} is not of the form NAME=VALUE", param, ctx)
        return name, content


def _merge_env(ctx: click.Context, param: click.Parameter, pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Add the pairs on the command line to those of the environment variable; Click alone would drop the latter."""
    below: Sequence[str] = ()
    if ctx.get_parameter_source(param.name) is ParameterSource.COMMANDLINE:
        below = param.type.split_envvar_value(os.environ.get(f"{ctx.auto_envvar_prefix}_{param.name.upper()}", ""))
    return dict([*(param.type.convert(each, param, ctx) for each in below if each), *pairs])


def _stubs(path: str) -> Stubs:
    try:
        return Stubs.parse(read_at_most(Path(path), _LARGEST_STUBS_BYTES).decode(), path)
    except OSError as error:
        raise click.BadParameter(f"cannot read {path}: {error.strerror}") from None
    except TooLarge as error:
        raise click.BadParameter(f"{path} {error}") from None
    except UnicodeDecodeError:
        raise click.BadParameter(f"{path} is not UTF-8") from None
    except WorkflowSyntaxError as error:
        raise click.BadParameter(str(error)) from None


def _base_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise click.BadParameter(f"{url!r} is not of the form http://HOST:PORT")
    return url


@click.command(
    epilog=f"Calls with auth carry the token in the environment variable {TOKEN_ENV}, or a made-up one. "
    "Exit codes: 0 SUCCEEDED, 1 FAILED, 2 the file or an argument is wrong, 130 CANCELLED by Ctrl-C."
)
@click.argument("file", type=click.Path(path_type=Path))
@option("--data", metavar="JSON", help="the argument of the execution")
@option(
    "--env",
    multiple=True,
    type=_NameValue(),
    callback=_merge_env,
    metavar="K=V",
    help="an environment variable; repeatable",
)
@option(
    "--stub",
    type=_stubs,
    metavar="FILE",
    help="what connectors answer: a map of their names to a value, to `return: VALUE` or `raise: ERROR`, or to a "
    "list of these, one a call",
)
@option(
    "--history",
    type=click.Choice(["basic", "detailed"]),
    help="print the step entries too, detailed with the variables",
)
@option(
    "--virtual-time",
    is_flag=True,
    help="sleeps and backoffs take no time; HTTP calls and callbacks take their real time",
)
@option(
    "--base-url",
    type=_base_url,
    default="http://127.0.0.1:8080",
    metavar="URL",
    help="the server that gets calls to Google's hosts",
)
def command(
    file: Path,
    data: str | None,
    env: dict[str, str],
    stub: Stubs | None,
    history: str | None,
    virtual_time: bool,
    base_url: str,
) -> int:
    """FILE is the workflow's YAML or JSON."""
    raise_recursion_limit()
    workflow, argument, tokens, stubs = load(file), _argument(data), Tokens.from_environment(), stub or Stubs()
    agenda = Agenda(time.time()) if virtual_time else None
    bill = Bill()
    name = f"projects/local/locations/local/workflows/file/executions/{uuid.uuid4()}"
    entries = History(name, lambda: _now(agenda), history == "detailed")
    variables = {**env, **built_in_variables(name, "000001-000")}
    run = workflow.run(argument, variables, entries.observe if history else None, bill, stubs.names)
    execution: dict[str, Any] = {"name": name, "argument": "null" if data is None else data}
    execution |= asyncio.run(_execute(run, entries, agenda, base_url, tokens, stubs))
    if history:
        execution["stepEntries"] = entries.entries
    print(json.dumps(execution, indent=2, ensure_ascii=False).encode(errors="replace").decode())
    sys.stderr.write(f"billable steps: {bill.internal} internal, {bill.external} external\n")
    return _EXIT_CODES[execution["state"]]


def _argument(data: str | None) -> Value:
    try:
        return parse_argument(data or "null")
    except ApiError as error:
        raise wrong_option("data", str(error)) from None


def _now(agenda: Agenda | None) -> str:
    now_s = time.time() if agenda is None else min(agenda.now_s, _LAST_INSTANT_S)
    return instant(datetime.fromtimestamp(now_s, UTC))


async def _execute(
    run: Run,
    history: History,
    agenda: Agenda | None,
    base_url: str,
    tokens: Tokens,
    stubs: Stubs,
) -> dict[str, Any]:
    """Run the workflow, return the fields of its execution.  With an agenda it runs in virtual time."""
    execution: dict[str, Any] = {"startTime": _now(agenda)}
    began_s = time.time() if agenda is None else agenda.now_s
    async with outgoing_session() as session, serve_callbacks() as callbacks:
        performer = LivePerformer(
            session,
            tokens.get,
            base_url,
            print_log,
            stubs=stubs,
            callbacks=callbacks,
            execution=history.execution,
        )
        driving = drive(run, performer.perform) if agenda is None else drive_in_virtual_time(run, performer, agenda)
        try:
            result = await driving
            execution |= {"state": "SUCCEEDED", "result": compact(result)}
        except WorkflowError as error:
            execution |= {"state": "FAILED", "error": error.as_execution_error()}
        except asyncio.CancelledError:  # Ctrl-C
            history.cancel()
            execution |= {"state": "CANCELLED", "error": CANCELLED}
    ended_s = time.time() if agenda is None else agenda.now_s
    execution |= {"endTime": _now(agenda), "duration": f"{ended_s - began_s:.6f}s"}
    return execution
