"""A door that is asked to end answers what it has begun to read, and is gone soon, whoever else is connected."""

import contextlib
import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import pytest
import requests

from service.slow_clients import REQUEST_WITHIN_S
from tests.ingress.function import DISCORD, environment
from tests.servers import BIN, free_port, running, wait_until
from tests.slow_clients import holding, kinds
from tests.steps.service import TOLD, entrypoint

PING = json.dumps({"type": 1}).encode()
_STEPS = {
    "GOOGLE_CLOUD_PROJECT": "demo",
    "STORAGE_EMULATOR_HOST": "http://127.0.0.1:9",
    **TOLD,
    "OIDC_CERTS_URL": "http://127.0.0.1:9",
    "SEAL_PRIVATE_KEY": "A" * 43 + "=",
}


@contextmanager
def a_door(name: str, log: Path) -> Iterator[tuple[Popen[str], int]]:
    port = free_port()
    if name == "ingress":
        command = f"{BIN}/functions-framework --target=handle_request --host=127.0.0.1 --port={port}"
        variables = environment("http://127.0.0.1:9") | {"LOG_EXECUTION_ID": "true"}  # as gcloud sets it
    else:
        # One worker: its answer says that it is ready.  One that is asked to end while it starts does not hear it.
        command, variables = f"{BIN}/{entrypoint()} --workers 1 --bind 127.0.0.1:{port}", _STEPS
    with running(["sh", "-c", f"exec {command} >{log} 2>&1"], variables, f"http://127.0.0.1:{port}/health") as process:
        yield process, port


def half_sent(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    headers = DISCORD.headers(PING) | {"Content-Length": str(len(PING))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    client.sendall(f"POST / HTTP/1.1\r\nHost: door\r\n{lines}\r\n".encode() + PING[:3])
    return client


def test_what_is_in_flight_is_answered(tmp_path: Path) -> None:
    with a_door("ingress", tmp_path / "log") as (process, port), half_sent(port) as client:
        # The door has one event loop: when it answers who came later, it has read what was there before.
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=10).status_code == 405
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: not accepts(port), "it takes no new connections")
        client.sendall(PING[3:])
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("name", ["ingress", "steps"])
def test_it_ends_soon_whoever_is_connected(tmp_path: Path, name: str) -> None:
    with a_door(name, tmp_path / "log") as (process, port), contextlib.ExitStack() as stack:
        for kind in kinds().values():
            stack.enter_context(holding(port, kind, 10))
        process.send_signal(signal.SIGTERM)
        # Clients that drip would hold it for ever; gunicorn itself loses patience after 30 s.  The rest is for a
        # machine under load.
        process.wait(timeout=REQUEST_WITHIN_S + 15)
    said = (tmp_path / "log").read_text()
    assert "Traceback" not in said
    assert all(json.loads(line)["severity"] for line in said.splitlines())


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_log_line_of_the_ingress_is_one_json_also_with_execution_ids(tmp_path: Path) -> None:
    with a_door("ingress", tmp_path / "log") as (_, port):
        interaction = {"type": 2, "data": {"name": "mando"}}
        for _ in range(3):
            assert DISCORD.post(f"http://127.0.0.1:{port}", interaction).json()["type"] == 4
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == 3
    assert all(json.loads(line)["severity"] == "ERROR" for line in lines)
