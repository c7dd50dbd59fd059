"""Cloud Tasks' REST API: /v2 for every client, /v2beta3 for `gcloud app deploy queue.yaml`."""

from aiohttp import web

from local.googleapi.binding import read_request
from local.googleapi.methods import TASKS, TASKS_BETA
from local.http.api_error import ApiError
from local.tasks.dispatcher import Dispatcher
from local.tasks.queue_resource import Version
from local.tasks.queues_api import QueuesApi
from local.tasks.store import TaskStore
from local.tasks.tasks_api import TasksApi

_LOCATION = "us-central1"


def routes(store: TaskStore, dispatcher: Dispatcher) -> list[web.AbstractRouteDef]:
    queues, tasks = QueuesApi(store, dispatcher), TasksApi(store, dispatcher)
    return [*_routes("v2", TASKS, queues, tasks), *_routes("v2beta3", TASKS_BETA, queues, tasks)]


def _routes(version: Version, service: str, queues: QueuesApi, tasks: TasksApi) -> list[web.AbstractRouteDef]:
    project = f"/{{version:{version}}}/{{project:projects/[^/]+}}"
    parent = f"/{{version:{version}}}/{{parent:projects/[^/]+/locations/[^/]+}}"
    queue = parent + "/queues/{queue:[^/:]+}"
    task = queue + "/tasks/{task:[^/:]+}"
    return [
        web.get(parent + "/queues", read_request(service, "ListQueues", queues.list_page)),
        web.post(parent + "/queues", read_request(service, "CreateQueue", queues.create)),
        web.get(queue, read_request(service, "GetQueue", queues.get)),
        web.patch(queue, read_request(service, "UpdateQueue", queues.update)),
        web.delete(queue, read_request(service, "DeleteQueue", queues.delete)),
        web.post(queue + ":pause", read_request(service, "PauseQueue", queues.pause)),
        web.post(queue + ":resume", read_request(service, "ResumeQueue", queues.resume)),
        web.post(queue + ":purge", read_request(service, "PurgeQueue", queues.purge)),
        web.get(queue + "/tasks", read_request(service, "ListTasks", tasks.list_page)),
        web.post(queue + "/tasks", read_request(service, "CreateTask", tasks.create)),
        web.get(task, read_request(service, "GetTask", tasks.get)),
        web.delete(task, read_request(service, "DeleteTask", tasks.delete)),
        web.post(task + ":run", read_request(service, "RunTask", tasks.run)),
        web.get(project + "/locations", _locations),
        web.get(project + "/locations/{location:[^/]+}", _location),
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
