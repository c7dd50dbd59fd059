"""Cloud Tasks' REST face: /v2 for every client, /v2beta3 for `gcloud app deploy queue.yaml`.

Error texts as recorded from the real service.
"""

import re
import secrets
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from local.api_error import ApiError, read_json
from local.tasks.dispatcher import Dispatcher
from local.tasks.resource import changed_queue, checked_http_request, parse_instant, queue_json, task_json
from local.tasks.rules import YAML_TOMBSTONE_S, QueueConfig, QueueState
from local.tasks.store import NameTaken, Task, TaskStore

_PARENT = r"/{version:v2|v2beta3}/{parent:projects/[^/]+/locations/[^/]+}"
_QUEUE = _PARENT + r"/queues/{queue:[^/:]+}"
_TASK = _QUEUE + r"/tasks/{task:[^/:]+}"
_MAX_AHEAD_S = 30 * 86400

_NO_QUEUE = "Queue does not exist. If you just created the queue, wait at least a minute for the queue to initialize."
_NOT_FOUND = "Requested entity was not found."
_GONE = (
    "The task no longer exists, though a task with this name existed recently. "
    "The task either successfully completed or was deleted."
)


def routes(store: TaskStore, dispatcher: Dispatcher) -> list[web.AbstractRouteDef]:
    face = _Face(store, dispatcher)
    return [
        web.get(_PARENT + "/queues", face.list_queues),
        web.post(_PARENT + "/queues", face.create_queue),
        web.get(_QUEUE, face.get_queue),
        web.patch(_QUEUE, face.update_queue),
        web.delete(_QUEUE, face.delete_queue),
        web.post(_QUEUE + ":{verb:pause|resume|purge}", face.change_queue),
        web.get(_QUEUE + "/tasks", face.list_tasks),
        web.post(_QUEUE + "/tasks", face.create_task),
        web.get(_TASK, face.get_task),
        web.delete(_TASK, face.delete_task),
        web.post(_TASK + ":run", face.run_task),
        web.get("/v2/{project:projects/[^/]+}/locations", _locations),
    ]


class _Face:
    def __init__(self, store: TaskStore, dispatcher: Dispatcher) -> None:
        self._store = store
        self._dispatcher = dispatcher

    async def list_queues(self, request: web.Request) -> web.Response:
        parent = request.match_info["parent"] + "/queues/"
        queues = [queue_json(queue) for queue in self._store.queues() if queue.name.startswith(parent)]
        return web.json_response({"queues": queues} if queues else {})

    async def create_queue(self, request: web.Request) -> web.Response:
        body = await read_json(request)
        parent = request.match_info["parent"]
        name = str(body.get("name", ""))
        if not re.fullmatch(re.escape(parent) + r"/queues/[A-Za-z0-9-]{1,100}", name):
            raise ApiError(
                400, 'Queue name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>".'
            )
        if self._store.queue(name):
            raise ApiError(409, "Queue already exists")
        return self._put(changed_queue(QueueConfig(name), body, None))

    async def get_queue(self, request: web.Request) -> web.Response:
        return web.json_response(queue_json(self._queue(request)))

    async def update_queue(self, request: web.Request) -> web.Response:
        """v2beta3 makes a queue that is not there: so `gcloud app deploy queue.yaml` brings in a new one."""
        body = await read_json(request)
        is_beta = request.match_info["version"] == "v2beta3"
        name = _queue_name(request)
        present = self._store.queue(name)
        if present is None and not is_beta:
            raise ApiError(404, _NO_QUEUE)
        config = present or QueueConfig(name)
        if is_beta:
            config = replace(config, tombstone_s=YAML_TOMBSTONE_S)
        mask = request.query.get("updateMask")
        return self._put(changed_queue(config, body, [_camel(path) for path in mask.split(",")] if mask else None))

    async def delete_queue(self, request: web.Request) -> web.Response:
        if self._store.queue(_queue_name(request)) is None:
            raise ApiError(404, _NOT_FOUND)
        self._store.delete_queue(_queue_name(request))
        self._dispatcher.wake(_queue_name(request))
        return web.json_response({})

    async def change_queue(self, request: web.Request) -> web.Response:
        queue = self._queue(request)
        verb = request.match_info["verb"]
        if verb == "purge":
            self._store.purge(queue.name)
            return web.json_response(queue_json(queue))
        state: QueueState = "PAUSED" if verb == "pause" else "RUNNING"
        return self._put(replace(queue, state=state))

    async def list_tasks(self, request: web.Request) -> web.Response:
        queue = self._queue(request)
        try:
            size = min(int(request.query.get("pageSize") or 1000), 1000)
            after = int(request.query.get("pageToken") or 0)
        except ValueError:
            raise ApiError(400, "The page size or the page token is not valid.") from None
        tasks = self._store.page(queue.name, after, size + 1)
        page: dict[str, Any] = {"tasks": [task_json(task, _wants_full(request.query)) for task in tasks[:size]]}
        if len(tasks) > size:
            page["nextPageToken"] = str(tasks[size - 1].number)
        return web.json_response(page)

    async def create_task(self, request: web.Request) -> web.Response:
        queue = self._queue(request)
        body = await read_json(request)
        given = _object(body.get("task"), "task")
        name = _task_name(queue.name, given.get("name"))
        now_s = time.time()
        schedule_s = parse_instant(given["scheduleTime"]) if given.get("scheduleTime") else now_s
        if schedule_s > now_s + _MAX_AHEAD_S:
            raise ApiError(400, "The schedule time must be at most 30 days in the future.")
        resource = {
            "httpRequest": checked_http_request(given),
            "dispatchDeadline": given.get("dispatchDeadline", "600s"),
            "createTime": datetime.fromtimestamp(now_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        try:
            task = self._store.create(queue.name, name, resource, max(schedule_s, now_s), now_s)
        except NameTaken:
            raise ApiError(409, "Requested entity already exists") from None
        self._dispatcher.wake(queue.name)
        return web.json_response(task_json(task, _wants_full(body)))

    async def get_task(self, request: web.Request) -> web.Response:
        return web.json_response(task_json(self._task(request), _wants_full(request.query)))

    async def delete_task(self, request: web.Request) -> web.Response:
        task = self._task(request)
        queue = self._queue(request)
        self._store.bury(task, time.time() + queue.tombstone_s)
        return web.json_response({})

    async def run_task(self, request: web.Request) -> web.Response:
        task = self._task(request)
        await self._dispatcher.run_now(task)
        return web.json_response(task_json(self._store.get(task.name) or task, full=False))

    def _put(self, config: QueueConfig) -> web.Response:
        self._store.put_queue(config)
        self._dispatcher.wake(config.name)
        return web.json_response(queue_json(config))

    def _queue(self, request: web.Request) -> QueueConfig:
        queue = self._store.queue(_queue_name(request))
        if queue is None:
            raise ApiError(404, _NO_QUEUE)
        return queue

    def _task(self, request: web.Request) -> Task:
        name = f"{_queue_name(request)}/tasks/{request.match_info['task']}"
        task = self._store.get(name)
        if task is None:
            raise ApiError(404, _GONE if self._store.is_buried(name, time.time()) else _NOT_FOUND)
        return task


def _queue_name(request: web.Request) -> str:
    return f"{request.match_info['parent']}/queues/{request.match_info['queue']}"


def _task_name(queue: str, given: str | None) -> str:
    if not given:
        return f"{queue}/tasks/{secrets.randbits(63)}"
    parent, _, task_id = given.rpartition("/tasks/")
    if parent != queue:
        raise ApiError(
            400,
            f"The queue name from request ('{queue}') must be the same as "
            f"the queue name in the named task ('{parent}').",
        )
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,500}", task_id):
        raise ApiError(
            400,
            f'Task ID "{task_id}" can contain only letters ([A-Za-z]), numbers ([0-9]), hyphens (-), or '
            "underscores (_). Task ID must between 1 and 500 characters.",
        )
    return given


def _object(value: object, field: str) -> dict[str, Any]:
    if not isinstance(value, dict | None):
        raise ApiError(400, f"Invalid value at '{field}'")
    return value or {}


def _wants_full(given: Any) -> bool:
    return str(given.get("responseView")) in ("FULL", "2")


def _camel(path: str) -> str:
    """Client libraries name a field as in the proto, gcloud as in JSON."""
    return re.sub(r"_([a-z])", lambda letter: letter[1].upper(), path)


async def _locations(request: web.Request) -> web.Response:
    location = {
        "name": f"{request.match_info['project']}/locations/us-central1",
        "locationId": "us-central1",
        "labels": {"cloud.googleapis.com/region": "us-central1"},
    }
    return web.json_response({"locations": [location]})
