"""Answers what gcloud asks before it deploys queue.yaml: the App Engine app and its region, and the enabled services.

Called by local/server.py.  Source: App Engine Admin API v1, Application; Service Usage API v1, Service; gcloud 528.
"""

from aiohttp import web

from local.appengine.service import default_host
from local.http.api_error import ApiError

# The region us-central1 is the location us-central to App Engine, which is older than regions with numbers.
_LOCATION = "us-central"


def routes() -> list[web.AbstractRouteDef]:
    return [
        web.get("/v1/apps/{app}", _application),
        web.get("/v1/{parent:projects/[^/]+}/services/{service}", _service),
    ]


async def _application(request: web.Request) -> web.Response:
    """Every project has an app.  Without a codeBucket gcloud would try to repair it."""
    app = request.match_info["app"]
    return web.json_response(
        {
            "name": f"apps/{app}",
            "id": app,
            "authDomain": "gmail.com",
            "locationId": _LOCATION,
            "codeBucket": f"staging.{app}.appspot.com",
            "defaultBucket": f"{app}.appspot.com",
            "defaultHostname": default_host(app),
            "servingStatus": "SERVING",
            "serviceAccount": f"{app}@appspot.gserviceaccount.com",
            "featureSettings": {"splitHealthChecks": True, "useContainerOptimizedOs": True},
            "databaseType": "CLOUD_DATASTORE_COMPATIBILITY",
            "gcrDomain": "us.gcr.io",
        }
    )


async def _service(request: web.Request) -> web.Response:
    """Every service of Google is enabled in every project."""
    parent, service = request.match_info["parent"], request.match_info["service"]
    if not service.endswith(".googleapis.com"):
        raise ApiError(404, f"Service '{service}' not found or permission denied.")
    return web.json_response(
        {"name": f"{parent}/services/{service}", "parent": parent, "config": {"name": service}, "state": "ENABLED"}
    )
