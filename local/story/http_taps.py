"""Hears the calls to the local cloud that concern a request: what Discord answers the steps, and what queues refuse.

A middleware around the faults, so that a call that a fault hits is heard as its caller sees it.
"""

import json
import re
import time
from contextlib import suppress

from aiohttp import web
from aiohttp.typedefs import Handler

from local.data.disk import DiskUnavailable
from local.discord.data.interaction import id_in_token
from local.story.recorder import Recorder
from local.story.span import DISCORD, MOST_BODY_CHARACTERS, REPLY, Span, interaction_in, interaction_of_task

_EDIT = re.compile(r"/api/v10/webhooks/[0-9]+/([A-Za-z0-9+/=_-]{40,600}?)(?:/messages/[^/]+)?")
_TASKS = re.compile(r"/v2(?:beta3)?/(projects/[^/]+/locations/[^/]+/queues/[^/:]+)/tasks")
_TASK = re.compile(r"/v2(?:beta3)?/(projects/[^/]+/locations/[^/]+/queues/[^/:]+)/tasks/([^/:]+)")
_PURGE = re.compile(r"/v2(?:beta3)?/(projects/[^/]+/locations/[^/]+/queues/[^/:]+):purge")
_DELETED, _PURGED = "its task was deleted", "its queue was purged"


class HttpTaps:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method in ("PATCH", "POST") and (edit := _EDIT.fullmatch(request.path)):
            return await self._edit(request, handler, edit[1])
        if request.method == "POST" and (tasks := _TASKS.fullmatch(request.path)):
            return await self._task(request, handler, tasks[1])
        gone = _PURGE.fullmatch(request.path) if request.method == "POST" else None
        if request.method == "DELETE":
            gone = _TASK.fullmatch(request.path)
        if gone is None:
            return await handler(request)
        queue, task_id = (*gone.groups(), "")[:2]
        held: list[int] = []
        with suppress(DiskUnavailable):
            held = self._recorder.store.held_by(queue, task_id)
        answer = await handler(request)
        if answer.status == 200:
            for interaction in held:
                self._recorder.cancel(interaction, _DELETED if task_id else _PURGED)
        return answer

    async def _edit(self, request: web.Request, handler: Handler, token: str) -> web.StreamResponse:
        interaction = interaction_in(id_in_token(token) or "")
        if interaction is None:
            return await handler(request)
        begin_s, started_s = self._recorder.now_s(), time.monotonic()
        answer = await handler(request)
        status, body = _seen(request, answer)
        is_error = status is None or status >= 400
        self._recorder.note(
            Span(
                interaction,
                "edit",
                DISCORD,
                begin_s,
                begin_s + time.monotonic() - started_s,
                REPLY,
                is_error=is_error,
                status=status,
                sentence=_words(status, body) if is_error else "",
                body=body if is_error else "",
            )
        )
        return answer

    async def _task(self, request: web.Request, handler: Handler, queue: str) -> web.StreamResponse:
        begin_s = self._recorder.now_s()
        answer = await handler(request)
        status, body = _seen(request, answer)
        if status is not None and (status < 400 or status == 409):
            return answer
        interaction: int | None = None
        with suppress(ValueError, LookupError, TypeError, AttributeError):
            interaction = interaction_of_task(json.loads(await request.read())["task"]["name"])
        if interaction is not None:
            part = queue.rpartition("/")[2]
            words = f"{part} did not take the task" + (f": status {status}" if status else ", and did not answer")
            span = Span(
                interaction,
                "refusal",
                part,
                begin_s,
                self._recorder.now_s(),
                is_error=True,
                status=status,
                sentence=words,
                body=body,
            )
            self._recorder.note(span)
        return answer


def _seen(request: web.Request, answer: web.StreamResponse) -> tuple[int | None, str]:
    """The status and the body that the caller gets; None where the connection was cut."""
    if request.transport is None or request.transport.is_closing():
        return None, ""
    body = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
    return answer.status, body[:MOST_BODY_CHARACTERS].decode(errors="replace")


def _words(status: int | None, body: str) -> str:
    if status is None:
        return "Discord did not answer: the connection was cut"
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        found = json.loads(body)
        asked = f", and asks to wait {found['retry_after']:g} s" if "retry_after" in found else ""
        message = str(found["message"]).removesuffix(".")
        return f"Discord answered {status}: {message}{asked}"
    return f"Discord answered {status}"
