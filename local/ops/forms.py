"""The forms of the pages: each does one thing, then leads back to the page that it was on.  Called by local/server.py.

A browser sends them without scripts too.  Programs use the addresses that take JSON: requests.py, /faults, /v2/….
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from aiohttp import web

from local.http.api_error import ApiError
from local.ops.again import Again
from local.ops.broken import SWITCHES
from local.ops.render import html
from local.ops.replays import Asked, Replays
from local.ops.requests import INTERACTION, REPLAY
from local.project import PLACE

_QUEUE = "{queue:[A-Za-z0-9-]{1,100}}"
_BACK = re.compile(r"/ops(/[A-Za-z0-9/._-]*)?(\?[A-Za-z0-9=&%+,.:_-]*)?")

Fields = Mapping[str, str]
Do = Callable[[web.Request, Fields], Awaitable[str | None]]


class Forms:
    """session: to call the local cloud itself, at base_url, as gcloud does."""

    def __init__(
        self,
        again: Again,
        replays: Replays,
        session: aiohttp.ClientSession,
        base_url: str,
        now_s: Callable[[], float],
    ) -> None:
        self._again = again
        self._replays = replays
        self._session = session
        self._base_url = base_url
        self._now_s = now_s

    def routes(self) -> list[web.AbstractRouteDef]:
        at = "/ops/forms"
        return [
            web.get(f"/ops/confirm/requests/{INTERACTION}/cancel", self._ask_cancel),
            web.get(f"/ops/confirm/queues/{_QUEUE}/purge", self._ask_purge),
            web.post(f"{at}/requests/{INTERACTION}/{{verb:replay|reply|cancel}}", _form(self._request)),
            web.post(f"{at}/queues/{_QUEUE}/{{verb:pause|resume|purge}}", _form(self._queue)),
            web.post(f"{at}/replays", _form(self._replay_all)),
            web.post(f"{at}/replays/{REPLAY}/stop", _form(self._stop)),
            web.post(f"{at}/faults", _form(self._break)),
            web.post(f"{at}/faults/remove", _form(self._mend)),
            web.post(f"{at}/switches/{{name:[a-z-]{{1,40}}}}", _form(self._switch)),
            web.post(f"{at}/faults/{{clock:clock|token-clock}}", _form(self._set_clock)),
        ]

    async def _ask_cancel(self, request: web.Request) -> web.Response:
        interaction = request.match_info["interaction"]
        return _question(
            request,
            f"Cancel request {interaction}?",
            "Its executions stop, its tasks are deleted, and the member is told that it was stopped.",
            f"requests/{interaction}/cancel",
            "Cancel it",
        )

    async def _ask_purge(self, request: web.Request) -> web.Response:
        queue = request.match_info["queue"]
        return _question(
            request,
            f"Purge {queue}?",
            "All its tasks are deleted. Their requests are cancelled, and the members are not told.",
            f"queues/{queue}/purge",
            "Purge it",
        )

    async def _request(self, request: web.Request, _: Fields) -> None:
        interaction = int(request.match_info["interaction"])
        match request.match_info["verb"]:
            case "replay":
                self._again.replay(interaction)
            case "reply":
                self._again.reply(interaction)
            case "cancel":
                await self._again.cancel(interaction)

    async def _queue(self, request: web.Request, _: Fields) -> None:
        name = f"{PLACE}/queues/{request.match_info['queue']}"
        await self._call("POST", f"/v2/{name}:{request.match_info['verb']}", {})

    async def _replay_all(self, _: web.Request, fields: Fields) -> str:
        asked = Asked.of(
            {
                "states": fields.get("states", "failed,told").split(","),
                "sinceS": _number(fields, "since"),
                "ratePerS": _number(fields, "rate"),
            }
        )
        return f"/ops/replays/{self._replays.begin(asked, self._now_s())['id']}"

    async def _stop(self, request: web.Request, _: Fields) -> str:
        number = int(request.match_info["number"])
        self._replays.stop(number)
        return f"/ops/replays/{number}"

    async def _break(self, _: web.Request, fields: Fields) -> None:
        """A fault or a scenario, as /faults takes it."""
        body: dict[str, Any] = {name: fields[name] for name in ("target", "kind", "scenario") if fields.get(name)}
        if fields.get("after"):
            body["after"] = True
        if fields.get("count"):
            body["count"] = int(_number(fields, "count"))
        if fields.get("for_s"):
            body["for_s"] = _number(fields, "for_s")
        await self._call("POST", "/faults", body)

    async def _switch(self, request: web.Request, fields: Fields) -> None:
        switch = next((one for one in SWITCHES if one.name == request.match_info["name"]), None)
        if switch is None:
            raise ApiError(404, f"there is no switch {request.match_info['name'][:40]}")
        for fault in switch.faults:
            if fields.get("on"):
                await self._call("POST", "/faults", fault.as_json())
            else:
                await self._call("DELETE", "/faults", params={"target": fault.target, "kind": fault.kind})

    async def _mend(self, _: web.Request, fields: Fields) -> None:
        chosen = {name: fields[name] for name in ("target", "kind", "scenario") if fields.get(name)}
        await self._call("DELETE", "/faults", params=chosen)

    async def _set_clock(self, request: web.Request, fields: Fields) -> None:
        await self._call("POST", f"/faults/{request.match_info['clock']}", {"offset_s": _number(fields, "offset_s")})

    async def _call(self, method: str, path: str, body: object = None, params: Mapping[str, str] | None = None) -> None:
        """A call to the local cloud.  Raises ApiError with what it says."""
        async with self._session.request(method, self._base_url + path, json=body, params=params) as answer:
            if answer.status >= 400:
                said = await answer.json()
                raise ApiError(answer.status, said["error"]["message"], said["error"]["status"])


def _form(do: Do) -> Callable[[web.Request], Awaitable[web.Response]]:
    """do(request, fields) returns where to go; None: back."""

    async def done(request: web.Request) -> web.Response:
        given = await request.post()
        fields = {name: value for name, value in given.items() if isinstance(value, str)}
        back = _back(fields.get("back", ""))
        try:
            there = await do(request, fields)
        except ApiError as error:
            return html("problem.html", {"words": str(error), "status": error.code, "back": back}, error.code)
        return web.Response(status=303, headers={"Location": there or back})

    return done


def _question(request: web.Request, title: str, words: str, action: str, yes: str) -> web.Response:
    back = _back(request.query.get("back", ""))
    return html("confirm.html", {"title": title, "words": words, "action": action, "yes": yes, "back": back})


def _back(given: str) -> str:
    """A page of ours, never an address of somebody else."""
    return given if _BACK.fullmatch(given) else "/ops"


def _number(fields: Fields, name: str) -> float:
    """Raises ApiError(400)."""
    try:
        return float(fields.get(name, ""))
    except ValueError:
        raise ApiError(400, f"{name} is a number, not '{fields.get(name, '')[:40]}'") from None
