"""A server in the place of Discord or Cloud Storage: gives scripted answers and records the requests."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from steps.bucket import PictureBucket
from tests.servers import serving


@dataclass(frozen=True, slots=True)
class Answer:
    """length: the Content-Length of a body that is cut short; closes: no answer at all."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    closes: bool = False


def json_answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})


@dataclass(slots=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Scripted:
    """Gives its answers in order; the last one is repeated."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def reset(self) -> None:
        self.answers = [json_answer(200, {"id": "9"})]
        self.asked = []

    def next_answer(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def is_metadata_call(method: str, path: str) -> bool:
    """google-cloud-storage reads the bucket's metadata in a thread of its own; our code never does."""
    return method == "GET" and re.fullmatch(r"/storage/v1/b/[^/?]+(\?.*)?", path) is not None


@contextlib.contextmanager
def scripted() -> Iterator[Scripted]:
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            if is_metadata_call(self.command, self.path):
                self.send_error(404)
                return
            script.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            answer = script.next_answer()
            if answer.closes:
                return
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_PATCH = do_GET  # noqa: N815 -- http.server's names

        def log_message(self, *_: object) -> None: ...

    with serving(Handler) as script.url:
        yield script


@contextlib.contextmanager
def bucket_at(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[PictureBucket]:
    """The adapter of the bucket, whose calls go to that address."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo")
    pictures = PictureBucket("demo-mandalas")
    try:
        yield pictures
    finally:
        pictures._bucket.client.close()
