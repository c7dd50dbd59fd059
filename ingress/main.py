"""Discord → task: verify, parse, seal, enqueue, acknowledge.  The Cloud Run function's entry point.

Discord waits 3 s for the answer; whatever else happens, a genuine interaction gets one that the member can read.
"""

import io
import json
import os
import sys
import time
from datetime import UTC, datetime

import flask
from flask.typing import ResponseReturnValue

from ingress import signature
from ingress.config import read_config
from ingress.enqueue import QueueUnavailable, TaskQueue
from ingress.interaction import BadInteraction, Command, OtherInteraction, Ping, parse, to_request
from ingress.seal import Sealer
from schemas.environment import ConfigError

MAX_BODY_BYTES = 64 * 1024  # a slash command is about 1.5 KiB

try:
    CONFIG = read_config(os.environ)
except ConfigError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(2)
SEALER = Sealer(CONFIG.seal_public_key)
QUEUE = TaskQueue(CONFIG)

# Source: Discord, "Interaction Response Object": 1 pong, 4 a message now, 5 "thinking…"; flag 64: for this member only.
PONG = {"type": 1}
DEFERRED = {"type": 5}
BUSY = {"type": 4, "data": {"content": "I am too busy to draw right now. Please try again in a minute.", "flags": 64}}
UNKNOWN = {"type": 4, "data": {"content": "I do not know that one. Type /mando and I draw you a mandala.", "flags": 64}}


def handle_request(http: flask.Request) -> ResponseReturnValue:
    """Answer one of Discord's requests.  Status 200, or 400, 401, 405 or 413 with one line of text."""
    if http.method != "POST":
        return _reject(405, "only POST is answered here", Allow="POST")
    body = _read_body(http)
    if len(body) > MAX_BODY_BYTES:
        return _reject(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
    if not signature.is_valid(http.headers, body, CONFIG.public_key, now_s=time.time()):
        return _reject(401, "the signature is not valid")
    try:
        return _answer(parse(body))
    except BadInteraction as error:
        return _reject(400, str(error))


def _answer(interaction: Ping | Command | OtherInteraction) -> ResponseReturnValue:
    match interaction:
        case Ping():
            return PONG
        case Command(name="mando"):
            return _acknowledge(interaction)
        case _:
            return UNKNOWN


def _acknowledge(command: Command) -> ResponseReturnValue:
    request = to_request(command, SEALER, now=datetime.now(UTC))
    try:
        task_name = QUEUE.enqueue(request)
    except QueueUnavailable as error:
        _log("ERROR", f"the queue is unavailable: {error}", command.interaction_id)
        return BUSY
    _log("INFO", f"enqueued {task_name}", command.interaction_id)
    return DEFERRED


def _read_body(http: flask.Request) -> bytes:
    """The body, or its first MAX_BODY_BYTES + 1 bytes: more is never held."""
    body = http.stream.read(MAX_BODY_BYTES + 1)
    # functions-framework reads what is left into memory before it answers: let it find nothing.
    http.stream = io.BytesIO()
    return body


def _reject(status: int, message: str, **headers: str) -> ResponseReturnValue:
    return f"{message}\n", status, {"Content-Type": "text/plain; charset=utf-8", **headers}


def _log(severity: str, message: str, interaction_id: str) -> None:
    """One line of JSON, as Cloud Logging reads it."""
    entry = {"severity": severity, "message": message, "interaction_id": interaction_id}
    sys.stdout.write(json.dumps(entry) + "\n")
    sys.stdout.flush()
