"""The workflow's two steps as an ASGI app: two routes, and the one place where an error becomes a status.

POST /generate-image  schemas/request.json → schemas/picture.json
POST /reply-discord   schemas/reply.json → schemas/message.json
GET  /health          no token needed
Every error           schemas/error.json

A call holds a thread from the moment on when it is known who calls and what for; /health never needs one.
"""

import asyncio
import functools
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import schemas
from schemas.error import Error, Kind
from schemas.message import Message
from schemas.picture import Picture
from schemas.reply import Reply
from schemas.request import Request
from service.concurrency import STEPS_THREADS
from service.environment import ConfigError
from service.log import Severity, log, place, write_json_lines
from service.requests import BodyTooLarge, header, read_body
from steps import body
from steps.bucket import PictureBucket
from steps.caller import CallerCheck
from steps.config import Config, read_config
from steps.discord import Discord
from steps.errors import PermanentError, Reason, RetryableError
from steps.generate import generate
from steps.reply import reply
from steps.seal import Opener
from steps.secret_manager import read_secret

AGENT_VERSION = "0.1"  # what Discord is told of us; a release leaves it
MAX_BODY_BYTES = 16 * 1024  # a request is at most 4 KiB
_SNOWFLAKE = re.compile(r"[0-9]{1,20}")
_ATTEMPT = re.compile(r"[1-9][0-9]{0,2}")


Taken = TypeVar("Taken", Request, Reply)


Outcome = Literal["done", "limited", "later", "too slow", "mistake"] | Reason

# How a call ends → its status and the severity of its line in the log.  workflows/mando.yaml goes by the status alone,
# but for the kind of a 401 or 403: the callers' own it repeats for minutes.
STATUSES: Mapping[Outcome, tuple[int, Severity]] = {
    "done": (200, "INFO"),
    # The same call may succeed later, and is made again until the deadline.
    "limited": (429, "WARNING"),  # after retry_after, which stands in the body
    "later": (503, "WARNING"),
    "too slow": (408, "WARNING"),  # its body did not come in time
    # No repetition helps.
    "bug": (400, "ERROR"),  # a call, a message or a setting of ours is wrong
    "unauthenticated": (401, "ERROR"),
    "refused": (403, "ERROR"),
    "missing": (404, "ERROR"),  # no such picture
    "gone": (410, "ERROR"),  # no message is left: nobody is told
    "too large": (413, "ERROR"),
    "undrawable": (422, "ERROR"),  # the member is asked to choose something else
    # Nobody foresaw it, so nobody knows: a few more attempts.
    "mistake": (500, "CRITICAL"),
}


@dataclass(frozen=True, slots=True)
class Step(Generic[Taken]):
    """What it takes and gives; work gets what the body holds and the workflow's attempt, from 1, in a thread."""

    takes: type[Taken]
    gives: Literal["picture", "message"]
    work: Callable[[Taken, int], Picture | Message]


def create_app(config: Config | None = None) -> Starlette:
    """The app, configured by the environment unless told otherwise.  gunicorn's entry point."""
    if config is None:
        try:
            config = read_config(os.environ, read_secret)
        except ConfigError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(2)
    write_json_lines(sys.stdout)
    bucket = PictureBucket(config.bucket)
    # Source: Discord, "User Agent": DiscordBot ($url, $versionNumber)
    user_agent = f"DiscordBot (https://{config.project}.appspot.com, {AGENT_VERSION})"
    discord = Discord(config.discord_api, user_agent, config.bot_token)
    opener = Opener(config.seal_private_keys)
    delivery = config.delivery

    def draw(request: Request, attempt: int) -> Picture:
        return generate(request, bucket, is_first_attempt=attempt == 1)

    def show(order: Reply, attempt: int) -> Message:
        return reply(order, bucket, discord, opener, delivery, datetime.now(UTC), attempt)

    caller, threads = CallerCheck(config), ThreadPoolExecutor(STEPS_THREADS, thread_name_prefix="step")
    answer = functools.partial(_answer, caller, threads)
    app = Starlette(
        routes=[
            Route("/generate-image", functools.partial(answer, Step(Request, "picture", draw)), methods=["POST"]),
            Route("/reply-discord", functools.partial(answer, Step(Reply, "message", show)), methods=["POST"]),
            Route("/health", _health),
        ],
        exception_handlers={HTTPException: _no_such_route},  # type: ignore[dict-item]  # starlette: any Exception
    )
    app.router.redirect_slashes = False
    return app


async def _health(_: HttpRequest) -> Response:
    return JSONResponse({"status": "ok"})


async def _no_such_route(_: HttpRequest, error: HTTPException) -> Response:
    answer = Error("route", error.status_code, error.detail)
    return JSONResponse(answer.to_json(), error.status_code, error.headers)


async def _answer(caller: CallerCheck, threads: ThreadPoolExecutor, step: Step[Taken], http: HttpRequest) -> Response:
    """One call of the workflow, from its token to its answer; every outcome is one line in the log."""
    started_s = time.monotonic()
    mistake: Exception | None = None
    try:
        await caller.check(header(http.headers, "Authorization"))
        value = await _value(http, step.takes)
        done = await asyncio.get_running_loop().run_in_executor(threads, step.work, value, _attempt(http))
        answer: dict[str, Any] = schemas.check(step.gives, done.to_json())
        outcome: Outcome = "done"
        message = "done"
    except Exception as error:  # the top of the process
        outcome, failure = failure_of(error)
        mistake = error if outcome == "mistake" else None
        message = place(error) if mistake else failure.message
        answer = failure.to_json()
    status, severity = STATUSES[outcome]
    log(
        severity,
        f"{http.url.path} {message}",
        mistake,
        interaction_id=_interaction_id(http),
        status=status,
        ms=round(1000 * (time.monotonic() - started_s)),
    )
    return JSONResponse(answer, status)


def failure_of(error: Exception) -> tuple[Outcome, Error]:
    """How a call ends that raised this, and what it answers."""
    match error:
        case RetryableError(retry_after_s=None):
            return _failed("later", error.kind, str(error))
        case RetryableError():
            return _failed("limited", error.kind, str(error), error.retry_after_s)
        case PermanentError():
            return _failed(error.reason, error.kind, str(error))
        case ClientDisconnect():  # it has its answer already, or is gone
            return _failed("too slow", "request", "the body did not come in time")
        case _:  # a mistake of ours, whose own text may hold a secret
            return _failed("mistake", "mistake", "a mistake in this service; its log says more")


def _failed(outcome: Outcome, kind: Kind, message: str, retry_after_s: float | None = None) -> tuple[Outcome, Error]:
    return outcome, Error(kind, STATUSES[outcome][0], message, retry_after_s)


async def _value(http: HttpRequest, takes: type[Taken]) -> Taken:
    """What the call's body holds; its interaction must be the one that the dedup key in the header names."""
    content_type = header(http.headers, "Content-Type") or ""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise _refused("bug", "the body must be JSON: Content-Type: application/json")
    try:
        raw = await read_body(http, MAX_BODY_BYTES)
    except BodyTooLarge:
        raise _refused("too large", f"the body is larger than {MAX_BODY_BYTES} bytes") from None
    try:
        value = body.parse(raw, takes.from_json)
    except ValueError as error:
        raise _refused("bug", f"the body is not what {takes.__name__.lower()}.json says: {error}") from None
    if header(http.headers, "X-Dedup-Key") != value.interaction_id:
        raise _refused("bug", "the header X-Dedup-Key does not name the request's interaction_id")
    return value


def _refused(reason: Reason, message: str) -> PermanentError:
    return PermanentError(reason, message, kind="request")


def _attempt(http: HttpRequest) -> int:
    """Which attempt of the workflow this is, from 1."""
    said = header(http.headers, "X-Attempt") or ""
    return int(said) if _ATTEMPT.fullmatch(said) else 1


def _interaction_id(http: HttpRequest) -> str | None:
    """What the dedup key names, for the log; None where it is none of Discord's ids."""
    interaction_id = header(http.headers, "X-Dedup-Key") or ""
    return interaction_id if _SNOWFLAKE.fullmatch(interaction_id) else None
