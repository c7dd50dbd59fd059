"""The routes of buckets: /storage/v1/b and /storage/v1/b/BUCKET.  Source: Cloud Storage JSON API v1, "Buckets"."""

from typing import Any

from aiohttp import web

from local.http.hosts import base_url
from local.storage.buckets import bucket_to_json
from local.storage.conditions import Preconditions
from local.storage.errors import StorageError
from local.storage.listing import read_token, write_token
from local.storage.objects import ObjectStore
from local.storage.resource import whole_number
from local.storage.wire import read_resource

_PAGE = 1000


class BucketRoutes:
    """One method a route."""

    def __init__(self, store: ObjectStore) -> None:
        self._buckets = store.buckets

    def routes(self) -> list[web.RouteDef]:
        bucket = "/storage/v1/b/{bucket}"
        return [
            web.get("/storage/v1/b", self.list_buckets),
            web.post("/storage/v1/b", self.insert),
            web.get(bucket, self.get),
            web.patch(bucket, self.patch),
            web.put(bucket, self.patch),
            web.delete(bucket, self.delete),
            web.get(bucket + "/iam", self.get_policy),
            web.put(bucket + "/iam", self.set_policy),
            web.get(bucket + "/iam/testPermissions", self.test_permissions),
            web.get(bucket + "/storageLayout", self.get_layout),
            web.get(bucket + "/managedFolders", self.list_managed_folders),
        ]

    async def list_buckets(self, request: web.Request) -> web.Response:
        limit = min(whole_number(request.query, "maxResults") or _PAGE, _PAGE)
        token = request.query.get("pageToken")
        after = read_token(token) if token else ""
        names = self._buckets.names(request.query.get("prefix", ""), after, limit + 1)
        shown = [bucket_to_json(self._buckets.get(name), base_url(request)) for name in names[:limit]]
        page = {"nextPageToken": write_token(names[limit - 1])} if len(names) > limit else {}
        return web.json_response({"kind": "storage#buckets", "items": shown, **page})

    async def insert(self, request: web.Request) -> web.Response:
        return self._shown(request, self._buckets.insert(await read_resource(request)))

    async def get(self, request: web.Request) -> web.Response:
        return self._shown(request, self._checked(request))

    async def patch(self, request: web.Request) -> web.Response:
        self._checked(request)
        return self._shown(request, self._buckets.patch(request.match_info["bucket"], await read_resource(request)))

    async def delete(self, request: web.Request) -> web.Response:
        self._checked(request)
        self._buckets.delete(request.match_info["bucket"])
        return web.Response(status=204)

    async def get_policy(self, request: web.Request) -> web.Response:
        return web.json_response(self._buckets.policy(request.match_info["bucket"]))

    async def set_policy(self, request: web.Request) -> web.Response:
        policy = await read_resource(request)
        return web.json_response(self._buckets.set_policy(request.match_info["bucket"], policy))

    async def test_permissions(self, request: web.Request) -> web.Response:
        """Every caller has every permission."""
        self._buckets.require(request.match_info["bucket"])
        asked = request.query.getall("permissions", [])
        if not asked:
            raise StorageError(400, "required", "Required parameter: permissions")
        return web.json_response({"kind": "storage#testIamPermissionsResponse", "permissions": asked})

    async def get_layout(self, request: web.Request) -> web.Response:
        bucket = self._buckets.get(request.match_info["bucket"])
        shown = bucket_to_json(bucket, base_url(request))
        kept = {"bucket": bucket["name"], "location": shown["location"], "locationType": shown["locationType"]}
        return web.json_response({"kind": "storage#storageLayout", **kept})

    async def list_managed_folders(self, request: web.Request) -> web.Response:
        """An empty list: nothing here creates managed folders, but `gcloud storage rm -r` asks for them."""
        self._buckets.require(request.match_info["bucket"])
        return web.json_response({"kind": "storage#managedFolders", "items": []})

    def _checked(self, request: web.Request) -> dict[str, Any]:
        """The bucket in the path, if the query's conditions on its metageneration hold.

        Raises StorageError (404, 412, 304).
        """
        bucket = self._buckets.get(request.match_info["bucket"])
        Preconditions.from_query(request.query).check_metageneration(int(bucket["metageneration"]))
        return bucket

    def _shown(self, request: web.Request, bucket: dict[str, object]) -> web.Response:
        return web.json_response(bucket_to_json(bucket, base_url(request)))
