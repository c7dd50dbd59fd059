"""The parts of Google Cloud and Discord that a deployment talks to and local/ does not stand in for, with their state.

Only for tests of the deployment.  The bucket is ours, and real; what the real gcloud asks for was measured.
"""

import base64
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.deploy import fixed
from tests.deploy.answers import Json, done, found, refused
from tests.deploy.cloud_run import CloudRun
from tests.deploy.discord import Discord
from tests.deploy.later import Later

# What an App Engine app tells, beside where it is.
APP: Mapping[str, Any] = {
    "name": "apps/demo",
    "servingStatus": "SERVING",
    "codeBucket": "staging.demo.appspot.com",
    "defaultBucket": "demo.appspot.com",
    "gcrDomain": "us.gcr.io",
    "defaultHostname": "demo.uc.r.appspot.com",
    "serviceAccount": "demo@appspot.gserviceaccount.com",
}


class Google:
    """What exists in the project `demo`, and the requests that changed something, in their order."""

    def __init__(self) -> None:
        self.services: set[str] = set()
        self.app: Json | None = None
        self.versions: list[Json] = []
        self.queues: dict[str, Json] = {}
        self.accounts: set[str] = set()
        self.custom_roles: dict[str, Json] = {}
        self.policies: dict[str, Json] = {}
        self.secrets: dict[str, list[bytes]] = {}
        self.workflows: dict[str, Json] = {}
        self.functions: dict[str, Json] = {}
        self.uploads: dict[str, bytes] = {}
        self.changes: list[str] = []
        self.discord = Discord(self.changes)
        self.run = CloudRun(self.changes)
        self.buckets: Any = None  # those of the real bucket, which stands beside

    def roles(self, resource: str) -> set[tuple[str, str]]:
        """(member, role) of every binding on a resource whose name ends so."""
        found = {
            (member, binding["role"])
            for name, policy in self.policies.items()
            if name.endswith(resource)
            for binding in policy.get("bindings", [])
            for member in binding["members"]
        }
        return {(member.removeprefix("serviceAccount:"), role) for member, role in found}

    def routes(self) -> list[web.RouteDef]:
        place = "/{api:v1|v2|v2beta3}/projects/{project}/locations/{location}"
        return [
            web.route("*", "/{resource:.+}:getIamPolicy", self.get_policy),
            web.post("/{resource:.+}:setIamPolicy", self.set_policy),
            web.post("/v1/projects/{project}/services:batchEnable", self.enable),
            web.get("/v1/projects/{project}/services/{service}", self.get_service),
            web.get("/v1/apps/{project}", self.get_app),
            web.post("/v1/apps", self.create_app),
            web.get("/v1/apps/{project}/services", self.list_app_services),
            web.get("/v1/apps/{project}/services/{service}", self.get_app_service),
            web.patch("/v1/apps/{project}/services/{service}", self.move_traffic),
            web.post("/v1/apps/{project}/services/{service}/versions", self.create_version),
            web.get("/v1/apps/{project}/services/{service}/versions/{version}", self.get_version),
            web.get("/v1/apps/{project}/services/{service}/versions", self.list_versions),
            web.get("/v1/apps/{project}/operations/{operation}", self.get_operation),
            web.get("/v1/projects/{project:[^/:]+}", self.get_project),
            web.get("/v1/projects/{owner}/serviceAccounts/{account:[^/:]+}", self.get_account),
            web.post("/v1/projects/{project}/serviceAccounts", self.create_account),
            web.get("/v1/projects/{project}/roles/{role}", self.get_role),
            web.post("/v1/projects/{project}/roles", self.create_role),
            web.patch("/v1/projects/{project}/roles/{role}", self.update_role),
            web.post("/v1/permissions:queryTestablePermissions", fixed.list_permissions),
            web.get("/v1/projects/{project}/secrets/{secret:[^/:]+}", self.get_secret),
            web.post("/v1/projects/{project}/secrets", self.create_secret),
            web.post("/v1/projects/{project}/secrets/{secret:[^/:]+}:addVersion", self.add_version),
            web.get("/v1/projects/{project}/secrets/{secret}/versions/latest:access", self.access_secret),
            web.get("/v2/projects/{project}/locations", fixed.list_locations),
            web.get(place + "/queues", self.list_queues),
            web.post(place + "/queues", self.create_queue),
            web.get(place + "/queues/{queue:[^/:]+}", self.get_queue),
            web.patch(place + "/queues/{queue:[^/:]+}", self.put_queue),
            web.get(place + "/workflows/{workflow}", self.get_workflow),
            web.post(place + "/workflows", self.put_workflow),
            web.patch(place + "/workflows/{workflow}", self.put_workflow),
            web.get(place + "/operations/{operation}", self.get_operation),
            web.get(place + "/runtimes", fixed.list_runtimes),
            web.post(place + "/functions:generateUploadUrl", self.generate_upload_url),
            web.put("/source-of-function/{name}", self.upload_source),
            web.get(place + "/functions/{function}", self.get_function),
            web.post(place + "/functions", self.put_function),
            web.patch(place + "/functions/{function}", self.put_function),
            *self.run.routes(),
            *Later(self).routes(),
            *self.discord.routes(),
        ]

    async def enable(self, request: web.Request) -> web.Response:
        self.services.update((await request.json())["serviceIds"])
        return done("operations/enable", {})

    async def get_service(self, request: web.Request) -> web.Response:
        service = request.match_info["service"]
        return web.json_response({"state": "ENABLED" if service in self.services else "DISABLED"})

    async def get_app(self, request: web.Request) -> web.Response:
        return found(self.app)

    async def create_app(self, request: web.Request) -> web.Response:
        self._changed("create app")
        self.app = {**APP, **await request.json()}
        return done("apps/demo/operations/app", self.app)

    async def list_app_services(self, request: web.Request) -> web.Response:
        return web.json_response({"services": [self._app_service()] if self.versions else []})

    async def get_app_service(self, request: web.Request) -> web.Response:
        return found(self._app_service() if self.versions else None)

    def _app_service(self) -> Json:
        split = {"allocations": {self.versions[-1]["id"]: 1}}
        return {"name": "apps/demo/services/default", "id": "default", "split": split}

    async def move_traffic(self, request: web.Request) -> web.Response:
        return done("apps/demo/operations/traffic", {"name": "apps/demo/services/default", "id": "default"})

    async def create_version(self, request: web.Request) -> web.Response:
        self._changed("deploy app.yaml")
        asked = await request.json()
        name = f"apps/demo/services/default/versions/{asked['id']}"
        version = {
            "runtime": asked["runtime"],
            "servingStatus": "SERVING",
            "versionUrl": f"https://{asked['id']}-dot-demo.uc.r.appspot.com",
        }
        self.versions.append({**asked, **version, "name": name})
        return done("apps/demo/operations/version", {**version, "name": name, "id": asked["id"]})

    async def get_version(self, request: web.Request) -> web.Response:
        known = {each["id"]: each for each in self.versions}
        return found(known.get(request.match_info["version"]))

    async def list_versions(self, request: web.Request) -> web.Response:
        kept = ("name", "id", "runtime", "servingStatus", "versionUrl")
        return web.json_response({"versions": [{key: each[key] for key in kept} for each in self.versions]})

    async def get_operation(self, request: web.Request) -> web.Response:
        return done(request.path.split("/", 2)[2], {})

    async def get_project(self, request: web.Request) -> web.Response:
        return web.json_response({"projectId": "demo", "projectNumber": "1234567890", "lifecycleState": "ACTIVE"})

    async def get_account(self, request: web.Request) -> web.Response:
        email = request.match_info["account"]
        return found({"email": email} if email in self.accounts else None)

    async def create_account(self, request: web.Request) -> web.Response:
        email = f"{(await request.json())['accountId']}@demo.iam.gserviceaccount.com"
        self._changed(f"create account {email}")
        if email in self.accounts:
            return refused(409, "ALREADY_EXISTS", f"Service account {email} already exists within project demo.")
        self.accounts.add(email)
        return web.json_response({"email": email, "name": f"projects/demo/serviceAccounts/{email}"})

    async def get_role(self, request: web.Request) -> web.Response:
        return found(self.custom_roles.get(request.match_info["role"]))

    async def create_role(self, request: web.Request) -> web.Response:
        asked = await request.json()
        name = asked["roleId"]
        self._changed(f"create role {name}")
        if name in self.custom_roles:
            return refused(409, "ALREADY_EXISTS", f"A role named {name} in projects/demo already exists.")
        self.custom_roles[name] = {**asked["role"], "name": f"projects/demo/roles/{name}"}
        return web.json_response(self.custom_roles[name])

    async def update_role(self, request: web.Request) -> web.Response:
        role = self.custom_roles[request.match_info["role"]]
        role.update(await request.json())
        return web.json_response(role)

    async def get_policy(self, request: web.Request) -> web.Response:
        return web.json_response(self.policies.get(_resource(request), {"etag": "ACAB", "version": 1}))

    async def set_policy(self, request: web.Request) -> web.Response:
        policy: Json = (await request.json())["policy"]
        for binding in policy.get("bindings", []):
            for member in binding["members"]:
                email = member.removeprefix("serviceAccount:")
                if email.endswith("@demo.iam.gserviceaccount.com") and email not in self.accounts:
                    return refused(400, "INVALID_ARGUMENT", f"Service account {email} does not exist.")
        self.policies[_resource(request)] = policy
        return web.json_response(policy)

    async def get_secret(self, request: web.Request) -> web.Response:
        name = request.match_info["secret"]
        return found({"name": f"projects/demo/secrets/{name}"} if name in self.secrets else None)

    async def create_secret(self, request: web.Request) -> web.Response:
        name = request.query["secretId"]
        self._changed(f"create secret {name}")
        self.secrets[name] = []
        return web.json_response({"name": f"projects/demo/secrets/{name}"})

    async def add_version(self, request: web.Request) -> web.Response:
        name = request.match_info["secret"]
        self._changed(f"add version of {name}")
        self.secrets[name].append(base64.b64decode((await request.json())["payload"]["data"]))
        version = f"projects/demo/secrets/{name}/versions/{len(self.secrets[name])}"
        return web.json_response({"name": version, "clientSpecifiedPayloadChecksum": True})

    async def access_secret(self, request: web.Request) -> web.Response:
        values = self.secrets.get(request.match_info["secret"])
        return found({"payload": {"data": base64.b64encode(values[-1]).decode()}} if values else None)

    async def list_queues(self, request: web.Request) -> web.Response:
        return web.json_response({"queues": list(self.queues.values())})

    async def get_queue(self, request: web.Request) -> web.Response:
        return found(self.queues.get(request.match_info["queue"]))

    async def create_queue(self, request: web.Request) -> web.Response:
        queue = await request.json()
        name = queue["name"].rpartition("/")[2]
        self._changed(f"create queue {name}")
        self.queues[name] = {**queue, "state": "RUNNING"}
        return web.json_response(self.queues[name])

    async def put_queue(self, request: web.Request) -> web.Response:
        """Of a queue.yaml, or of `gcloud tasks queues update`: only the fields of the mask change."""
        asked = await request.json()
        by_yaml = "maxBurstSize" in asked.get("rateLimits", {})
        self._changed("deploy queue.yaml" if by_yaml else f"update queue {request.match_info['queue']}")
        queue = self.queues.setdefault(request.match_info["queue"], {"name": asked["name"], "state": "RUNNING"})
        for group in ("rateLimits", "retryConfig"):
            queue[group] = {**queue.get(group, {}), **asked.get(group, {})}
        return web.json_response(queue)

    async def get_workflow(self, request: web.Request) -> web.Response:
        return found(self.workflows.get(request.match_info["workflow"]))

    async def put_workflow(self, request: web.Request) -> web.Response:
        name = request.match_info.get("workflow") or request.query["workflowId"]
        self._changed(f"deploy workflow {name}")
        place = "projects/demo/locations/us-central1"
        self.workflows[name] = {**await request.json(), "name": f"{place}/workflows/{name}", "state": "ACTIVE"}
        return done(f"{place}/operations/workflow", self.workflows[name])

    async def generate_upload_url(self, request: web.Request) -> web.Response:
        url = f"{request.scheme}://{request.host}/source-of-function/source.zip"
        return web.json_response({"uploadUrl": url, "storageSource": {"bucket": "sources", "object": "source.zip"}})

    async def upload_source(self, request: web.Request) -> web.Response:
        self.uploads[request.match_info["name"]] = await request.read()
        return web.Response()

    async def get_function(self, request: web.Request) -> web.Response:
        return found(self.functions.get(request.match_info["function"]))

    async def put_function(self, request: web.Request) -> web.Response:
        name = request.match_info.get("function") or request.query["functionId"]
        self._changed(f"deploy function {name}")
        asked = await request.json()
        place = "projects/demo/locations/us-central1"
        service = {
            **asked["serviceConfig"],
            "uri": f"https://{name}-abc-uc.a.run.app",
            "service": f"{place}/services/{name}",
        }
        made = {
            "name": f"{place}/functions/{name}",
            "state": "ACTIVE",
            "environment": "GEN_2",
            "serviceConfig": service,
        }
        self.functions[name] = {**asked, **made}
        self.run.deployed(name)
        return done(f"{place}/operations/function", self.functions[name])

    def _changed(self, what: str) -> None:
        self.changes.append(what)


def _resource(request: web.Request) -> str:
    """The resource of a policy; an account has its name also without its project."""
    return request.match_info["resource"].replace("projects/-/", "projects/demo/")
