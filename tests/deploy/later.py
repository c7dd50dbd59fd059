"""What `mando doctor` reads and `mando destroy` deletes, beside what a deployment asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from tests.deploy.answers import done, found

if TYPE_CHECKING:
    from tests.deploy.google import Google


class Later:
    def __init__(self, google: Google) -> None:
        self._google = google

    def routes(self) -> list[web.RouteDef]:
        place = "/{api:v1|v2}/projects/{project}/locations/{location}"
        return [
            web.get("/v1/projects/{project}/services", self.list_services),
            web.get("/v1/projects/{project}/secrets/{secret}/versions", self.list_versions),
            web.delete(place + "/functions/{name}", self.delete_function),
            web.delete(place + "/workflows/{name}", self.delete_workflow),
            web.delete("/v1/projects/{project}/secrets/{name}", self.delete_secret),
            web.delete("/v1/projects/{owner}/serviceAccounts/{name}", self.delete_account),
        ]

    async def list_services(self, request: web.Request) -> web.Response:
        services = [{"config": {"name": name}, "state": "ENABLED"} for name in sorted(self._google.services)]
        return web.json_response({"services": services})

    async def list_versions(self, request: web.Request) -> web.Response:
        name = request.match_info["secret"]
        versions = [
            {"name": f"projects/demo/secrets/{name}/versions/{number + 1}", "state": "ENABLED"}
            for number in range(len(self._google.secrets.get(name, [])))
        ]
        return web.json_response({"versions": versions})

    async def delete_function(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self._google.changes.append(f"delete function {name}")
        return self._ended("function") if self._google.functions.pop(name, None) else found(None)

    async def delete_workflow(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self._google.changes.append(f"delete workflow {name}")
        return self._ended("workflow") if self._google.workflows.pop(name, None) else found(None)

    async def delete_secret(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self._google.changes.append(f"delete secret {name}")
        return found({} if self._google.secrets.pop(name, None) is not None else None)

    async def delete_account(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self._google.changes.append(f"delete account {name}")
        if name not in self._google.accounts:
            return found(None)
        self._google.accounts.remove(name)
        return web.json_response({})

    @staticmethod
    def _ended(kind: str) -> web.Response:
        return done(f"projects/demo/locations/us-central1/operations/{kind}", {})
