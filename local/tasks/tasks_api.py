"""The methods of tasks.  Called by rest.py; error texts as recorded from the real service."""

import secrets
from dataclasses import replace
from typing import Any

from aiohttp import web

from local.googleapi.binding import RequestFields
from local.http.api_error import ApiError
from local.tasks.dispatcher import Dispatcher
from local.tasks.queues_api import page_size, queue_name, require_queue
from local.tasks.store import NameTaken, TaskStore
from local.tasks.task import Task
from local.tasks.task_resource import new_task, task_json

_PAGE = 1000  # Source: ListTasksRequest.page_size, default and maximum
_EXISTS = "Requested entity already exists"
_TOO_RECENT = "The task cannot be created because a task with this name existed too recently."
_NOT_FOUND = "Requested entity was not found."
_GONE = (
    "The task no longer exists, though a task with this name existed recently. "
    "The task either successfully completed or was deleted."
)


class TasksApi:
    def __init__(self, store: TaskStore, dispatcher: Dispatcher) -> None:
        self._store = store
        self._dispatcher = dispatcher

    async def list_page(self, request: web.Request, asked: RequestFields) -> web.Response:
        """Tasks in the order of creation; the page token is the number of the last task of the page before."""
        queue = require_queue(self._store, request)
        size, token = page_size(asked, _PAGE), asked.get("pageToken", "0")
        if not token.isdecimal() or len(token) > 18:
            raise ApiError(400, "Invalid page token.")
        tasks = self._store.page(queue.name, int(token), size + 1)
        full = _wants_full(asked)
        page: dict[str, Any] = {"tasks": [task_json(task, full=full) for task in tasks[:size]]} if tasks else {}
        if len(tasks) > size:
            page["nextPageToken"] = str(tasks[size - 1].number)
        return web.json_response(page)

    async def create(self, request: web.Request, asked: RequestFields) -> web.Response:
        queue = require_queue(self._store, request)
        now_s = self._dispatcher.now_s()
        new = new_task(queue.name, asked.get("task", {}), now_s)
        try:
            task = self._store.create(queue.name, new if new.task_id else replace(new, task_id=_random_id()), now_s)
        except NameTaken:
            is_gone = self._store.is_gone(queue.name, new.task_id, now_s)
            raise ApiError(409, _TOO_RECENT if is_gone else _EXISTS) from None
        self._dispatcher.wake(queue.name)
        return web.json_response(task_json(task, full=_wants_full(asked)))

    async def get(self, request: web.Request, asked: RequestFields) -> web.Response:
        return web.json_response(task_json(self._task(request), full=_wants_full(asked)))

    async def delete(self, request: web.Request, asked: RequestFields) -> web.Response:
        queue, task = require_queue(self._store, request), self._task(request)
        self._store.leave_tombstones([task], self._dispatcher.now_s() + queue.tombstone_s)
        return web.json_response({})

    async def run(self, request: web.Request, asked: RequestFields) -> web.Response:
        """Start an attempt now and return the task; a task in flight does not start another one."""
        self._dispatcher.run_now(self._task(request))
        return await self.get(request, asked)

    def _task(self, request: web.Request) -> Task:
        queue, task_id = queue_name(request), request.match_info["task"]
        task = self._store.get(queue, task_id)
        if task is None:
            is_gone = self._store.is_gone(queue, task_id, self._dispatcher.now_s())
            raise ApiError(404, _GONE if is_gone else _NOT_FOUND)
        return task


def _random_id() -> str:
    """A number of up to 20 digits, as the service chooses them."""
    return str(secrets.randbits(64))


def _wants_full(asked: RequestFields) -> bool:
    return asked.get("responseView") == "FULL"
