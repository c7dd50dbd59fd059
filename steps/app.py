"""The workflow's two steps as an ASGI app: two routes, and the one place where an error becomes a status.

POST /generate-image  schemas/request.json → schemas/picture.json; the workflow calls it, or a task where there is none
POST /reply-discord   schemas/reply.json → schemas/message.json; the workflow calls it, or a task of the queue
GET  /health          no token needed
Every error           schemas/error.json

A call gets a thread once its token and its body are checked; /health never needs one.
"""

import asyncio
import functools
import math
import os
import random
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
from service.deployment import STEPS_THREADS
from service.environment import ConfigError
from service.log import Severity, log, place, trace_in, write_json_lines
from service.requests import BodyTooLarge, header, read_body
from steps import body
from steps.bucket import PictureBucket
from steps.call_ids import call_ids
from steps.caller import CallerCheck
from steps.config import Config, read_config
from steps.discord import Discord
from steps.errors import PermanentError, Reason, RetryableError, TaskEnded
from steps.generate import generate
from steps.hand_on import draw_to_the_end
from steps.last_word import PutOff, reply_to_the_end
from steps.reply import reply
from steps.reply_queues import ReplyQueues
from steps.seal import Unsealer
from steps.secret_manager import read_secret
from steps.task_call import TaskCall, task_call
from steps.waits import JITTER

MAX_BODY_BYTES = 16 * 1024  # a request is at most 4 KiB


StepInput = TypeVar("StepInput", Request, Reply)


Outcome = Literal["done", "last word", "put off", "limited", "later", "too slow", "mistake"] | Reason

# How a call ends → its status and the severity of its line in the log.  workflows/mando.yaml decides by the status.
# Only for a 401 or 403 it looks at the kind too: it retries those of kind "caller" for minutes.
STATUSES: Mapping[Outcome, tuple[int, Severity]] = {
    "done": (200, "INFO"),
    # To a task, which Cloud Tasks would repeat after anything else: there will be no picture.
    "last word": (200, "ERROR"),
    "put off": (202, "INFO"),  # to a task: the next one shows the reply
    # The same call may succeed later; the workflow retries it until the deadline.
    "limited": (429, "WARNING"),  # after the seconds in the body's retry_after
    "later": (503, "WARNING"),
    "too slow": (408, "WARNING"),  # its body did not come in time
    # No retry helps.
    "bug": (400, "ERROR"),  # a call, a message or a setting of ours is wrong
    "unauthenticated": (401, "ERROR"),
    "refused": (403, "ERROR"),
    "missing": (404, "ERROR"),  # no such picture
    "gone": (410, "ERROR"),  # no message is left to edit
    "too large": (413, "ERROR"),
    "undrawable": (422, "ERROR"),  # the member is asked to choose something else
    # An unexpected error: a few more attempts.
    "mistake": (500, "CRITICAL"),
}


@dataclass(frozen=True, slots=True)
class Step(Generic[StepInput]):
    """The class of the input, the schema of the answer, and the work, which runs in a thread.

    work gets the input, and the task that calls; None where no task does.
    """

    input_class: type[StepInput]
    answer_schema: Literal["picture", "message"]
    work: Callable[[StepInput, TaskCall | None], Picture | Message]


def create_app(config: Config | None = None, only: str | None = None) -> Starlette:
    """The app; without config it reads the environment.  gunicorn's entry point.

    only: the path of the one step that this host serves; None: of both.
    """
    if config is None:
        try:
            config = read_config(os.environ, read_secret)
        except ConfigError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(2)
    write_json_lines(sys.stdout)
    trace_in(config.project)
    bucket = PictureBucket(config.bucket)
    discord = Discord(config.discord_api, config.user_agent, config.bot_token)
    opener = Unsealer(config.seal_private_keys)
    queues = ReplyQueues(config.step_tasks, config.reply_queue, config.urgent_queue, config.tasks_endpoint)

    def draw(request: Request, task: TaskCall | None) -> Picture:
        now = datetime.now(UTC)

        def once(asked: Request) -> Picture:
            return generate(asked, bucket, now)

        if config.has_workflow or task is None:
            return once(request)
        return draw_to_the_end(request, once, queues.put, now)

    def show(order: Reply, task: TaskCall | None) -> Message:
        # A workflow has tried before it hands a reply to the queue: then a task's first attempt is the second one.
        attempt = 1 if task is None else task.attempt + config.has_workflow

        def once(shown: Reply) -> Message:
            return reply(shown, bucket, discord, opener, config.delivery, datetime.now(UTC), attempt)

        if task is None:
            return once(order)
        put_off, clock = functools.partial(queues.put_off, order, task.next_name), functools.partial(datetime.now, UTC)
        late_s = task.late_s(clock().timestamp())
        return reply_to_the_end(order, once, put_off, clock, random.random(), late_s)  # noqa: S311 -- a wait

    caller, threads = CallerCheck(config), ThreadPoolExecutor(STEPS_THREADS, thread_name_prefix="step")
    answer = functools.partial(_answer, caller, threads)
    steps: dict[str, Step[Any]] = {
        "/generate-image": Step(Request, "picture", draw),
        "/reply-discord": Step(Reply, "message", show),
    }
    served = steps if only is None else {only: steps[only]}
    app = Starlette(
        routes=[
            *(Route(path, functools.partial(answer, step), methods=["POST"]) for path, step in served.items()),
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


async def _answer(
    caller: CallerCheck, threads: ThreadPoolExecutor, step: Step[StepInput], http: HttpRequest
) -> Response:
    """One call of the workflow, from its token to its answer; every outcome is one line in the log."""
    started_s = time.monotonic()
    mistake: Exception | None = None
    more: Mapping[str, str] = {}
    try:
        await caller.check(header(http.headers, "Authorization"), header(http.headers, "X-AppEngine-QueueName"))
        value = await _parse_body(http, step.input_class)
        done = await asyncio.get_running_loop().run_in_executor(threads, step.work, value, task_call(http.headers))
        answer: dict[str, Any] = schemas.check(step.answer_schema, done.to_json())
        outcome: Outcome = "done"
        message = "done"
        if isinstance(value, Reply):
            more = {"shows": "picture" if isinstance(value.result, Picture) else "words"}
    except TaskEnded as end:
        outcome, (cause, failure) = "put off" if isinstance(end, PutOff) else "last word", failure_of(end.cause)
        mistake = end.cause if cause == "mistake" else None
        answer, more = dict(end.answer or failure.to_json()), end.log_fields
        message = f"{end}: {place(end.cause) if mistake else failure.message}"
    except Exception as error:  # the top of the process
        outcome, failure = failure_of(error)
        mistake = error if outcome == "mistake" else None
        message = place(error) if mistake else failure.message
        answer = failure.to_json()
    status, severity = STATUSES[outcome]
    log(
        "CRITICAL" if mistake and outcome == "put off" else severity,
        f"{http.url.path} {message}",
        mistake,
        **call_ids(http.headers),
        **more,
        status=status,
        ms=round(1000 * (time.monotonic() - started_s)),
    )
    return JSONResponse(answer, _for_queue(http, status), _retry_after(answer) if status == 429 else None)


def failure_of(error: Exception) -> tuple[Outcome, Error]:
    """The outcome of a call that raised this error, and its answer."""
    match error:
        case RetryableError(retry_after_s=None):
            return _failed("later", error.kind, str(error))
        case RetryableError():
            return _failed("limited", error.kind, str(error), error.retry_after_s)
        case PermanentError():
            return _failed(error.reason, error.kind, str(error))
        case ClientDisconnect():  # the client has its answer already, or is gone
            return _failed("too slow", "request", "the body did not come in time")
        case _:  # a bug of ours; the error's text may hold a secret
            return _failed("mistake", "mistake", "a mistake in this service; its log says more")


def _failed(outcome: Outcome, kind: Kind, message: str, retry_after_s: float | None = None) -> tuple[Outcome, Error]:
    return outcome, Error(kind, STATUSES[outcome][0], message, retry_after_s)


async def _parse_body(http: HttpRequest, input_class: type[StepInput]) -> StepInput:
    """The input in the call's body; its interaction_id must equal the dedup key in the header."""
    content_type = header(http.headers, "Content-Type") or ""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise _refused("bug", "the body must be JSON: Content-Type: application/json")
    try:
        raw = await read_body(http, MAX_BODY_BYTES)
    except BodyTooLarge:
        raise _refused("too large", f"the body is larger than {MAX_BODY_BYTES} bytes") from None
    try:
        value = body.parse(raw, input_class.from_json)
    except ValueError as error:
        raise _refused("bug", f"the body is not what {input_class.__name__.lower()}.json says: {error}") from None
    if header(http.headers, "X-Dedup-Key") != value.interaction_id:
        raise _refused("bug", "the header X-Dedup-Key does not name the request's interaction_id")
    return value


def _refused(reason: Reason, message: str) -> PermanentError:
    return PermanentError(reason, message, kind="request")


def _for_queue(http: HttpRequest, status: int) -> int:
    """The status as a task's queue gets it.

    Source: Cloud Tasks v2, AppEngineHttpRequest: a 503 slows all tasks of the queue for a while, a 429 only this one.
    """
    return 429 if status == 503 and header(http.headers, "X-AppEngine-TaskName") else status


def _retry_after(answer: Mapping[str, Any]) -> Mapping[str, str]:
    """The header that Cloud Tasks reads where the workflow reads the body."""
    return {"Retry-After": str(math.ceil(answer["retry_after"] * (1 + JITTER * random.random())))}  # noqa: S311
