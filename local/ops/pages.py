"""The pages of /ops: the front, the list of requests, one request, a replay of many.  Called by local/server.py.

A browser gets a page; a program that does not ask for HTML gets JSON at the same address (requests.py).
"""

import hashlib
import shlex
from collections.abc import Awaitable, Callable, Sequence
from typing import get_args

from aiohttp import web

from local.faults.fault import Kind
from local.faults.faults import Faults
from local.form import Form
from local.http.api_error import ApiError
from local.http.hosts import to_local
from local.live_files import LiveFile
from local.ops import front, links
from local.ops.broken import SWITCHES
from local.ops.render import PAGE, View, answer, html
from local.ops.requests import INTERACTION, REPLAY, Requests
from local.ops.waterfall import waterfall_of
from local.project import Ports, url, workflow_environment
from local.story.reading import Query, StoryReading
from local.story.story import Story
from local.story.summary import KINDS

_NEWEST = 12
_MOVES_S = 2.0  # so often the waterfall of a request on its way is drawn anew

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Pages:
    """changes: numbers that are others when anything has changed."""

    def __init__(
        self,
        requests: Requests,
        reading: StoryReading,
        files: Sequence[LiveFile],
        faults: Faults,
        form: Form,
        ports: Ports,
        changes: Callable[[], Sequence[object]],
        now_s: Callable[[], float],
    ) -> None:
        self._requests = requests
        self._reading = reading
        self._files = files
        self._faults = faults
        self._form = form
        self._ports = ports
        self._changes = changes
        self._now_s = now_s

    def routes(self) -> list[web.AbstractRouteDef]:
        """To be added before those of requests.py, which have some of the same addresses."""
        scripts = [path for path in PAGE.rglob("*.*") if path.suffix in (".js", ".css")]
        return [
            web.get("/ops", self._front),
            web.get("/ops/break", self._break),
            *(web.get(f"/ops/{path.name}", _file(path.as_posix())) for path in scripts),
            web.get("/ops/requests", self._by_accept(self._list, self._requests.list_json)),
            web.get(f"/ops/requests/{INTERACTION}", self._by_accept(self._one, self._requests.one_json)),
            web.get("/ops/requests/{other:[^/.]+}", self._unknown),
            web.get(f"/ops/replays/{REPLAY}", self._by_accept(self._replay, self._requests.progress_json)),
        ]

    def _by_accept(self, page: Handler, program: Handler) -> Handler:
        async def chosen(request: web.Request) -> web.StreamResponse:
            if "text/html" not in request.headers.get("Accept", ""):
                return await program(request)
            try:
                return await page(request)
            except ApiError as error:
                return html("problem.html", {"words": str(error), "status": error.code}, error.code)

        return chosen

    async def _front(self, request: web.Request) -> web.StreamResponse:
        return self._answer(request, self._front_view)

    def _front_view(self) -> View:
        figures = self._requests.figures()
        files = self._requests.texts()
        values = {
            "now_s": figures.now_s,
            "figures": figures,
            "tiles": front.tiles(figures),
            "on_their_way": front.on_their_way(figures),
            "lines": front.lines(figures),
            "executions": front.executions(figures, self._requests.executions_ended(figures)),
            "waits": front.waits(figures.waiting_for, files),
            "newest": self._reading.requests(Query(size=_NEWEST))[0],
            "files": self._files,
            "form": self._form.in_words,
            "faults": self._faults,
        }
        return View("front.html", values)

    async def _break(self, request: web.Request) -> web.StreamResponse:
        values = {"now_s": self._now_s(), "faults": self._faults, "switches": SWITCHES, "kinds": get_args(Kind)}
        return self._answer(request, lambda: View("break.html", values))

    async def _list(self, request: web.Request) -> web.StreamResponse:
        asked = Query.of(request.query)
        return self._answer(request, lambda: self._list_view(asked))

    def _list_view(self, asked: Query) -> View:
        found, before = self._reading.requests(asked)
        counts, now_s = self._reading.counts(), self._now_s()
        values = {
            "now_s": now_s,
            "asked": asked,
            "rows": found,
            "older": links.page_of(asked, before) if before else None,
            "newest": links.page_of(asked) if asked.before else None,
            "kinds": [(kind, counts.get(kind, 0), links.toggled(asked, kind)) for kind in KINDS],
            "total": sum(counts.values()),
            "reason": front.waits({asked.reason: 0}, self._requests.texts())[0].reason if asked.reason else None,
        }
        return View("requests.html", values, _fresh_s([one.next_s for one in found], now_s))

    async def _one(self, request: web.Request) -> web.StreamResponse:
        interaction = int(request.match_info["interaction"])
        return self._answer(request, lambda: self._one_view(interaction))

    def _one_view(self, interaction: int) -> View:
        """Raises ApiError(404)."""
        story = self._requests.story(interaction)
        files = self._requests.texts(story.summary.revision)
        revisions = dict.fromkeys(one.revision for one in story.executions if one.revision)
        why = story.why
        values = {
            "now_s": story.now_s,
            "story": story,
            "one": story.summary,
            "waterfall": waterfall_of(story),
            "sources": {name: self._requests.source(name).splitlines() for name in revisions},
            "snippet": front.file_lines(front.text_of(files, why.file), why.line) if why else [],
            "command": self._command(story),
            "has_workflow": self._form.has_workflow,
        }
        return View("request.html", values, 15.0 if story.summary.is_over else _MOVES_S)

    def _command(self, story: Story) -> str:
        """A `mando run` that does the same again, with the steps that run here."""
        if not story.request or not self._form.has_workflow:
            return ""
        words = ["mando", "run", "workflows/mando.yaml", "--data", story.request]
        for name, value in workflow_environment(self._form).items():
            words += ["--env", f"{name}={to_local(value, url(self._ports.cloud))}"]
        return shlex.join(words)

    async def _replay(self, request: web.Request) -> web.StreamResponse:
        progress = self._requests.replays.progress(int(request.match_info["number"]))
        values = {"replay": progress, "now_s": self._now_s()}
        return self._answer(request, lambda: View("replay.html", values, 1.0))

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        words = f"{request.match_info['other'][:40]} is not the id of an interaction: it has 15 to 19 digits."
        return html("problem.html", {"words": words, "status": 404}, 404)

    def _answer(self, request: web.Request, view: Callable[[], View]) -> web.Response:
        return answer(request, self._version(), self._now_s(), self._faults.offset_s, view)

    def _version(self) -> str:
        files = [(one.in_force, one.problem) for one in self._files]
        text = repr((self._changes(), files))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _fresh_s(nexts_s: Sequence[float | None], now_s: float) -> float:
    """Until the next try of one of them is overdue."""
    return min([15.0, *(one + 1.05 - now_s for one in nexts_s if one is not None and one + 1 > now_s)])


def _file(path: str) -> Handler:
    async def served(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(path, headers={"Cache-Control": "no-cache"})

    return served
