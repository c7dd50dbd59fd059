"""The methods of queues.  Called by rest.py; error texts as recorded from the real service."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from local.googleapi.binding import RequestFields
from local.http.api_error import ApiError
from local.retention import QUEUE_TOMBSTONE_S
from local.tasks.dispatcher import Dispatcher
from local.tasks.queue_resource import Version, changed_queue, new_queue, queue_json
from local.tasks.rules import QueueConfig
from local.tasks.store import TaskStore

_PAGE = 9800  # Source: ListQueuesRequest.page_size, default and maximum
_NO_QUEUE = "Queue does not exist. If you just created the queue, wait at least a minute for the queue to initialize."
_TOO_RECENT = "The queue cannot be created because a queue with this name existed too recently."
_NAME_FORM = 'Queue name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>".'
_STATE_FILTER = re.compile(r"\s*state\s*[:=]\s*\"?(\w+)\"?\s*")


class QueuesApi:
    def __init__(self, store: TaskStore, dispatcher: Dispatcher) -> None:
        self._store = store
        self._dispatcher = dispatcher

    async def list_page(self, request: web.Request, asked: RequestFields) -> web.Response:
        """Queues in the order of their names; the page token is the last name of the page before."""
        size = page_size(asked, _PAGE)
        parent, after = request.match_info["parent"] + "/queues/", asked.get("pageToken", "")
        queues = [one for one in self._store.queues() if one.name.startswith(parent) and one.name > after]
        if filter_text := asked.get("filter"):
            wanted = _STATE_FILTER.fullmatch(filter_text)
            if wanted is None:
                raise ApiError(400, f"Invalid filter {filter_text!r}: only a state can be asked for, as state:PAUSED")
            queues = [one for one in queues if one.state == wanted[1]]
        page = {"queues": [queue_json(one, version(request)) for one in queues[:size]]} if queues else {}
        if len(queues) > size:
            return web.json_response({**page, "nextPageToken": queues[size - 1].name})
        return web.json_response(page)

    async def create(self, request: web.Request, asked: RequestFields) -> web.Response:
        body = asked["queue"]
        parent, name = request.match_info["parent"], body.get("name", "")
        if not re.fullmatch(r"projects/[^/]+/locations/[^/]+/queues/[A-Za-z0-9-]{1,100}", name):
            raise ApiError(400, _NAME_FORM)
        if not name.startswith(f"{parent}/"):
            raise ApiError(400, f"{name} must begin with {parent}.")
        if self._store.queue(name):
            raise ApiError(409, "Queue already exists")
        return self._put(self._new(name, body, version(request)), version(request))

    async def get(self, request: web.Request, asked: RequestFields) -> web.Response:
        """The queue; with stats where the readMask of v2beta3 names them."""
        queue, api_version = require_queue(self._store, request), version(request)
        shown = queue_json(queue, api_version)
        if "stats" in asked.get("readMask", ()):
            served = self._dispatcher.throttled(queue)
            rate = served.rate.max_dispatches_per_s if queue.state == "RUNNING" else 0.0
            shown["stats"] = {"tasksCount": str(self._store.depth(queue.name)), "effectiveExecutionRate": rate}
        return web.json_response(shown)

    async def update(self, request: web.Request, asked: RequestFields) -> web.Response:
        """Change the queue, or create it if it does not exist, as `gcloud app deploy queue.yaml` expects."""
        body, name = asked["queue"], queue_name(request)
        present = self._store.queue(name)
        if present is None:
            return self._put(self._new(name, body, version(request)), version(request))
        return self._put(changed_queue(present, body, asked["updateMask"], version(request)), version(request))

    async def delete(self, request: web.Request, asked: RequestFields) -> web.Response:
        name = queue_name(request)
        if self._store.queue(name) is None:
            raise ApiError(404, "Requested entity was not found.")
        self._store.delete_queue(name, self._dispatcher.now_s() + QUEUE_TOMBSTONE_S)
        self._dispatcher.wake(name)
        return web.json_response({})

    async def pause(self, request: web.Request, asked: RequestFields) -> web.Response:
        return self._put(replace(require_queue(self._store, request), state="PAUSED"), version(request))

    async def resume(self, request: web.Request, asked: RequestFields) -> web.Response:
        return self._put(replace(require_queue(self._store, request), state="RUNNING"), version(request))

    async def purge(self, request: web.Request, asked: RequestFields) -> web.Response:
        queue = replace(require_queue(self._store, request), purged_at_s=self._dispatcher.now_s())
        with self._store.transaction():
            self._store.put_queue(queue)
            self._store.order_purge(queue.name)
        await self._dispatcher.purge(queue.name)
        return web.json_response(queue_json(queue, version(request)))

    def _new(self, name: str, body: Mapping[str, Any], api_version: Version) -> QueueConfig:
        if self._store.queue_free_again_s(name) > self._dispatcher.now_s():
            raise ApiError(400, _TOO_RECENT, "FAILED_PRECONDITION")
        return new_queue(name, body, api_version)

    def _put(self, config: QueueConfig, api_version: Version) -> web.Response:
        self._store.put_queue(config)
        self._dispatcher.wake(config.name)
        return web.json_response(queue_json(config, api_version))


def queue_name(request: web.Request) -> str:
    return f"{request.match_info['parent']}/queues/{request.match_info['queue']}"


def require_queue(store: TaskStore, request: web.Request) -> QueueConfig:
    """The queue in the path.  Raises ApiError(404)."""
    queue = store.queue(queue_name(request))
    if queue is None:
        raise ApiError(404, _NO_QUEUE)
    return queue


def version(request: web.Request) -> Version:
    return "v2beta3" if request.match_info["version"] == "v2beta3" else "v2"


def page_size(asked: RequestFields, most: int) -> int:
    """Raises ApiError(400).  Source: AIP-158, a negative size is refused and one that is too large is cut."""
    size: int = asked.get("pageSize", 0)
    if size < 0:
        raise ApiError(400, f"page_size must not be negative: {size}")
    return min(size or most, most)
