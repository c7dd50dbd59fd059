"""deploy/Dockerfile: the command, run with the files that it copies alone, is a host of /reply-discord without Google.

No image is built: that needs a registry.
"""

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from nacl.public import PrivateKey

from local.auth import TokenIssuer
from tests.deploy.dockerfile import LINES, command, copied, copy_image
from tests.servers import ROOT, free_port, running
from tests.steps.scripted import Scripted, json_answer, scripted
from tests.steps.service import ACCOUNT, INTERACTION_TOKEN, PICTURE, request_body


@dataclass
class Worker:
    """A host that was started by the command, and the server in the place of Discord and of the token issuer."""

    url: str
    world: Scripted
    issuer: TokenIssuer
    key: PrivateKey

    def reply(self, audience: str) -> requests.Response:
        body: dict[str, Any] = {"request": request_body(self.key, datetime.now(UTC)), "picture": PICTURE}
        token = self.issuer.id_token(audience, ACCOUNT, datetime.now(UTC))
        headers = {"X-Dedup-Key": "77", "Authorization": f"Bearer {token}"}
        return requests.post(f"{self.url}/reply-discord", json=body, headers=headers, timeout=10)


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    folder = copy_image(tmp_path_factory.mktemp("image"))
    home = tmp_path_factory.mktemp("home")  # where google-auth would find nobody's credentials
    port, key = free_port(), PrivateKey.generate()
    with scripted() as world:
        settings = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PORT": str(port),
            "GOOGLE_CLOUD_PROJECT": "demo",
            "AUDIENCE": "mando-reply",
            "DELIVERY": "link",
            "REPLY_URL": f"http://127.0.0.1:{port}",
            "REPLY_QUEUE": "projects/demo/locations/us-central1/queues/reply-discord-queue",
            "URGENT_QUEUE": "projects/demo/locations/us-central1/queues/urgent-reply-queue",
            "SEAL_PRIVATE_KEY": base64.b64encode(bytes(key)).decode(),
            "DISCORD_API": f"{world.url}/api/v10",
            "OIDC_CERTS_URL": f"{world.url}/certs",
        }
        alone = ["env", "-i", *(f"{name}={value}" for name, value in settings.items())]
        started = ["env", f"--chdir={folder}", *alone, *command()]
        with running(started, {}, f"http://127.0.0.1:{port}/health"):
            worker = Worker(f"http://127.0.0.1:{port}", world, TokenIssuer(home / "issuer.pem"), key)
            world.answers = [json_answer(200, worker.issuer.certificates())]
            worker.reply("")  # it keeps the certificates
            assert [one.path for one in world.asked] == ["/certs"]
            world.reset()
            yield worker


def test_a_reply_by_link_needs_no_credentials_of_google(worker: Worker) -> None:
    for _ in range(2):
        answer = worker.reply("mando-reply")
        assert (answer.status_code, answer.json()) == (200, {"message_id": "9"}), answer.text
    edit = f"/api/v10/webhooks/7/{INTERACTION_TOKEN}/messages/@original"
    calls = [(one.method, one.path.partition("?")[0]) for one in worker.world.asked]
    assert calls == [("PATCH", edit), ("PATCH", edit)]
    linked = f"https://storage.googleapis.com/demo-mandalas/{PICTURE['object']}"
    assert linked.encode() in worker.world.asked[-1].body


def test_a_token_for_the_other_step_is_refused_and_there_is_no_other_step(worker: Worker) -> None:
    assert (answer := worker.reply("mando-steps")).status_code == 401, answer.text
    assert requests.post(f"{worker.url}/reply-discord", json={}, timeout=10).status_code == 401
    assert requests.post(f"{worker.url}/generate-image", json={}, timeout=10).status_code == 404


def test_a_picture_that_it_shall_upload_itself_needs_credentials(tmp_path: Path) -> None:
    """The error is one of the bucket, not of the start."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_GCE_CHECK": "true"}
    program = (
        "from steps.bucket import PictureBucket\n"
        "try: PictureBucket('b').get('pictures/x.png')\n"
        "except Exception as error: print(type(error).__name__, error.reason, error.kind)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout == "PermanentError refused bucket\n"


def test_all_that_it_imports_is_copied(tmp_path: Path) -> None:
    folder = copy_image(tmp_path)
    program = (
        "import sys, steps.app, service.slow_clients\n"
        "print(*(one.__file__ for name, one in sys.modules.items() if name.partition('.')[0] in sys.argv[1:]))"
    )
    rooms = [path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()]
    ended = subprocess.run(
        [sys.executable, "-c", program, *rooms], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    files = [Path(file) for file in ended.stdout.split()]
    assert len(files) > 20
    assert [file for file in files if not file.is_relative_to(folder)] == []


def test_the_builder_is_sent_what_is_copied_and_nothing_else() -> None:
    """A key or a data folder that lies here is never sent.  Source: Docker, "Build context", .dockerignore files."""
    listed = [
        line
        for line in (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert listed == ["*", *(f"!{name}" for name in copied()), "**/__pycache__"]


def test_it_runs_the_python_of_app_yaml_with_the_pinned_packages() -> None:
    runtime = re.search(r"^runtime: python3(\d+)$", (ROOT / "app.yaml").read_text(), re.MULTILINE)
    assert runtime
    assert f"FROM python:3.{runtime[1]}-slim" in LINES
    (install,) = [line for line in LINES if line.startswith("RUN ")]
    assert install.endswith("--require-hashes -r requirements.txt")
