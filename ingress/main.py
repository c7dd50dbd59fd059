"""Discord → task: verify, parse, seal, enqueue, acknowledge.  The Cloud Run function's entry point.

Discord waits 3 s for the answer; whatever fails, a genuine interaction gets an answer that the member can read.
All requests, and the calls to Cloud Tasks, share one event loop; there are no threads.
"""

import math
import os
import sys
import time
from datetime import UTC, datetime

import functions_framework.aio
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from ingress import signature
from ingress.backlog import Backlog, stats_fetchers
from ingress.config import read_config
from ingress.enqueue import QueueUnavailable, TaskQueue
from ingress.interaction import (
    Autocomplete,
    Command,
    IncompleteInteraction,
    Json,
    MessageCommand,
    NotAnInteraction,
    OtherInteraction,
    Ping,
    Press,
    parse,
    to_request,
)
from ingress.limits import MemberRateLimit
from ingress.options import WrongOption
from ingress.seal import Sealer
from ingress.suggest import choices
from schemas import recipe
from schemas.request import Request
from service.deployment import INGRESS_ANSWERS_WITHIN_S
from service.environment import ConfigError
from service.log import log, trace_in
from service.requests import BodyTooLarge, arrived_s, header, read_body
from service.sentences import relative_time, say

# A slash command is about 1.5 KiB.  6,000 characters of words are 72 KB if each is spelt \ud83d\ude00.
MAX_BODY_BYTES = 256 * 1024

try:
    CONFIG = read_config(os.environ)
except ConfigError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(2)
trace_in(CONFIG.queue.split("/")[1])
LIMITS = CONFIG.limits
SEALER = Sealer(CONFIG.seal_public_key)
BACKLOG = Backlog(*stats_fetchers(CONFIG), LIMITS.look_every_s)
QUEUE = TaskQueue(CONFIG, BACKLOG.luck)
MEMBER_RATE_LIMIT = MemberRateLimit(LIMITS.per_minute)

_BUSY_S = 60  # after which a queue that failed is asked again

# Source: Discord, "Interaction Callback Type": 1 pong, 4 a message now, 5 "thinking…", 8 what to suggest.
# Flag 64: for this member only.
PONG = JSONResponse({"type": 1})


@functions_framework.aio.http  # makes functions-framework serve it with uvicorn
async def handle_request(http: HttpRequest) -> Response:
    """Answer one of Discord's requests.  Status 200, or 400, 401, 405 or 413 with one line of text."""
    deadline_s = arrived_s(http) + INGRESS_ANSWERS_WITHIN_S
    if http.method != "POST":
        return _reject(405, "only POST is answered here", Allow="POST")
    signed = header(http.headers, signature.SIGNATURE)
    timestamp = header(http.headers, signature.TIMESTAMP)
    if signed is None or timestamp is None or not signature.may_be_valid(signed, timestamp, now_s=time.time()):
        return _reject(401, "the signature is not valid")
    try:
        body = await read_body(http, MAX_BODY_BYTES)
    except BodyTooLarge:
        return _reject(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
    except ClientDisconnect:
        return Response()  # nobody reads it
    if not signature.is_valid(signed, timestamp, body, CONFIG.public_key):
        return _reject(401, "the signature is not valid")
    locale = ""  # not yet known: English
    try:
        interaction = parse(body)
        if isinstance(interaction, Ping):
            return PONG
        locale = interaction.locale
        return JSONResponse(await _answer(interaction, deadline_s))
    except NotAnInteraction as error:
        return _reject(400, str(error))
    except IncompleteInteraction as error:
        log("ERROR", f"an interaction that cannot be answered later: {error}", interaction_id="")
    except Exception as error:  # the top of the process: our bug; the member still gets an answer
        log("CRITICAL", f"{type(error).__name__} in the ingress", mistake=error, interaction_id="")
    return JSONResponse(_for_you_alone(say("our_fault", locale)))


async def _answer(
    interaction: Command | MessageCommand | Press | Autocomplete | OtherInteraction, deadline_s: float
) -> Json:
    match interaction:
        case Command(name="mando") | MessageCommand(name="Mandala of this message") | Press():
            return await _acknowledge(interaction, deadline_s)
        case Autocomplete(locale=locale, palette=palette):
            return {"type": 8, "data": {"choices": [] if palette is None else choices(palette, locale)}}
        case _:
            return _for_you_alone(say("unknown", interaction.locale))


async def _acknowledge(asked: Command | MessageCommand | Press, deadline_s: float) -> Json:
    try:
        request = to_request(asked, SEALER, now=datetime.now(UTC))
    except WrongOption as error:
        return _for_you_alone(say(error.key, asked.locale, **error.values))
    wait_s = BACKLOG.wait_s()  # known before this request: whether its own look ends before the next line is chance
    async with BACKLOG.refresh_meanwhile(deadline_s):
        if wait_s > LIMITS.refuse_after_s:
            log("WARNING", f"refused: the line is {wait_s:.0f} s long", interaction_id=asked.interaction_id)
            return _too_late(request, wait_s)
        pause_s = MEMBER_RATE_LIMIT.charge(asked.user_id, asked.interaction_id, time.monotonic())
        if pause_s > 0:
            return _apology(request, "too_many", pause_s)
        try:
            task_name = await QUEUE.enqueue(request, deadline_s)
        except QueueUnavailable as error:
            MEMBER_RATE_LIMIT.refund(asked.user_id, asked.interaction_id)
            log("ERROR", f"the queue is unavailable: {error}", interaction_id=asked.interaction_id)
            return _apology(request, "busy", _BUSY_S)
        BACKLOG.note_enqueued()
    log("INFO", f"enqueued {task_name}", interaction_id=asked.interaction_id)
    alone: Json = {"flags": 64} if request.options.is_for_one else {}
    if wait_s <= LIMITS.tell_after_s:
        return {"type": 5, **({"data": alone} if alone else {})}
    words = say("waiting", request.locale, when=_in(wait_s))  # the picture replaces them later
    return {"type": 4, "data": {"content": words, **alone}}


def _too_late(request: Request, wait_s: float) -> Json:
    """The picture would come after the end of Discord's token."""
    if math.isinf(wait_s):
        return _apology(request, "paused", 0)
    return _apology(request, "too_late", wait_s - LIMITS.refuse_after_s)


def _apology(request: Request, key: str, wait_s: float) -> Json:
    """Why there is no picture, for this member alone, and a button that asks for the same."""
    told = _for_you_alone(say(key, request.locale, when=_in(wait_s)))
    told["data"] |= recipe.to_try_again(request.options, request.locale)
    return told


def _in(wait_s: float) -> str:
    return relative_time(time.time() + wait_s)


def _for_you_alone(words: str) -> Json:
    return {"type": 4, "data": {"content": words, "flags": 64}}


def _reject(status: int, message: str, **headers: str) -> Response:
    return PlainTextResponse(f"{message}\n", status, headers)
