"""App Engine's front end before a real process of gunicorn, as `mando up` starts the steps."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator

import pytest

from local.appengine.service import FRONT_HEADER, Service
from local.project import ROOT
from tests.servers import BIN, free_port, wait_until

COMMAND = [str(BIN / "gunicorn"), "--no-control-socket", "--preload", "--worker-class", "service.slow_clients.Worker"]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    port = free_port()
    service = Service(f"http://127.0.0.1:{port}")
    front = ROOT / "local" / "appengine" / "front.py"
    variables = {"GUNICORN_CMD_ARGS": f"--bind=127.0.0.1:{port} --config={front}", "MANDO_FRONT": service.secret}
    with subprocess.Popen([*COMMAND, "tests.appengine.echo:app"], cwd=ROOT, env={**os.environ, **variables}) as process:
        try:
            wait_until(lambda: is_open(port), "gunicorn answers")
            yield service
        finally:
            process.terminate()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def got(service: Service, *lines: str) -> list[list[str]]:
    """The headers that the application gets of a request with these."""
    port = int(service.url.rpartition(":")[2])
    head = "\r\n".join(["GET / HTTP/1.1", "Host: x", "Connection: close", *lines, "", ""])
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(head.encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    body: list[list[str]] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return [each for each in body if each[0] not in ("host", "connection")]


@pytest.mark.parametrize("secret", ["", "guessed", None])
@pytest.mark.parametrize(
    "name",
    ["X-AppEngine-QueueName", "X-Appengine-Queuename", "x-appengine-queuename", "X-APPENGINE-TASKNAME", "X-Google-A"],
)
def test_a_call_from_outside_brings_no_header_of_app_engine(service: Service, name: str, secret: str | None) -> None:
    """Source: App Engine, "Request headers and responses", headers removed from incoming requests."""
    lines = [f"{name}: reply-discord-queue", f"{name}: again", "X-Mine: 1"]
    assert got(service, *lines, *([] if secret is None else [f"{FRONT_HEADER}: {secret}"])) == [["x-mine", "1"]]


def test_only_exact_names_are_removed(service: Service) -> None:
    """Source: the same: X-Appengine-Cntry will not be removed."""
    assert got(service, "X-Appengine-Cntry: a", "X_AppEngine_QueueName: b") == [
        ["x-appengine-cntry", "a"],
        ["x_appengine_queuename", "b"],
    ]


def test_the_local_clouds_own_call_keeps_its_headers_and_the_application_does_not_see_why(service: Service) -> None:
    own = f"{FRONT_HEADER}: {service.secret}"
    assert got(service, "X-AppEngine-QueueName: q", own) == [["x-appengine-queuename", "q"]]
    assert got(service, "X-AppEngine-QueueName: q", own, own) == []
