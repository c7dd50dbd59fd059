"""Cloud Storage over HTTP: the routes of objects, and the list of all routes.  Called by local/server.py.

Source: Cloud Storage JSON API v1, "Objects"; recorded requests of the real clients.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from local.http.hosts import base_url
from local.storage.conditions import Preconditions, check_tags
from local.storage.downloads import download, serve_public
from local.storage.errors import invalid
from local.storage.listing import list_objects
from local.storage.objects import ObjectStore
from local.storage.resource import Settings, StoredObject, whole_number
from local.storage.rest_buckets import BucketRoutes
from local.storage.rest_uploads import UploadRoutes
from local.storage.wire import google_errors, object_answer, read_resource

_MOST_COMPONENTS = 32
_BUCKET = "/storage/v1/b/{bucket}"
_OBJECT = _BUCKET + "/o/{name:[^/]+}"
_TARGET = "b/{to_bucket}/o/{to_name:[^/]+}"


def routes(store: ObjectStore) -> list[web.AbstractRouteDef]:
    """/storage/v1, /upload/storage/v1, /download/storage/v1 and, last of all, /BUCKET/NAME."""
    objects = ObjectRoutes(store)
    every = [*BucketRoutes(store).routes(), *UploadRoutes(store).routes(), *objects.routes()]
    return [web.route(each.method, each.path, google_errors(each.handler)) for each in every]


class ObjectRoutes:
    """One method a route."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(_BUCKET + "/o", self.list_page),
            web.get(_OBJECT, self.get),
            web.patch(_OBJECT, self.patch),
            web.put(_OBJECT, self.replace_settings),
            web.delete(_OBJECT, self.delete),
            web.get(_OBJECT + "/acl", self.refuse_acl),
            web.post(_OBJECT + "/acl", self.refuse_acl),
            web.post(_OBJECT + "/copyTo/" + _TARGET, self.copy),
            web.post(_OBJECT + "/rewriteTo/" + _TARGET, self.rewrite),
            web.post(_OBJECT + "/compose", self.compose),
            web.get("/download" + _OBJECT, self.get_media),
            web.get("/{bucket:[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]}/{name:.+}", self.get_public),
        ]

    async def list_page(self, request: web.Request) -> web.Response:
        page = list_objects(self._store, request.match_info["bucket"], request.query)
        shown: dict[str, Any] = {"kind": "storage#objects"}
        if page.next_token is not None:
            shown["nextPageToken"] = page.next_token
        if page.prefixes:
            shown["prefixes"] = page.prefixes
        if page.objects:
            shown["items"] = [found.to_json(base_url(request)) for found in page.objects]
        return web.json_response(shown)

    async def get(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("alt") == "media":
            return await download(self._store, request)
        found = self._named(request)
        Preconditions.from_query(request.query).check(found)
        check_tags(request.headers, found)
        return object_answer(request, found)

    async def get_media(self, request: web.Request) -> web.StreamResponse:
        return await download(self._store, request)

    async def get_public(self, request: web.Request) -> web.StreamResponse:
        return await serve_public(self._store, request)

    async def patch(self, request: web.Request) -> web.Response:
        change = await read_resource(request)
        return self._update(request, lambda present: present.merged(change))

    async def replace_settings(self, request: web.Request) -> web.Response:
        settings = Settings().merged(await read_resource(request))
        return self._update(request, lambda present: settings)

    async def delete(self, request: web.Request) -> web.Response:
        conditions = Preconditions.from_query(request.query)
        bucket, name = request.match_info["bucket"], request.match_info["name"]
        self._store.delete(bucket, name, conditions, whole_number(request.query, "generation"))
        return web.Response(status=204)

    async def refuse_acl(self, request: web.Request) -> web.Response:
        """Every bucket here has uniform access, as deploy/ creates it, so objects have no access lists."""
        self._named(request)
        raise invalid(
            "Cannot get legacy ACL for an object when uniform bucket-level access is enabled. "
            "Read more at https://cloud.google.com/storage/docs/uniform-bucket-level-access"
        )

    async def copy(self, request: web.Request) -> web.Response:
        return object_answer(request, await self._copied(request))

    async def rewrite(self, request: web.Request) -> web.Response:
        copied = await self._copied(request)
        size = str(copied.size)
        done = {"kind": "storage#rewriteResponse", "done": True, "totalBytesRewritten": size, "objectSize": size}
        return web.json_response({**done, "resource": copied.to_json(base_url(request))})

    async def compose(self, request: web.Request) -> web.Response:
        asked = await read_resource(request)
        bucket = request.match_info["bucket"]
        named = asked.get("sourceObjects")
        if not isinstance(named, list) or not 1 <= len(named) <= _MOST_COMPONENTS:
            raise invalid(f"Invalid value for sourceObjects: expected a list of 1 to {_MOST_COMPONENTS} objects")
        destination = asked.get("destination") or {}
        if not isinstance(destination, dict):
            raise invalid("Invalid value for destination: expected a map")
        sources = [self._component(bucket, each) for each in named]
        composed = await asyncio.to_thread(
            self._store.compose,
            sources,
            bucket,
            request.match_info["name"],
            Settings().merged(destination),
            Preconditions.from_query(request.query),
        )
        return object_answer(request, composed)

    def _component(self, bucket: str, named: object) -> StoredObject:
        if not isinstance(named, dict) or not isinstance(named.get("name"), str):
            raise invalid("Invalid value for sourceObjects: each needs a name")
        asked = {key: str(value) for key, value in named.items()}
        source = self._store.get(bucket, named["name"], whole_number(asked, "generation"))
        conditions = named.get("objectPreconditions") or {}
        if not isinstance(conditions, dict):
            raise invalid("Invalid value for sourceObjects: objectPreconditions is a map")
        Preconditions.from_query({key: str(value) for key, value in conditions.items()}).check(source)
        return source

    async def _copied(self, request: web.Request) -> StoredObject:
        change = await read_resource(request)
        source = self._store.get(
            request.match_info["bucket"], request.match_info["name"], whole_number(request.query, "sourceGeneration")
        )
        Preconditions.from_query(request.query, source=True).check(source)
        return self._store.copy(
            source,
            request.match_info["to_bucket"],
            request.match_info["to_name"],
            source.settings.merged(change),
            Preconditions.from_query(request.query),
        )

    def _named(self, request: web.Request) -> StoredObject:
        generation = whole_number(request.query, "generation")
        return self._store.get(request.match_info["bucket"], request.match_info["name"], generation)

    def _update(self, request: web.Request, change: Callable[[Settings], Settings]) -> web.Response:
        conditions = Preconditions.from_query(request.query)
        bucket, name = request.match_info["bucket"], request.match_info["name"]
        generation = whole_number(request.query, "generation")
        return object_answer(request, self._store.update(bucket, name, change, conditions, generation))
