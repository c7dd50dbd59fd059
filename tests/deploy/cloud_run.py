"""The services of Cloud Run that functions are, as `gcloud run services` reads and changes them."""

from aiohttp import web

from tests.deploy.answers import Json, found

_READY = [{"type": kind, "status": "True"} for kind in ("Ready", "ConfigurationsReady", "RoutesReady")]


class CloudRun:
    """Every function is a service of the same name."""

    def __init__(self, changes: list[str]) -> None:
        self.services: dict[str, Json] = {}
        self._changes = changes

    def routes(self) -> list[web.RouteDef]:
        services = "/apis/serving.knative.dev/v1/namespaces/{project}/services"
        return [
            web.get(services + "/{service}", self.get_service),
            web.put(services + "/{service}", self.replace_service),
            web.get("/apis/serving.knative.dev/v1/namespaces/{project}/revisions", self.list_revisions),
        ]

    def deployed(self, name: str) -> None:
        """A function was deployed: its service is there, with a new revision."""
        self.services.setdefault(name, {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Service",
            "metadata": {
                "name": name, "namespace": "demo", "generation": 1, "annotations": {},
                "labels": {"cloud.googleapis.com/location": "us-central1"},
            },
            "spec": {
                "template": {"metadata": {"annotations": {}}, "spec": {"containers": [{"image": "the-build"}]}},
                "traffic": [{"latestRevision": True, "percent": 100}],
            },
            "status": {"observedGeneration": 1, "conditions": _READY, "url": f"https://{name}-abc-uc.a.run.app"},
        })  # fmt: skip

    def annotations(self, name: str) -> dict[str, str]:
        """Those of the service and of its revisions."""
        service = self.services[name]
        return {**service["metadata"]["annotations"], **service["spec"]["template"]["metadata"]["annotations"]}

    async def get_service(self, request: web.Request) -> web.Response:
        return found(self.services.get(request.match_info["service"]))

    async def list_revisions(self, request: web.Request) -> web.Response:
        """gcloud asks for the one whose label it set by its last update."""
        revisions = [
            {**service["spec"]["template"], "apiVersion": "serving.knative.dev/v1", "kind": "Revision"}
            for service in self.services.values()
        ]
        for revision in revisions:
            revision["metadata"] = {**revision["metadata"], "name": "mando-ingress-00001-abc", "namespace": "demo"}
            revision["status"] = {"imageDigest": "gcr.io/demo/the-build@sha256:" + "0" * 64}
        return web.json_response({"items": revisions})

    async def replace_service(self, request: web.Request) -> web.Response:
        name = request.match_info["service"]
        self._changes.append(f"update service {name}")
        service: Json = await request.json()
        generation = self.services[name]["metadata"]["generation"] + 1
        service["metadata"]["generation"] = generation
        service["status"] = {**self.services[name]["status"], "observedGeneration": generation}
        self.services[name] = service
        return web.json_response(service)
