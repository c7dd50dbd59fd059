"""The ingress under functions-framework, as in the cloud: its environment, its keys and a queue that records."""

import json
from base64 import b64encode
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler
from subprocess import Popen

from nacl.public import PrivateKey

from tests.interactions import Signer
from tests.servers import BIN, free_port, running

DISCORD = Signer()
STEPS_KEY = PrivateKey.generate()


class RecordingQueue(BaseHTTPRequestHandler):
    """Cloud Tasks' CreateTask as far as the client looks at it: keeps names, refuses a name that it has seen."""

    tasks: dict[str, dict[str, object]] = {}  # noqa: RUF012 -- one server, one dict

    def do_POST(self) -> None:
        task = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["task"]
        seen = task["name"] in self.tasks
        self.tasks[task["name"]] = task
        error = {"error": {"code": 409, "message": "Requested entity already exists", "status": "ALREADY_EXISTS"}}
        body = json.dumps(error if seen else {"name": task["name"]}).encode()
        self.send_response(409 if seen else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def environment(queue_url: str) -> dict[str, str]:
    return {
        "DISCORD_PUBLIC_KEY": DISCORD.public_key_hex,
        "SEAL_PUBLIC_KEY": b64encode(bytes(STEPS_KEY.public_key)).decode(),
        "QUEUE": "projects/demo/locations/us-central1/queues/create-image-queue",
        "REPLY_QUEUE": "projects/demo/locations/us-central1/queues/reply-discord-queue",
        "WORKFLOW": "projects/demo/locations/us-central1/workflows/mando",
        "TASK_SERVICE_ACCOUNT": "mando-tasks@demo.iam.gserviceaccount.com",
        "CLOUD_TASKS_ENDPOINT": queue_url,
    }


def an_ingress(queue_url: str) -> tuple[AbstractContextManager[Popen[str]], str]:
    port = free_port()
    command = [str(BIN / "functions-framework"), "--target=handle_request", "--host=127.0.0.1", f"--port={port}"]
    return running(command, environment(queue_url), f"http://127.0.0.1:{port}"), f"http://127.0.0.1:{port}"
