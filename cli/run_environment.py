"""The environment of a workflow under `mando run`: tokens, callback endpoints, a log in the terminal."""

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from cli.errors import CannotStart
from local.executions.data.database import Database
from local.executions.engine.callbacks import Callbacks
from local.http.api_error import api_errors
from local.http.listening import listening
from local.workflows.effects import Auth, Value

TOKEN_ENV = "MANDO_RUN_TOKEN"  # noqa: S105 -- the variable's name
_MADE_UP = "made-up-by-mando-run"


class Tokens:
    """The token of calls with auth: the user's, or a made-up one; then one line on stderr says so."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    @classmethod
    def from_environment(cls) -> "Tokens":
        token = os.environ.get(TOKEN_ENV, "").strip()
        if not token.isascii() or not token.isprintable():
            raise CannotStart(f"{TOKEN_ENV} has a character that no token has")
        return cls(token or None)

    def get(self, _: Auth) -> str:
        if self._token is None:
            sys.stderr.write(f"mando run: calls with auth carry a made-up token; {TOKEN_ENV} can hold a real one\n")
            self._token = _MADE_UP
        return self._token


class _AnnouncedCallbacks(Callbacks):
    """Callbacks that print their URL in the terminal."""

    def create(self, execution: str, method: str) -> str:
        url = super().create(execution, method)
        sys.stderr.write(f"callback: {method} {url}\n")
        return url


@asynccontextmanager
async def serve_callbacks() -> AsyncIterator[Callbacks]:
    """Serve the callback endpoints on a free port of this machine while the execution runs."""
    database = Database(Path(":memory:"))
    callbacks = _AnnouncedCallbacks(database, "")
    app = web.Application(middlewares=[api_errors])
    app.add_routes(callbacks.routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    try:
        async with listening(runner, "127.0.0.1", 0) as port:
            callbacks.base_url = f"http://127.0.0.1:{port}"
            yield callbacks
    finally:
        database.close()


def print_log(data: Value, severity: str) -> None:
    sys.stderr.write(json.dumps({"severity": severity, "data": data}, ensure_ascii=False, default=str) + "\n")
