"""Callback addresses of executions (events.create_callback_endpoint), on the port of the REST faces.

A request that comes before the execution waits is stored, and survives kill -9.  An address ends with its execution.
Source: Workflows, "Wait using callbacks"; Workflow Executions v1, executions.callbacks.
"""

import asyncio
import json
import uuid
from base64 import b64decode, b64encode
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from local.executions.data.database import Database
from local.executions.data.instant import instant
from local.googleapi.binding import RequestFields, read_request
from local.googleapi.methods import EXECUTIONS
from local.http.api_error import ApiError
from local.workflows.effects import CallbackRequest

_EXECUTION = r"/v1/{execution:projects/[^/]+/locations/[^/]+/workflows/[^/]+/executions/[^/]+}"


@dataclass(slots=True)
class _Waiting:
    """The waits at one address.  claimed: the numbers of requests that were already given to a wait."""

    arrivals: asyncio.Condition = field(default_factory=asyncio.Condition)
    claimed: set[int] = field(default_factory=set)


class Callbacks:
    """Creates addresses and waits for requests.  base_url, scheme://host:port, is where routes() are served."""

    def __init__(self, database: Database, base_url: str) -> None:
        self.base_url = base_url
        self._database = database
        self._waiting: dict[str, defaultdict[str, _Waiting]] = {}  # execution → its addresses

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get(_EXECUTION + "/callbacks", read_request(EXECUTIONS, "ListCallbacks", self._list)),
            web.route("*", _EXECUTION + "/callbacks/{id}", self._receive),
        ]

    def create(self, execution: str, method: str) -> str:
        """The URL of a new address of that execution, which takes this method."""
        name = f"{execution}/callbacks/{uuid.uuid4()}"
        self._database.run("INSERT INTO callbacks VALUES (?, ?, ?)", name, execution, method)
        return f"{self.base_url}/v1/{name}"

    async def wait(self, url: str, timeout_s: float) -> CallbackRequest | None:
        """The next request there, None when timeout_s has passed.  Raises KeyError for an unknown address.

        A request is given to one wait only, and stays stored until its outcome is in a journal.
        """
        name = url.partition("/v1/")[2]
        if self._method(name) is None:
            raise KeyError(url)
        arrivals = self._at(name).arrivals
        try:
            async with asyncio.timeout(timeout_s), arrivals:
                while (request := self._claim(name)) is None:
                    await arrivals.wait()
                return request
        except TimeoutError:
            return self._claim(name)

    def end(self, execution: str) -> None:
        """Forget the waits of an execution; its claimed requests may be claimed again."""
        self._waiting.pop(execution, None)

    def _at(self, name: str) -> _Waiting:
        return self._waiting.setdefault(name.rpartition("/callbacks/")[0], defaultdict(_Waiting))[name]

    def _method(self, name: str) -> str | None:
        row = self._database.row("SELECT method FROM callbacks WHERE name = ?", name)
        return row[0] if row else None

    def _claim(self, name: str) -> CallbackRequest | None:
        for number, text in self._database.rows(
            "SELECT number, request FROM callback_requests WHERE callback = ? ORDER BY number", name
        ):
            claimed = self._at(name).claimed
            if number not in claimed:
                claimed.add(number)
                kept = json.loads(text)
                return CallbackRequest(**{**kept, "number": number, "body": b64decode(kept["body"])})
        return None

    async def _list(self, request: web.Request, asked: RequestFields) -> web.Response:
        rows = self._database.rows(
            "SELECT name, method FROM callbacks WHERE execution = ? ORDER BY name", request.match_info["execution"]
        )
        callbacks: list[dict[str, Any]] = [{"name": name, "method": method} for name, method in rows]
        return web.json_response({"callbacks": callbacks} if callbacks else {})

    async def _receive(self, request: web.Request) -> web.Response:
        name = request.path.removeprefix("/v1/")
        method = self._method(name)
        if method is None:
            raise ApiError(404, "The callback does not exist: its execution is over, or it never was.")
        if request.method != method:
            raise ApiError(405, f"The callback takes {method}, not {request.method}.", "INVALID_ARGUMENT")
        kept = {
            "received_at": instant(),
            "method": request.method,
            "url": request.path_qs,
            "headers": dict(request.headers),
            "query": dict(request.query),
            "body": b64encode(await request.read()).decode(),
        }
        self._database.run("INSERT INTO callback_requests (callback, request) VALUES (?, ?)", name, json.dumps(kept))
        arrivals = self._at(name).arrivals
        async with arrivals:
            arrivals.notify_all()
        return web.json_response({})
