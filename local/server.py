"""Google Cloud and Discord on one port: creates all services of local/, with their data below one folder.

Called by cli/up.py.  The path alone decides which service answers, so one address serves every client.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType

import aiohttp
from aiohttp import web

from local import auth
from local.appengine import rest as appengine_rest
from local.appengine.service import Service, timeout_s
from local.auth import TokenIssuer
from local.data.content_pool import ContentPool
from local.data.log_files import keep_small
from local.data.sweeping import ExpiringStore, Sweeper
from local.discord.api import routes as discord_routes
from local.discord.engine.discord import LocalDiscord
from local.executions.api import rest as executions_rest
from local.executions.api.executions_api import ExecutionsApi
from local.executions.api.workflows_api import WorkflowsApi
from local.executions.data.database import Database
from local.executions.data.executions import ExecutionStore
from local.executions.data.workflows import Revision, Settings
from local.executions.engine.callbacks import Callbacks
from local.executions.engine.live import LivePerformer, PerformEffect
from local.executions.engine.service import ExecutionService
from local.faults.faults import Faults
from local.faults.incident import Incident
from local.form import DEFAULT_FORM, Form
from local.googleapi import grpc_gateway
from local.http.api_error import api_errors
from local.http.guard import add_security_headers, guard, is_our_bug
from local.http.listening import listening
from local.http.outgoing import outgoing_session
from local.live_files import LiveFile
from local.ops.again import Again
from local.ops.forms import Forms
from local.ops.ops import Ops
from local.ops.pages import Pages
from local.ops.requests import Requests
from local.project import BUCKET, HOST, PLACE, ROOT, WORKFLOW, Ports, account, url
from local.storage import aging
from local.storage import rest as storage_rest
from local.storage.objects import ObjectStore
from local.story.http_taps import HttpTaps
from local.story.reading import StoryReading
from local.story.recorder import Recorder
from local.story.store import StoryStore
from local.story.taps import Taps
from local.tasks import rest as tasks_rest
from local.tasks.apply_yaml import apply_queue_yaml
from local.tasks.dispatcher import Dispatcher
from local.tasks.rules import QueueConfig
from local.tasks.sender import Sender
from local.tasks.store import TaskStore
from local.workflows.effects import Auth, Value

_MAX_BODY_BYTES = 64 * 1024 * 1024

_log = logging.getLogger("mando.local")


class LocalCloud:
    """All services on `port`, and gRPC on its own port (project.Ports), within `async with`.  All data is below `data`.

    form: that of the deployment; workflows are deployed by it, and /ops shows it.  incidents: what /faults can play.
    files are deployed again when they are saved; /ops shows the result.  more_routes: pages of rooms that stand on this
    one, added before the block.
    """

    def __init__(
        self,
        data: Path,
        port: int,
        ingress_url: str,
        bot_token: str | None = None,
        form: Form = DEFAULT_FORM,
        incidents: Sequence[Incident] = (),
    ) -> None:
        self._base_url = url(port)
        self._ports = Ports(port)
        self._ingress_url = ingress_url
        self._bot_token = bot_token
        self.form = form
        self._incidents = incidents
        self._data = data
        self._begun_s = time.time()
        self._stack = AsyncExitStack()
        self.app_engine = Service(url(self._ports.steps), timeout_s((ROOT / "app.yaml").read_text()))
        self.files: list[LiveFile] = []
        self.more_routes: list[web.AbstractRouteDef] = []

    async def __aenter__(self) -> "LocalCloud":
        async with AsyncExitStack() as stack:
            await self._start(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start(self, stack: AsyncExitStack) -> None:
        data = self._data
        session = await stack.enter_async_context(outgoing_session())
        issuer = TokenIssuer(data / "issuer.pem")

        # The story has the clock of queue and workflow, by which a request waits.
        self.faults = Faults(lambda faults: taps.faults_changed(faults), self._incidents)
        story = StoryStore(data / "story.sqlite")
        stack.callback(story.close)
        self.story = story
        recorder = Recorder(story, self.faults.now_s)
        taps = Taps(recorder, lambda name: self.executions.place_of(name))

        pool = ContentPool(data / "contents")
        objects = ObjectStore(data / "objects", pool)
        stack.callback(objects.close)
        self.objects = objects

        tasks = TaskStore(data / "tasks.sqlite", taps.task_created)
        stack.callback(tasks.close)
        sender = Sender(session, issuer, self._base_url, self.faults.token_issued_at, self.app_engine)
        dispatcher = Dispatcher(tasks, self.faults.hit_tasks(sender.send), self.faults.now_s, taps)
        self.tasks, self.dispatcher = tasks, dispatcher

        database = Database(data / "workflows.sqlite")
        stack.callback(database.close)
        callbacks = Callbacks(database, self._base_url)
        performer = _performer(session, issuer, self._base_url, callbacks, self.faults, taps)
        self.executions = ExecutionService(database, callbacks, performer, changed=taps.execution_changed)

        path = data / "discord.sqlite"
        self.discord = LocalDiscord(path, self._ingress_url, self._bot_token, pool=pool, watcher=taps)
        await stack.enter_async_context(self.discord)

        stores = [
            _expiring_executions(self.executions.store, database),
            _expiring_objects(objects),
            _expiring_discord(self.discord),
            _expiring_story(story),
        ]
        self.sweeper = Sweeper(data, stores, self.executions.store.oldest_unfinished_s, pool.remove_orphans())

        heard = HttpTaps(recorder).middleware
        app = web.Application(
            middlewares=[guard, heard, self.faults.middleware, api_errors], client_max_size=_MAX_BODY_BYTES
        )
        app.on_response_prepare.append(add_security_headers)
        app.add_routes(auth.routes(issuer))
        app.add_routes(tasks_rest.routes(tasks, dispatcher))
        app.add_routes(appengine_rest.routes())
        workflows_api, executions_api = WorkflowsApi(self.executions), ExecutionsApi(self.executions, database)
        app.add_routes(executions_rest.routes(workflows_api, executions_api, callbacks))
        app.add_routes(storage_rest.routes(objects))
        app.add_routes(self.faults.routes())
        ops = Ops(WORKFLOW, self.files, self.executions, tasks, self.faults, self.form)
        app.add_routes(ops.routes())
        again = Again(self.executions, tasks, dispatcher, recorder, self.form)
        reading = StoryReading(story)
        requests = Requests(reading, again, self.executions, tasks, dispatcher, self.files, recorder.now_s)
        pages = Pages(requests, reading, self.files, self.faults, self.form, self._ports, self._changes, recorder.now_s)
        app.add_routes(pages.routes())
        app.add_routes(Forms(again, requests.replays, session, self._base_url, recorder.now_s).routes())
        app.add_routes(requests.routes())
        app.add_routes(self.more_routes)
        app.add_routes(discord_routes.routes(self.discord))
        app.on_shutdown.append(self._end_streams)
        logger = logging.getLogger("mando.local.http")
        logger.addFilter(is_our_bug)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, logger=logger)
        await stack.enter_async_context(listening(runner, HOST, self._ports.cloud))

    def deploy(self, workflow: str, source: str, env: dict[str, str]) -> Revision:
        """Deploy a workflow under its full name; executions keep their revision.  Raises ApiError(400)."""
        settings = Settings(source, account("mando-workflow"), env)
        return self.executions.deployments.deploy(workflow, settings)

    def apply_queue_yaml(self, text: str) -> tuple[QueueConfig, ...]:
        """Apply a queue.yaml at once.  Returns the queues that it names.  Raises QueueYamlError."""
        return apply_queue_yaml(text, "queue.yaml", PLACE, self.tasks, self.dispatcher)

    async def begin(self, commands: object) -> None:
        """Register the commands, and resume the tasks and executions of an earlier process."""
        self.objects.buckets.ensure(BUCKET)
        await self.discord.register(commands)
        await self._serve_grpc()
        await self.executions.start()
        self._stack.push_async_callback(self.executions.stop)
        await self.dispatcher.start()
        self._stack.push_async_callback(self.dispatcher.stop)
        for tidying in (self.sweeper.run(), keep_small(self._data)):
            self._stack.callback(asyncio.create_task(tidying).cancel)

    def _changes(self) -> tuple[object, ...]:
        """Other values when anything has changed that the pages of /ops show."""
        self.story.write()
        queues = [(one, self.tasks.depth(one.name)) for one in self.tasks.queues()]
        return self._begun_s, self.story.database.changes, queues, self.faults.changes

    async def _serve_grpc(self) -> None:
        """Called when all programs run: gRPC logs complaints when its process forks."""
        session = await self._stack.enter_async_context(aiohttp.ClientSession())
        server = await grpc_gateway.serve(f"{HOST}:{self._ports.grpc}", self._base_url, session)
        self._stack.push_async_callback(server.stop, 0.5)

    async def _end_streams(self, _: web.Application) -> None:
        self.discord.broadcast.end()


def _expiring_executions(store: ExecutionStore, database: Database) -> ExpiringStore:
    async def oldest_s() -> float | None:
        return store.oldest_end_s()

    async def forget(before_s: float, most: int) -> int:
        return store.forget(before_s, most)

    async def release_free_pages(pages: int) -> None:
        database.release_free_pages(pages)

    return ExpiringStore(oldest_s, forget, release_free_pages)


def _expiring_objects(objects: ObjectStore) -> ExpiringStore:
    return ExpiringStore(
        lambda: asyncio.to_thread(aging.oldest_s, objects),
        lambda before_s, most: asyncio.to_thread(aging.forget, objects, before_s, most),
        lambda pages: asyncio.to_thread(objects.database.release_free_pages, pages),
    )


def _expiring_discord(discord: LocalDiscord) -> ExpiringStore:
    return ExpiringStore(discord.oldest_s, discord.forget, discord.release_free_pages)


def _expiring_story(store: StoryStore) -> ExpiringStore:
    async def oldest_s() -> float | None:
        return store.oldest_s()

    async def forget(before_s: float, most: int) -> int:
        return store.forget(before_s, most)

    async def release_free_pages(pages: int) -> None:
        store.database.release_free_pages(pages)

    return ExpiringStore(oldest_s, forget, release_free_pages)


def _performer(
    session: aiohttp.ClientSession,
    issuer: TokenIssuer,
    base_url: str,
    callbacks: Callbacks,
    faults: Faults,
    taps: Taps,
) -> Callable[[str | None, str], PerformEffect]:
    def perform_as(service_account: str | None, execution: str) -> PerformEffect:
        email = service_account or account("default")

        def token(asked: Auth) -> str:
            if asked.kind == "OIDC":
                return issuer.id_token(asked.audience or "", email, faults.token_issued_at())
            return issuer.access_token()

        performer = LivePerformer(
            session, token, base_url, _write_log, now_s=faults.now_s, callbacks=callbacks, execution=execution
        )
        return taps.heard(faults.hit_step_calls(performer.perform), execution)

    return perform_as


def _write_log(data: Value, severity: str) -> None:
    _log.info("%s %s", severity, json.dumps(data, ensure_ascii=False, default=str))
