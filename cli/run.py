"""`mando run`: any workflow file, on this machine; prints its execution as the API would show it."""

import argparse
import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from cli.workflow_file import NoWorkflow, load
from local.api_error import ApiError, api_errors
from local.executions.callbacks import Callbacks
from local.executions.database import Database
from local.executions.history import History
from local.executions.instant import instant
from local.executions.live import LivePerformer, drive
from local.executions.service import CANCELLED, environment, parse_argument
from local.executions.stubs import Stubs
from local.executions.virtual import Agenda
from local.executions.virtual_live import drive as drive_in_virtual_time
from local.outgoing import outgoing_session
from local.workflows.effects import Auth, Run, Value
from local.workflows.errors import WorkflowError, WorkflowSyntaxError
from local.workflows.history import Bill
from local.workflows.json_text import compact

_LAST_S = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
_TOKEN = "MANDO_RUN_TOKEN"  # noqa: S105 -- the variable's name
_MADE_UP = "made-up-by-mando-run"
_EXIT_CODES = {"SUCCEEDED": 0, "FAILED": 1, "CANCELLED": 130}


class WrongUse(Exception):
    """Raised when the command cannot run what it is given; the message is for the terminal."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the workflow's YAML or JSON")
    parser.add_argument("--data", metavar="JSON", help="the argument of the execution")
    parser.add_argument("--env", action="append", default=[], metavar="K=V", help="an environment variable; repeatable")
    parser.add_argument(
        "--stub",
        type=Path,
        metavar="FILE",
        help="what connectors answer: a map of their names to a value, to `return: VALUE` or `raise: ERROR`, or to a "
        "list of these, one a call",
    )
    parser.add_argument(
        "--history", choices=("basic", "detailed"), help="print the step entries too, detailed with the variables"
    )
    parser.add_argument(
        "--virtual-time",
        action="store_true",
        help="sleeps and backoffs pass at once; while an HTTP call is under way or a callback is awaited, "
        "time runs as it does",
    )
    parser.add_argument(
        "--base-url", default="http://127.0.0.1:8080", metavar="URL", help="what stands in for the cloud's own hosts"
    )
    parser.epilog = (
        f"Calls with auth carry the token in the environment variable {_TOKEN}, or a made-up one. "
        "Exit codes: 0 SUCCEEDED, 1 FAILED, 2 the file or an argument is wrong, 130 CANCELLED by Ctrl-C."
    )


def run(arguments: argparse.Namespace) -> int:
    """0 SUCCEEDED, 1 FAILED, 2 the file or an argument is wrong, 130 CANCELLED."""
    try:
        workflow, argument, env = load(arguments.file), _argument(arguments.data), _env(arguments.env)
        stubs, base_url, tokens = _stubs(arguments.stub), _base_url(arguments.base_url), _Tokens.from_environment()
    except (NoWorkflow, WrongUse) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    agenda = Agenda(time.time()) if arguments.virtual_time else None
    bill = Bill()
    name = f"projects/local/locations/local/workflows/file/executions/{uuid.uuid4()}"
    history = History(name, lambda: _instant(agenda), arguments.history == "detailed")
    builtin = environment(name, "000001-000")
    observe = history.observe if arguments.history else None
    run = workflow.run(argument, {**env, **builtin}, observe, bill, stubs.names)
    execution = {"name": name, "argument": "null" if arguments.data is None else arguments.data}
    execution |= asyncio.run(_execute(run, history, agenda, base_url, tokens, stubs))
    if arguments.history:
        execution["stepEntries"] = history.entries
    print(json.dumps(execution, indent=2, ensure_ascii=False).encode(errors="replace").decode())
    sys.stderr.write(f"billable steps: {bill.internal} internal, {bill.external} external\n")
    return _EXIT_CODES[execution["state"]]


def _instant(agenda: Agenda | None) -> str:
    now_s = time.time() if agenda is None else min(agenda.now_s, _LAST_S)
    return instant(datetime.fromtimestamp(now_s, UTC))


async def _execute(
    run: Run,
    history: History,
    agenda: Agenda | None,
    base_url: str,
    tokens: "_Tokens",
    stubs: Stubs,
) -> dict[str, Any]:
    """How it went.  Without an agenda it takes the time that it takes."""
    execution: dict[str, Any] = {"startTime": _instant(agenda)}
    began_s = time.time() if agenda is None else agenda.now_s
    async with outgoing_session() as session, _callbacks() as callbacks:
        performer = LivePerformer(
            session, tokens.give, base_url, _print_log, stubs=stubs, callbacks=callbacks, execution=history.execution
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
    execution |= {"endTime": _instant(agenda), "duration": f"{ended_s - began_s:.6f}s"}
    return execution


class _Tokens:
    """The token of calls with auth: the user's, or a made-up one, which is said once."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    @classmethod
    def from_environment(cls) -> "_Tokens":
        token = os.environ.get(_TOKEN, "").strip()
        if not token.isascii() or not token.isprintable():
            raise WrongUse(f"mando run: {_TOKEN} has a character that no token has")
        return cls(token or None)

    def give(self, _: Auth) -> str:
        if self._token is None:
            sys.stderr.write(f"mando run: calls with auth carry a made-up token; {_TOKEN} can hold a real one\n")
            self._token = _MADE_UP
        return self._token


class _Announced(Callbacks):
    """Says in the terminal where a request is awaited."""

    def create(self, execution: str, method: str) -> str:
        url = super().create(execution, method)
        sys.stderr.write(f"callback: {method} {url}\n")
        return url


@asynccontextmanager
async def _callbacks() -> AsyncIterator[Callbacks]:
    """Served on a free port of this machine for as long as the execution runs."""
    database = Database(Path(":memory:"))
    callbacks = _Announced(database, "")
    app = web.Application(middlewares=[api_errors])
    app.add_routes(callbacks.routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        callbacks.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield callbacks
    finally:
        await runner.cleanup()
        database.close()


def _argument(data: str | None) -> Value:
    try:
        return parse_argument(data or "null")
    except ApiError as error:
        raise WrongUse(f"mando run: --data: {error}") from None


def _stubs(path: Path | None) -> Stubs:
    try:
        return Stubs.parse(path.read_text(encoding="utf-8"), str(path)) if path is not None else Stubs()
    except OSError as error:
        raise WrongUse(f"mando run: --stub: cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongUse(f"mando run: --stub: {path} is not UTF-8") from None
    except WorkflowSyntaxError as error:
        raise WrongUse(f"mando run: --stub: {error}") from None


def _env(pairs: list[str]) -> dict[str, str]:
    env = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise WrongUse(f"mando run: --env: {pair!r} is not of the form NAME=VALUE")
        env[name] = value
    return env


def _base_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise WrongUse(f"mando run: --base-url: {url!r} is not of the form http://HOST:PORT")
    return url


def _print_log(data: Value, severity: str) -> None:
    sys.stderr.write(json.dumps({"severity": severity, "data": data}, ensure_ascii=False, default=str) + "\n")
