"""On Cloud Run the metadata server gives the account's token; it is renewed in time, and after a refusal."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import pytest

from service.cloud_tasks import FAILURES, CallFailed, CloudTasks
from tests.ingress.function import environment
from tests.servers import ROOT, serving


class Google(BaseHTTPRequestHandler):
    """The metadata server, and Cloud Tasks, which wants the newest token."""

    tokens: ClassVar[int] = 0
    seen: ClassVar[list[str]] = []
    is_broken: ClassVar[bool] = False

    def do_GET(self) -> None:
        if self.path.startswith("/computeMetadata"):
            assert self.headers["Metadata-Flavor"] == "Google"
            Google.tokens += 1
            self._answer(404 if self.is_broken else 200, {"access_token": f"t{self.tokens}", "expires_in": 3600})
        else:
            self.seen.append(self.headers["Authorization"])
            is_newest = self.headers["Authorization"] == f"Bearer t{self.tokens}"
            self._answer(200 if is_newest else 401, {"state": "RUNNING"})

    def _answer(self, status: int, body: dict[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudTasks]:
    Google.tokens, Google.seen, Google.is_broken = 0, [], False
    with serving(Google) as url:
        monkeypatch.setenv("K_SERVICE", "mando-ingress")
        monkeypatch.setenv("GCE_METADATA_HOST", url.removeprefix("http://"))
        monkeypatch.setattr("service.cloud_tasks._GOOGLE", url)
        yield CloudTasks(None, calls_at_once=2)


async def test_one_token_serves_many_calls(tasks: CloudTasks) -> None:
    for _ in range(3):
        assert await tasks.get_queue("q", "state", 5.0) == {"state": "RUNNING"}
    assert (Google.tokens, Google.seen) == (1, ["Bearer t1"] * 3)


async def test_a_token_is_renewed_before_its_end(tasks: CloudTasks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: google-auth, REFRESH_THRESHOLD: 3 min 45 s before."""
    now_s = [1000.0]
    monkeypatch.setattr("service.metadata.time.monotonic", lambda: now_s[0])
    for later_s, tokens in ((0, 1), (3600 - 226, 1), (3, 2)):
        now_s[0] += later_s
        await tasks.get_queue("q", "state", 5.0)
        assert Google.tokens == tokens


async def test_a_refused_token_is_not_used_again(tasks: CloudTasks) -> None:
    await tasks.get_queue("q", "state", 5.0)
    Google.tokens += 1  # it wants another one from now on
    with pytest.raises(CallFailed, match="401"):
        await tasks.get_queue("q", "state", 5.0)
    await tasks.get_queue("q", "state", 5.0)
    assert Google.seen == ["Bearer t1", "Bearer t1", "Bearer t3"]


async def test_without_a_token_the_call_fails_as_others_do(tasks: CloudTasks) -> None:
    Google.is_broken = True
    with pytest.raises(FAILURES):
        await tasks.get_queue("q", "state", 5.0)
    assert Google.seen == []


def test_the_ingress_starts_without_what_only_other_credentials_need() -> None:
    """Each takes an eighth of its start or more."""
    asked = "import sys, ingress.main; print(*{'cryptography', 'grpc', 'aiohttp'} & set(sys.modules))"
    variables = {**environment(""), "PATH": "", "K_SERVICE": "mando-ingress"}
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == ""
