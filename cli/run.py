"""`mando run`: any workflow file, on this machine; prints its execution as the API would show it."""

import argparse
import asyncio
import json
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from local.api_error import ApiError, api_errors
from local.executions.callbacks import Callbacks
from local.executions.database import Database
from local.executions.history import History
from local.executions.instant import instant
from local.executions.live import LivePerformer, drive
from local.executions.service import environment, parse_argument
from local.executions.stubs import Stubs
from local.workflows.compile import Workflow, compile_workflow
from local.workflows.effects import Auth, Run, Value
from local.workflows.errors import WorkflowError, WorkflowSyntaxError
from local.workflows.history import Bill

_LAST_S = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


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
    parser.add_argument("--virtual-time", action="store_true", help="sleeps and backoffs pass at once")
    parser.add_argument(
        "--base-url", default="http://127.0.0.1:8080", metavar="URL", help="what stands in for the cloud's own hosts"
    )


def run(arguments: argparse.Namespace) -> int:
    """0 SUCCEEDED, 1 FAILED, 2 the file or an argument is wrong."""
    try:
        workflow, argument, env = _load(arguments.file), _argument(arguments.data), _env(arguments.env)
        stubs = _stubs(arguments.stub)
    except WrongUse as error:
        sys.stderr.write(f"{error}\n")
        return 2
    clock = _VirtualClock() if arguments.virtual_time else _LiveClock()
    bill = Bill()
    name = f"projects/local/locations/local/workflows/file/executions/{uuid.uuid4()}"
    history = History(
        name, lambda: instant(datetime.fromtimestamp(clock.now_s(), UTC)), arguments.history == "detailed"
    )
    builtin = environment(name, "000001-000")
    observe = history.observe if arguments.history else None
    run = workflow.run(argument, {**env, **builtin}, observe, bill, stubs.names)
    execution = asyncio.run(_execute(run, history, clock, arguments.base_url, stubs))
    if arguments.data is not None:
        execution["argument"] = arguments.data
    print(json.dumps(execution, indent=2, ensure_ascii=False).encode(errors="replace").decode())
    sys.stderr.write(f"billable steps: {bill.internal} internal, {bill.external} external\n")
    return 0 if execution["state"] == "SUCCEEDED" else 1


class _LiveClock:
    def now_s(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _VirtualClock:
    """Real time, plus every sleep that was skipped."""

    def __init__(self) -> None:
        self._skipped_s = 0.0

    def now_s(self) -> float:
        return min(time.time() + self._skipped_s, _LAST_S)

    async def sleep(self, seconds: float) -> None:
        self._skipped_s += seconds


async def _execute(
    run: Run, history: History, clock: _LiveClock | _VirtualClock, base_url: str, stubs: Stubs
) -> dict[str, Any]:
    began_s = clock.now_s()
    execution: dict[str, Any] = {
        "name": history.execution,
        "startTime": instant(datetime.fromtimestamp(began_s, UTC)),
    }
    sleep: Callable[[float], Awaitable[None]] = clock.sleep
    async with aiohttp.ClientSession() as session, _callbacks() as callbacks:
        performer = LivePerformer(
            session, _no_token, base_url, _print_log, sleep, clock.now_s, stubs, callbacks, execution["name"]
        )
        try:
            result = await drive(run, performer.perform)
            execution |= {"state": "SUCCEEDED", "result": json.dumps(result, ensure_ascii=False)}
        except WorkflowError as error:
            execution |= {"state": "FAILED", "error": error.as_execution_error()}
    ended_s = clock.now_s()
    execution["endTime"] = instant(datetime.fromtimestamp(ended_s, UTC))
    execution["duration"] = f"{ended_s - began_s:.6f}s"
    if history.entries:
        execution["stepEntries"] = history.entries
    return execution


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


def _load(path: Path) -> Workflow:
    try:
        return compile_workflow(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise WrongUse(f"mando run: cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongUse(f"mando run: {path} is not UTF-8") from None
    except WorkflowSyntaxError as error:
        raise WrongUse(str(error)) from None


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


def _no_token(auth: Auth) -> str:
    raise WorkflowError.tagged("AuthError", f"`mando run` has no {auth.kind} token to send; `mando up` has")


def _print_log(data: Value, severity: str) -> None:
    sys.stderr.write(json.dumps({"severity": severity, "data": data}, ensure_ascii=False, default=str) + "\n")
