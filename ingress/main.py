"""Discord → task: verify, parse, seal, enqueue, acknowledge.  The Cloud Run function's entry point.

Discord waits 3 s for the answer; whatever else happens, a genuine interaction gets one that the member can read.
"""

import io
import math
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from ingress import signature
from ingress.backlog import Backlog, asking
from ingress.config import read_config
from ingress.enqueue import QueueUnavailable, TaskQueue
from ingress.interaction import (
    Autocomplete,
    Command,
    IncompleteInteraction,
    NoInteraction,
    OtherInteraction,
    Ping,
    parse,
    to_request,
)
from ingress.limits import Members, read_limits
from ingress.log import log
from ingress.options import WrongOption
from ingress.seal import Sealer
from schemas.environment import ConfigError

# A slash command is about 1.5 KiB.  6,000 characters of words are 72 KB if each is spelt \ud83d\ude00.
MAX_BODY_BYTES = 256 * 1024
ANSWER_WITHIN_S = 2.0  # of Discord's 3 s: the way here and back is in them too

try:
    CONFIG = read_config(os.environ)
    LIMITS = read_limits()
except ConfigError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(2)
SEALER = Sealer(CONFIG.seal_public_key)
QUEUE = TaskQueue(CONFIG)
BACKLOG = Backlog(asking(CONFIG), LIMITS.look_every_s)
MEMBERS = Members(LIMITS.per_minute)

# Source: Discord, "Interaction Callback Type": 1 pong, 4 a message now, 5 "thinking…", 8 what to suggest.
# Flag 64: for this member only.
PONG = {"type": 1}
DEFERRED = {"type": 5}
NO_SUGGESTIONS: dict[str, Any] = {"type": 8, "data": {"choices": []}}


def _for_you_alone(words: str) -> dict[str, Any]:
    return {"type": 4, "data": {"content": words, "flags": 64}}


BUSY = _for_you_alone("I am too busy to draw right now. Please try again in a minute.")
UNKNOWN = _for_you_alone("I do not know that one. Type /mando and I draw you a mandala.")
PAUSED = _for_you_alone("I am taking a break and do not draw right now. Please try again later.")
OUR_FAULT = _for_you_alone("Something went wrong on my side. Please try again later.")


def handle_request(http: flask.Request) -> ResponseReturnValue:
    """Answer one of Discord's requests.  Status 200, or 400, 401, 405 or 413 with one line of text."""
    deadline_s = time.monotonic() + ANSWER_WITHIN_S
    if http.method != "POST":
        return _reject(405, "only POST is answered here", Allow="POST")
    body = _read_body(http)
    if len(body) > MAX_BODY_BYTES:
        return _reject(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
    if not signature.is_valid(http.headers, body, CONFIG.public_key, now_s=time.time()):
        return _reject(401, "the signature is not valid")
    try:
        return _answer(parse(body), deadline_s)
    except NoInteraction as error:
        return _reject(400, str(error))
    except IncompleteInteraction as error:
        log("ERROR", f"an interaction that cannot be answered later: {error}", interaction_id="")
        return OUR_FAULT
    except Exception as error:  # the top of the process: our bug, and still the member is told
        log("CRITICAL", f"{type(error).__name__} in the ingress", interaction_id="")
        return OUR_FAULT


def _answer(interaction: Ping | Command | Autocomplete | OtherInteraction, deadline_s: float) -> ResponseReturnValue:
    match interaction:
        case Ping():
            return PONG
        case Command(name="mando"):
            return _acknowledge(interaction, deadline_s)
        case Autocomplete():
            return NO_SUGGESTIONS
        case _:
            return UNKNOWN


def _acknowledge(command: Command, deadline_s: float) -> ResponseReturnValue:
    try:
        request = to_request(command, SEALER, now=datetime.now(UTC))
    except WrongOption as error:
        return _for_you_alone(str(error))
    with BACKLOG.asked_meanwhile(deadline_s):
        line_s = BACKLOG.wait_s()
        if line_s > LIMITS.refuse_after_s:
            log("WARNING", f"refused: the line is {line_s:.0f} s long", interaction_id=command.interaction_id)
            return _too_late(line_s)
        pause_s = MEMBERS.charge(command.user_id, command.interaction_id, time.monotonic())
        if pause_s > 0:
            return _for_you_alone(f"That was a lot of mandalas. Please ask again in {math.ceil(pause_s)} seconds.")
        try:
            task_name = QUEUE.enqueue(request, deadline_s)
        except QueueUnavailable as error:
            MEMBERS.give_back(command.user_id, command.interaction_id)
            log("ERROR", f"the queue is unavailable: {error}", interaction_id=command.interaction_id)
            return BUSY
        BACKLOG.note_enqueued()
    log("INFO", f"enqueued {task_name}", interaction_id=command.interaction_id)
    return DEFERRED if line_s <= LIMITS.tell_after_s else _in_line(line_s)


def _in_line(line_s: float) -> ResponseReturnValue:
    """A message instead of "thinking…", which the picture replaces."""
    return {"type": 4, "data": {"content": f"Many are asking. Your mandala comes in about {_minutes(line_s)}."}}


def _too_late(line_s: float) -> ResponseReturnValue:
    """More are waiting than can be drawn while Discord still lets us answer."""
    if math.isinf(line_s):
        return PAUSED
    soon = _minutes(line_s - LIMITS.refuse_after_s)
    return _for_you_alone(f"So many are waiting that yours would come too late. Please try again in about {soon}.")


def _minutes(seconds: float) -> str:
    count = max(1, math.ceil(seconds / 60))
    return "a minute" if count == 1 else f"{count} minutes"


def _read_body(http: flask.Request) -> bytes:
    """The body, or its first MAX_BODY_BYTES + 1 bytes: more is never held."""
    body = http.stream.read(MAX_BODY_BYTES + 1)
    # functions-framework reads what is left into memory before it answers: let it find nothing.
    http.stream = io.BytesIO()
    return body


def _reject(status: int, message: str, **headers: str) -> ResponseReturnValue:
    return f"{message}\n", status, {"Content-Type": "text/plain; charset=utf-8", **headers}
