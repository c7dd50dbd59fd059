"""The page at /tune: the knobs of the files in force as fields, and beside them what the files do with another value.

Mounted by cli/up.py on the local cloud, whose guard holds for it too.  A question is answered line by line, as JSON:
which fields are wrong; or the edit as a diff, progress, findings, the answer.  One question at a time: a new one ends
the last, and so does a page that is closed.
"""

import asyncio
import contextlib
import functools
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import web

from local.http.api_error import read_json
from local.live_files import LiveFile
from tuning.editor.fields import sections
from tuning.editor.findings import compared
from tuning.editor.runs import Outcome, Runs
from tuning.editor.trial import ARRIVALS, CALM, DEFAULTS, MOST_REQUESTS, Trial, WrongFields, read_trial
from tuning.model import MODELS
from tuning.page import page as answer_page
from tuning.simulate.scenario import names, read_story
from tuning.sources import NoSources, Sources, UnreadableFile, diff, from_folder

_PAGE = Path(__file__).parent / "page"
_PROGRESS_S = 0.15
_NAMES = ("in force", "edited")


class Editor:
    """The page and its data.  root: the project's folder; files: those of it that are deployed when they are saved."""

    def __init__(self, root: Path, files: Sequence[LiveFile], runs: Runs | None = None) -> None:
        self._root = root
        self._files = files
        self._runs = runs or Runs()
        self._turn = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/tune", self._page),
            *(web.get(f"/tune/{path.name}", self._page) for path in sorted(_PAGE.iterdir())),
            web.get("/tune/answer.css", self._made),
            web.get("/tune/answer.js", self._made),
            web.get("/tune/uplot.js", self._made),
            web.get("/tune/state", self._state),
            web.post("/tune/answer", self._answer),
        ]

    async def stop(self) -> None:
        """End the simulations that run."""
        await _end(self._tasks)

    async def _page(self, request: web.Request) -> web.FileResponse:
        name = request.path.removeprefix("/tune").lstrip("/") or "index.html"
        return web.FileResponse(_PAGE / name, headers={"Cache-Control": "no-cache"})

    async def _made(self, request: web.Request) -> web.Response:
        """What the page shares with that of `mando simulate --html`."""
        text, kind = {
            "/tune/answer.css": (answer_page.style(), "text/css"),
            "/tune/answer.js": (answer_page.module(), "text/javascript"),
            "/tune/uplot.js": (answer_page.uplot(), "text/javascript"),
        }[request.path]
        return web.Response(text=text, content_type=kind, headers={"Cache-Control": "no-cache"})

    def _in_force(self) -> Sources:
        """Of a file that was saved with a mistake, what is deployed still.  Raises NoSources, UnreadableFile."""
        live = {file.path.relative_to(self._root).as_posix(): file.text for file in self._files}
        return {**from_folder(self._root), **live}

    async def _state(self, _: web.Request) -> web.Response:
        try:
            sources, problem = await asyncio.to_thread(self._in_force), ""
        except (NoSources, UnreadableFile) as error:
            sources, problem = {}, str(error)
        state = {
            "version": hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest(),
            "problem": problem,
            "sections": await asyncio.to_thread(sections, sources),
            "scenarios": _scenarios(),
            "arrivals": ARRIVALS,
            "models": MODELS,
            "mostRequests": MOST_REQUESTS,
            "setting": dict(DEFAULTS),
        }
        return web.json_response(state, headers={"Cache-Control": "no-store"})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await read_json(request)
        stream = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"})
        lines = _Lines(request, stream)
        try:
            trial = read_trial(body, await asyncio.to_thread(self._in_force))
        except WrongFields as error:
            return await lines.only("wrong", fields=error.messages)
        except (NoSources, UnreadableFile) as error:
            return await lines.only("problem", problem=str(error))
        versions = [trial.before, trial.after] if trial.changed else [trial.before]
        async with self._turn:
            await self.stop()
            begun = [self._runs.begin(sources, trial.setting) for sources in versions]
            outcomes, tasks = [outcome for outcome, _ in begun], [task for _, task in begun]
            self._tasks = tasks
        try:
            await stream.prepare(request)
            with contextlib.suppress(ConnectionResetError):  # the page has gone
                await _tell(lines, trial, outcomes, tasks)
        finally:
            await _end(tasks)
        return stream


class _Lines:
    """The lines of one answer; each is said once."""

    def __init__(self, request: web.Request, stream: web.StreamResponse) -> None:
        self._request = request
        self._stream = stream
        self._said: dict[str, Any] = {}

    async def say(self, kind: str, **message: Any) -> None:
        """Raises ConnectionResetError where the page has gone, also if it knows the line already."""
        if self._request.transport is None:
            raise ConnectionResetError
        if self._said.get(kind) != message:
            self._said[kind] = message
            line = json.dumps({"kind": kind, **message}, separators=(",", ":"), allow_nan=False)
            await self._stream.write(line.encode() + b"\n")

    async def only(self, kind: str, **message: Any) -> web.StreamResponse:
        """One line, and the end."""
        await self._stream.prepare(self._request)
        await self.say(kind, **message)
        return self._stream


async def _tell(lines: _Lines, trial: Trial, outcomes: Sequence[Outcome], tasks: Sequence[asyncio.Task[None]]) -> None:
    """Everything as soon as it is known."""
    began_s = time.monotonic()
    await lines.say("edit", diff=diff(trial.before, trial.after), changed=trial.changed)
    waiting = set(tasks)
    while waiting:
        _, waiting = await asyncio.wait(tasks, timeout=_PROGRESS_S)
        found = [outcome.findings for outcome in outcomes if outcome.findings is not None]
        if len(found) == len(outcomes):
            await lines.say("findings", **compared(found[0], found[-1]))
        ended, expected = (sum(getattr(one, name) for one in outcomes) for name in ("ended", "expected"))
        await lines.say("progress", ended=ended, expected=expected)
    if any(task.cancelled() for task in tasks):
        await lines.say("stopped")
        return
    for task in tasks:
        task.result()
    kind, result = _result(outcomes[0], outcomes[-1])
    await lines.say(kind, tookS=time.monotonic() - began_s, **result)


def _result(before: Outcome, after: Outcome) -> tuple[str, dict[str, Any]]:
    """Of both versions; of the edited one alone where the other has no answer."""
    if after.answer is None:
        return "reason", {"reason": after.reason}
    if before is after or before.answer is None:
        said = answer_page.parts(after.answer)
    else:
        said = answer_page.parts_against(before.answer, after.answer, _NAMES)
    title = f"{after.answer.scenario} · {after.answer.load}"
    return "answer", {"title": title, **asdict(said)}


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@functools.cache
def _scenarios() -> list[dict[str, Any]]:
    stories = [read_story(name) for name in names()]
    calm = {"name": CALM, "title": "nothing fails", "lengthS": 0}
    return [calm, *({"name": one.name, "title": one.title, "lengthS": one.length_s} for one in stories)]
