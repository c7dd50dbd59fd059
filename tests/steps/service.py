"""The steps as they run in the cloud, under gunicorn, and one server for the services that they call."""

import base64
import contextlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import requests
import yaml
from nacl.public import PrivateKey, SealedBox

import schemas
from local.auth import CERTS_PATH, TokenIssuer
from service.step_tasks import StepTasks
from steps.certificates import FETCH_WITHIN_S
from steps.config import Config
from tests.servers import BIN, ROOT, free_port, running, serving
from tests.steps.scripted import is_metadata_call

AUDIENCE = "mando-steps"
ACCOUNT = "mando-workflow@demo.iam.gserviceaccount.com"
OWN_ACCOUNT = "mando-steps@demo.iam.gserviceaccount.com"
QUEUES = "projects/demo/locations/us-central1/queues"
# The settings that follow from nothing else: mando deploy tells them.
TOLD = {
    "STEPS_URL": "https://steps.example",
    "REPLY_QUEUE": f"{QUEUES}/reply-discord-queue",
    "URGENT_QUEUE": f"{QUEUES}/urgent-reply-queue",
}
INTERACTION_TOKEN = "aW50ZXJhY3Rpb246" + "x" * 194
BOT_TOKEN = "bot-token-that-nobody-may-see"
PNG = b"\x89PNG"
PICTURE = {
    "object": f"pictures/{'0' * 32}.png",
    "title": "t",
    "description": "d",
    "colour": 1,
    "symmetry": 8,
    "palette": "jade",
}


class Neighbours(BaseHTTPRequestHandler):
    """Certificates, bucket, Discord and Cloud Tasks; records the calls, except for certificates and metadata."""

    protocol_version = "HTTP/1.1"
    issuer: TokenIssuer
    calls: list[str] = []  # noqa: RUF012 -- one server, one list
    user_agent: str | None = None  # of the last call to Discord
    refusal: tuple[int, bytes] | None = None  # what Discord answers instead of a message
    refusals: list[tuple[int, bytes]] = []  # noqa: RUF012 -- the same, to one call each, before all others
    tasks: list[dict[str, Any]] = []  # noqa: RUF012 -- that it was asked to make
    tasks_refusal: tuple[int, bytes] | None = None  # what Cloud Tasks answers instead of a task
    certificates_wait_for: threading.Event | None = None
    is_asked = threading.Event()  # for certificates, while it lets whoever asks wait

    @classmethod
    def forget(cls) -> None:
        """Forget the calls, and what a test before let Discord and Cloud Tasks refuse."""
        cls.calls.clear()
        cls.refusal = None
        cls.refusals.clear()
        cls.tasks.clear()
        cls.tasks_refusal = None

    def do_GET(self) -> None:
        if self.path == CERTS_PATH:
            if self.certificates_wait_for is not None:
                Neighbours.is_asked.set()
                self.certificates_wait_for.wait(100)
            self._answer(json.dumps(self.issuer.certificates()).encode(), {"Cache-Control": "max-age=3600"})
        elif is_metadata_call(self.command, self.path):
            self._answer(b"{}", {}, 404)
        else:
            self._count(PNG if self.path.startswith("/download/") else b'{"name": "x"}')

    def do_POST(self) -> None:
        if re.fullmatch(f"/v2/{QUEUES}/[a-z-]+/tasks", self.path):
            self._make_task()
        else:
            self._count(b'{"id": "99"}')

    def do_PATCH(self) -> None:
        self.do_POST()

    def _make_task(self) -> None:
        task = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["task"]
        self.calls.append(f"{self.command} {self.path}")
        self.tasks.append(task)
        status, body = self.tasks_refusal or (200, json.dumps({"name": task["name"]}).encode())
        self._answer(body, {}, status)

    def _count(self, answer: bytes) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.calls.append(f"{self.command} {self.path}")
        if self.path.startswith("/api/"):
            Neighbours.user_agent = self.headers["User-Agent"]
        refusal = self.refusals.pop(0) if self.refusals and self.path.startswith("/api/") else self.refusal
        if refusal is not None and self.path.startswith("/api/"):
            self._answer(refusal[1], {}, refusal[0])
        else:
            self._answer(answer, {})

    def _answer(self, body: bytes, headers: Mapping[str, str], status: int = 200) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@dataclass
class Steps:
    """The running service, its token issuer and its keys."""

    port: int
    issuer: TokenIssuer
    issuer_key: bytes
    key: PrivateKey
    older_key: PrivateKey
    log: Path
    secrets: list[str] = field(default_factory=list)

    def token(self, audience: str = AUDIENCE, email: str = ACCOUNT, age: timedelta = timedelta()) -> str:
        return self.issuer.id_token(audience, email, datetime.now(UTC) - age)

    def request(self, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        now = datetime.now(UTC)
        request = {
            "interaction_id": "1310000000000000001",
            "application_id": "1146847361212375051",
            "sealed_token": sealed(self.key),
            "channel_id": "1146847361212375003",
            "user_id": "42",
            "locale": "en-GB",
            "options": {},
            "received_at": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}",
            "expires_at": f"{now + timedelta(minutes=15):%Y-%m-%dT%H:%M:%S.%fZ}",
        }
        return request | dict(changes or {})

    def post(self, path: str, body: Any, token: str | None = None, **headers: str) -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/json", "X-Dedup-Key": "1310000000000000001"}
        given["Authorization"] = f"Bearer {self.token() if token is None else token}"
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in given.items() if value}
        return requests.post(f"http://127.0.0.1:{self.port}{path}", data=data, headers=sent, timeout=20)


def entrypoint() -> str:
    """How App Engine starts the steps."""
    command: str = yaml.safe_load((ROOT / "app.yaml").read_text())["entrypoint"]
    return command


@contextlib.contextmanager
def serving_steps(folder: Path, fetch_within_s: float = FETCH_WITHIN_S) -> Iterator[Steps]:
    """The service with two sealing keys, the newer first; its log is a file in folder.

    fetch_within_s: how long it waits for the issuer's certificates.
    """
    settings = folder / "gunicorn.conf.py"
    settings.write_text(f"import steps.certificates\n\nsteps.certificates.FETCH_WITHIN_S = {fetch_within_s}\n")
    Neighbours.issuer = TokenIssuer(folder / "issuer.pem")
    Neighbours.forget()
    key, older = PrivateKey.generate(), PrivateKey.generate()
    encoded = ",".join(base64.b64encode(bytes(each)).decode() for each in (key, older))
    port, log = free_port(), folder / "log"
    with serving(Neighbours) as world:
        environment = {
            "GOOGLE_CLOUD_PROJECT": "demo",
            "GAE_VERSION": "20260131t120000",
            "STORAGE_EMULATOR_HOST": world,
            "DISCORD_API": f"{world}/api/v10",
            "OIDC_CERTS_URL": world + CERTS_PATH,
            "SEAL_PRIVATE_KEY": encoded,
            "DISCORD_BOT_TOKEN": BOT_TOKEN,
            **TOLD,
            "CLOUD_TASKS_ENDPOINT": world,
        }
        settled = f"--workers 1 --config {settings} --bind 127.0.0.1:{port}"
        command = ["sh", "-c", f"exec {BIN}/{entrypoint()} {settled} >{log} 2>&1"]
        with running(command, environment, f"http://127.0.0.1:{port}/health"):
            secrets = [*encoded.split(","), BOT_TOKEN, INTERACTION_TOKEN]
            yield Steps(port, Neighbours.issuer, (folder / "issuer.pem").read_bytes(), key, older, log, secrets)


def a_config(certs_url: str, discord_api: str = "https://discord.example", **more: Any) -> Config:
    """Of steps that are started by no environment."""
    return Config(
        project="demo",
        version="1",
        bucket="b",
        audience=AUDIENCE,
        workflow_service_account=ACCOUNT,
        step_tasks=StepTasks(TOLD["STEPS_URL"], AUDIENCE, OWN_ACCOUNT),
        reply_queue=TOLD["REPLY_QUEUE"],
        urgent_queue=TOLD["URGENT_QUEUE"],
        seal_private_keys=(),
        delivery="attach",
        discord_api=discord_api,
        certs_url=certs_url,
        **more,
    )


def refused(steps: Steps, answer: requests.Response, statuses: set[int]) -> str:
    """The reason that the answer gives."""
    assert answer.status_code in statuses, answer.text
    assert Neighbours.calls == []
    assert "Traceback" not in answer.text
    assert not [secret for secret in steps.secrets if secret in answer.text]
    assert len(answer.text) < 1000
    if answer.headers["Content-Type"] == "application/json":
        assert schemas.check("error", answer.json())["error"]["status"] == answer.status_code
    return answer.text


def base64url(raw: bytes | str) -> str:
    return base64.urlsafe_b64encode(raw if isinstance(raw, bytes) else raw.encode()).rstrip(b"=").decode()


def sealed(key: PrivateKey, token: bytes = INTERACTION_TOKEN.encode()) -> str:
    """The token as the ingress seals it for that key's owner."""
    return base64url(SealedBox(key.public_key).encrypt(token))


def request_body(key: PrivateKey, received: datetime) -> dict[str, Any]:
    """A request of schemas/request.json, with the shortest of ids, whose token that key opens."""
    return {
        "interaction_id": "77",
        "application_id": "7",
        "sealed_token": sealed(key),
        "channel_id": "5",
        "user_id": "42",
        "locale": "en-GB",
        "options": {},
        "received_at": f"{received:%Y-%m-%dT%H:%M:%S.%fZ}",
        "expires_at": f"{received + timedelta(minutes=15):%Y-%m-%dT%H:%M:%S.%fZ}",
    }
