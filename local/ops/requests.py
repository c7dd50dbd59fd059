"""The routes of /ops about requests: the list, one request, the figures, and what an operator does with them.

A request's address takes .json and .txt; without an ending it is JSON for programs, and a page for browsers (pages.py).
"""

from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from local.executions.engine.service import ExecutionService
from local.http.api_error import ApiError, read_json
from local.live_files import LiveFile
from local.ops.again import Again
from local.ops.replays import Asked, Replays
from local.project import ROOT, WORKFLOW
from local.story.as_json import figures_json, story_json, summary_json
from local.story.figures import SHOWN_S, Figures, Outage, QueueNow, figures
from local.story.reading import Query, StoryReading
from local.story.reasons import DEPLOYMENT_FILE, QUEUE_FILE, Files
from local.story.story import Story, story_of
from local.story.text import text_of
from local.tasks.dispatcher import Dispatcher
from local.tasks.store import TaskStore

INTERACTION = "{interaction:[0-9]{15,19}}"
REPLAY = "{number:[0-9]{1,9}}"


class Requests:
    def __init__(
        self,
        reading: StoryReading,
        again: Again,
        executions: ExecutionService,
        tasks: TaskStore,
        dispatcher: Dispatcher,
        files: Sequence[LiveFile],
        now_s: Callable[[], float],
    ) -> None:
        self._reading = reading
        self._again = again
        self.replays = Replays(again, reading)
        self._executions = executions
        self._tasks = tasks
        self._dispatcher = dispatcher
        self._files = files
        self._now_s = now_s
        self._deployment = (ROOT / DEPLOYMENT_FILE).read_text()

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/ops/requests{ending:(?:\\.json)?}", self.list_json),
            web.get(f"/ops/requests/{INTERACTION}{{ending:(?:\\.json|\\.txt)?}}", self.one_json),
            web.get("/ops/figures", self._figures),
            web.post(f"/ops/requests/{INTERACTION}/replay", self._do(self._again.replay)),
            web.post(f"/ops/requests/{INTERACTION}/reply", self._do(self._again.reply)),
            web.post(f"/ops/requests/{INTERACTION}/cancel", self._cancel),
            web.post("/ops/replays", self._begin_replays),
            web.get(f"/ops/replays/{REPLAY}", self.progress_json),
            web.post(f"/ops/replays/{REPLAY}/stop", self._stop),
        ]

    def page(self, query: Query) -> dict[str, Any]:
        now_s = self._now_s()
        found, before = self._reading.requests(query)
        return {
            "nowS": now_s,
            "requests": [summary_json(one, now_s) for one in found],
            "before": None if before is None else str(before),
            "counts": self._reading.counts(),
        }

    def story(self, interaction: int) -> Story:
        """Raises ApiError(404)."""
        found = self._reading.one(interaction)
        if found is None:
            raise ApiError(404, f"nothing is known of interaction {interaction}")
        (summary, spans), now_s = found, self._now_s()
        names = dict.fromkeys(span.execution for span in spans if span.what == "execution")
        resources = {name: self._executions.store.get(f"{WORKFLOW}/executions/{name}") or {} for name in names}
        return story_of(
            summary,
            spans,
            now_s,
            files=self.texts(summary.revision),
            sources=self.source,
            resources=resources,
            carried=self._reading.carried(interaction),
            waiting_for=lambda key: self._reading.waiting_for(key, now_s),
        )

    def executions_ended(self, figures: Figures) -> dict[str, list[int]]:
        """How many executions ended in each state, in each step of the figures."""
        steps = len(figures.reply_p50_s)
        return self._executions.store.ended_by_step(WORKFLOW, figures.begin_s, figures.step_s, steps)

    def figures(self) -> Figures:
        now_s = self._now_s()
        since_s = now_s - SHOWN_S
        queues = [
            QueueNow(one, self._dispatcher.throttled(one), self._tasks.depth(one.name), self._oldest_s(one.name))
            for one in self._tasks.queues()
        ]
        return figures(
            now_s,
            self._reading.tallies(since_s),
            queues,
            requests=self._reading.counts(),
            executions=self._executions.store.counts(WORKFLOW),
            waiting_for=self._reading.reasons(),
            outages=[Outage(*one) for one in self._reading.outages(since_s)],
        )

    def _oldest_s(self, queue: str) -> float | None:
        """When the oldest task of the queue was created; None where it is empty."""
        found = self._tasks.page(queue, 0, 1)
        return found[0].created_s if found else None

    async def list_json(self, request: web.Request) -> web.Response:
        return web.json_response(self.page(Query.of(request.query)))

    async def one_json(self, request: web.Request) -> web.Response:
        story = self.story(int(request.match_info["interaction"]))
        if request.match_info.get("ending") == ".txt":
            return web.Response(text=text_of(story))
        return web.json_response(story_json(story))

    async def _figures(self, _: web.Request) -> web.Response:
        return web.json_response(figures_json(self.figures()))

    def _do(self, action: Callable[[int], dict[str, Any]]) -> Callable[[web.Request], Any]:
        async def done(request: web.Request) -> web.Response:
            return web.json_response(action(int(request.match_info["interaction"])))

        return done

    async def _cancel(self, request: web.Request) -> web.Response:
        return web.json_response(await self._again.cancel(int(request.match_info["interaction"])))

    async def _begin_replays(self, request: web.Request) -> web.Response:
        return web.json_response(self.replays.begin(Asked.of(await read_json(request)), self._now_s()))

    async def progress_json(self, request: web.Request) -> web.Response:
        return web.json_response(self.replays.progress(int(request.match_info["number"])))

    async def _stop(self, request: web.Request) -> web.Response:
        return web.json_response(self.replays.stop(int(request.match_info["number"])))

    def source(self, revision: str) -> str:
        """The text of a revision; "" for one that was deleted."""
        found = self._executions.registry.revision(WORKFLOW, revision)
        return found.settings.source if found else ""

    def texts(self, revision: str = "") -> Files:
        """What is in force for a request with that revision of the workflow, or the newest; and the queues of now."""
        queues = next((one.text for one in self._files if one.path.name == QUEUE_FILE), "")
        lines = {one.name.rpartition("/")[2]: one for one in self._tasks.queues()}
        paused = (name for name, one in lines.items() if one.state != "RUNNING")
        rates_per_s = {name: one.rate.max_dispatches_per_s for name, one in lines.items()}
        newest = self._executions.registry.newest(WORKFLOW)
        revision = revision or (newest.revision_id if newest else "")
        return Files(self.source(revision), queues, self._deployment, frozenset(paused), rates_per_s)
