"""What Google answers the same to everybody: permissions, locations and runtimes that exist."""

from aiohttp import web


async def list_permissions(request: web.Request) -> web.Response:
    return web.json_response({"permissions": [{"name": "cloudtasks.queues.get", "stage": "GA"}]})


async def list_locations(request: web.Request) -> web.Response:
    labels = {"cloud.googleapis.com/region": "us-central1"}
    name = "projects/demo/locations/us-central1"
    return web.json_response({"locations": [{"name": name, "locationId": "us-central1", "labels": labels}]})


async def list_runtimes(request: web.Request) -> web.Response:
    return web.json_response({"runtimes": [{"name": "python313", "stage": "GA", "environment": "GEN_2"}]})
