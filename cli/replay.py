"""`mando replay`: start executions again with the argument that they had, on this machine or in the cloud.

Doing it again is safe: the picture is the same object, the reply an edit of the same message.
"""

import argparse
import re
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import google.auth
import google.auth.exceptions
import requests
from google.auth.transport.requests import AuthorizedSession
from tqdm import tqdm

from cli.send import positive

_CLOUD = "https://workflowexecutions.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_ID = re.compile(r"[0-9a-f-]{36}")
_TIMEOUT_S = 30
_POLL_S = 0.5
_LABEL = "replay-of"

Json = dict[str, Any]


class CannotReplay(Exception):
    """Raised when there is nothing to replay or nobody to ask; the message is one line for the terminal."""


@dataclass(slots=True)
class Replay:
    """An execution and the one that repeats it; ended is that one when it has ended."""

    original: str
    argument: str | None
    name: str = ""
    ended: Json = field(default_factory=dict)

    def __str__(self) -> str:
        words = f"{_id(self.original)} as {_id(self.name)}: {self.ended['state']}"
        context = self.ended.get("error", {}).get("context", "").partition("\n")[0]
        return f"{words}, {context}" if context else words


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("execution", nargs="?", help="an execution's id or full name")
    parser.add_argument(
        "--failed", action="store_true", help="every failed execution that none has repeated with success"
    )
    parser.add_argument(
        "--since",
        type=_duration,
        default=timedelta(hours=1),
        metavar="1h",
        help="how far back --failed looks (default: 1h)",
    )
    parser.add_argument(
        "--rate", type=positive, default=5.0, metavar="R", help="how many to start a second (default: 5)"
    )
    parser.add_argument("--workflow", default="mando", help="whose executions (default: mando)")
    parser.add_argument("--port", type=int, default=8080, help="where `mando up` runs (default: 8080)")
    parser.add_argument("--project", help="a project of Google Cloud, instead of this machine")
    parser.add_argument("--location", default="us-central1", help="where the workflow is (default: us-central1)")


def run(arguments: argparse.Namespace) -> int:
    """1 where a replay did not succeed, 2 where none could be started."""
    if (arguments.execution is None) is not arguments.failed:
        sys.stderr.write("mando replay: name one execution, or say --failed\n")
        return 2
    parent = f"projects/{arguments.project or 'demo'}/locations/{arguments.location}/workflows/{arguments.workflow}"
    try:
        service = _Service(*_address(arguments.project, arguments.port), parent)
        if arguments.failed:
            chosen = list(service.failed(datetime.now(UTC) - arguments.since))
        else:
            chosen = [service.one(arguments.execution)]
        replays = _replay_all(service, chosen, arguments.rate)
    except CannotReplay as error:
        sys.stderr.write(f"mando replay: {error}\n")
        return 2
    for replay in replays:
        print(replay)
    if arguments.failed:
        counts = Counter(replay.ended["state"] for replay in replays)
        print(f"{len(replays)} replayed" + "".join(f", {count} {state}" for state, count in sorted(counts.items())))
    return 0 if all(replay.ended["state"] == "SUCCEEDED" for replay in replays) else 1


def _replay_all(service: "_Service", chosen: list[Replay], rate_per_s: float) -> list[Replay]:
    """Start them at that rate, and see each to its end."""
    waiting, running = deque(chosen), list[Replay]()
    began_s, started = time.monotonic(), 0
    with tqdm(total=len(chosen), unit=" executions", disable=None) as bar:
        while waiting or running:
            while waiting and time.monotonic() >= began_s + started / rate_per_s:
                replay = waiting.popleft()
                service.start(replay)
                running.append(replay)
                started += 1
            for replay in list(running):
                execution = service.get(replay.name)
                if execution["state"] not in ("ACTIVE", "QUEUED"):
                    replay.ended = execution
                    running.remove(replay)
                    bar.update()
            time.sleep(min(_POLL_S, 1 / rate_per_s) if waiting else _POLL_S if running else 0)
    return chosen


class _Service:
    """Workflow Executions v1 over HTTP.  All methods raise CannotReplay."""

    def __init__(self, base_url: str, session: requests.Session, workflow: str) -> None:
        self._base_url = base_url
        self._session = session
        self._workflow = workflow

    def one(self, execution: str) -> Replay:
        name = execution if "/" in execution else f"{self._workflow}/executions/{execution}"
        if not _ID.fullmatch(_id(name)):
            raise CannotReplay(f"{execution!r} is no execution: expected an id such as 3f0c…, or its full name")
        found = self.get(name)
        return Replay(found["name"], found.get("argument"))

    def failed(self, since: datetime) -> Iterator[Replay]:
        """The newest failed execution of each argument, unless a later one succeeded; the oldest first."""
        moment = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        settled: set[str | None] = set()
        found = []
        for execution in self._list(f'startTime>"{moment}"'):
            argument = execution.get("argument")
            if execution["state"] == "FAILED" and argument not in settled:
                found.append(Replay(execution["name"], argument))
            settled.add(argument)
        return reversed(found)

    def start(self, replay: Replay) -> None:
        body: Json = {"labels": {_LABEL: _id(replay.original)}}
        if replay.argument is not None:
            body["argument"] = replay.argument
        workflow = replay.original.partition("/executions/")[0]
        replay.name = self._ask("POST", f"{workflow}/executions", json=body)["name"]

    def get(self, name: str) -> Json:
        return self._ask("GET", name)

    def _list(self, condition: str) -> Iterator[Json]:
        """The newest first."""
        token = ""
        while True:
            query = {"view": "FULL", "filter": condition, "pageToken": token, "pageSize": "100"}
            page = self._ask("GET", f"{self._workflow}/executions", params=query)
            yield from page.get("executions", [])
            token = page.get("nextPageToken", "")
            if not token:
                return

    def _ask(self, method: str, path: str, **sent: Any) -> Json:
        try:
            answer = self._session.request(method, f"{self._base_url}/v1/{path}", timeout=_TIMEOUT_S, **sent)
            content: Json = answer.json()
        except (requests.RequestException, google.auth.exceptions.GoogleAuthError):
            hint = "start it with `mando up`, or give its --port" if self._base_url != _CLOUD else "is the network up?"
            raise CannotReplay(f"nothing answers at {self._base_url}; {hint}") from None
        if not answer.ok:
            raise CannotReplay(content["error"]["message"])
        return content


def _address(project: str | None, port: int) -> tuple[str, requests.Session]:
    if project is None:
        return f"http://127.0.0.1:{port}", requests.Session()
    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
    except google.auth.exceptions.DefaultCredentialsError:
        raise CannotReplay("no credentials; run `gcloud auth application-default login`") from None
    return _CLOUD, AuthorizedSession(credentials)


def _id(name: str) -> str:
    return name.rpartition("/")[2]


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration, expected such as 30m, 1h or 2d")
    return timedelta(seconds=int(found[1]) * _UNITS_S[found[2]])
