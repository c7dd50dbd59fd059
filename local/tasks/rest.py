"""Cloud Tasks' REST face: /v2 for every client, /v2beta3 for `gcloud app deploy queue.yaml`."""

from aiohttp import web

from local.api_error import ApiError
from local.tasks.dispatcher import Dispatcher
from local.tasks.queues_api import QueuesApi
from local.tasks.store import TaskStore
from local.tasks.tasks_api import TasksApi

_VERSION = r"/{version:v2|v2beta3}"
_PARENT = _VERSION + r"/{parent:projects/[^/]+/locations/[^/]+}"
_QUEUE = _PARENT + r"/queues/{queue:[^/:]+}"
_TASK = _QUEUE + r"/tasks/{task:[^/:]+}"
_LOCATION = "us-central1"


def routes(store: TaskStore, dispatcher: Dispatcher) -> list[web.AbstractRouteDef]:
    queues, tasks = QueuesApi(store, dispatcher), TasksApi(store, dispatcher)
    return [
        web.get(_PARENT + "/queues", queues.list_page),
        web.post(_PARENT + "/queues", queues.create),
        web.get(_QUEUE, queues.get),
        web.patch(_QUEUE, queues.update),
        web.delete(_QUEUE, queues.delete),
        web.post(_QUEUE + ":pause", queues.pause),
        web.post(_QUEUE + ":resume", queues.resume),
        web.post(_QUEUE + ":purge", queues.purge),
        web.get(_QUEUE + "/tasks", tasks.list_page),
        web.post(_QUEUE + "/tasks", tasks.create),
        web.get(_TASK, tasks.get),
        web.delete(_TASK, tasks.delete),
        web.post(_TASK + ":run", tasks.run),
        web.get(_VERSION + "/{project:projects/[^/]+}/locations", _locations),
        web.get(_VERSION + "/{project:projects/[^/]+}/locations/{location:[^/]+}", _location),
    ]


async def _locations(request: web.Request) -> web.Response:
    return web.json_response({"locations": [_location_json(request)]})


async def _location(request: web.Request) -> web.Response:
    if request.match_info["location"] != _LOCATION:
        raise ApiError(404, "Requested entity was not found.")
    return web.json_response(_location_json(request))


def _location_json(request: web.Request) -> dict[str, object]:
    return {
        "name": f"{request.match_info['project']}/locations/{_LOCATION}",
        "locationId": _LOCATION,
        "labels": {"cloud.googleapis.com/region": _LOCATION},
    }
