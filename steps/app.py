"""The workflow's two steps as a Flask app: two routes, and the one place where an error becomes a status.

POST /generate-image  schemas/request.json → schemas/picture.json
POST /reply-discord   schemas/reply.json → schemas/message.json
GET  /health          no token needed
"""

import json
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

import schemas
from schemas import SchemaName
from schemas.environment import ConfigError
from steps import body
from steps.bucket import PictureBucket
from steps.caller import CallerCheck
from steps.config import Config, read_config
from steps.discord import Discord
from steps.errors import PermanentError, RetryableError
from steps.generate import generate
from steps.reply import reply
from steps.seal import Opener
from steps.secret_manager import read_secret

VERSION = "0.1"
MAX_BODY_BYTES = 16 * 1024  # a request is at most 4 KiB
_SNOWFLAKE = re.compile(r"[0-9]{1,20}")
_ATTEMPT = re.compile(r"[1-9][0-9]{0,2}")


def create_app(config: Config | None = None) -> flask.Flask:
    """The app, configured by the environment unless told otherwise.  gunicorn's entry point."""
    if config is None:
        try:
            config = read_config(os.environ, read_secret)
        except ConfigError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(2)
    caller = CallerCheck(config)
    bucket = PictureBucket(config.bucket)
    # Source: Discord, "User Agent": DiscordBot ($url, $versionNumber)
    user_agent = f"DiscordBot (https://{config.project}.appspot.com, {VERSION})"
    discord = Discord(config.discord_api, user_agent, config.bot_token)
    opener = Opener(config.seal_private_keys)
    delivery = config.delivery

    app = flask.Flask(__name__)
    # Where no length is told, what is longer is cut without a word; the byte more shows it.
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1

    @app.post("/generate-image")
    def generate_image() -> ResponseReturnValue:
        is_first = _attempt() == 1
        return _step(caller, "request", "picture", lambda request: generate(request, bucket, is_first_attempt=is_first))

    @app.post("/reply-discord")
    def reply_discord() -> ResponseReturnValue:
        return _step(
            caller,
            "reply",
            "message",
            lambda order: reply(order, bucket, discord, opener, delivery, datetime.now(UTC), _attempt()),
        )

    @app.get("/health")
    def health() -> ResponseReturnValue:
        return {"status": "ok"}

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        return _failure(error.code or 500, error.description or error.name)

    return app


def _step(
    caller: CallerCheck, takes: SchemaName, gives: SchemaName, work: Callable[[Any], dict[str, Any]]
) -> ResponseReturnValue:
    """One call of the workflow, from its token to its answer; every outcome is one line in the log."""
    started_s = time.monotonic()
    try:
        caller.check(flask.request.headers.get("Authorization"))
        answer: ResponseReturnValue = schemas.check(gives, work(_body(takes)))
        status, severity, message = 200, "INFO", "done"
    except RetryableError as error:
        status = 503 if error.retry_after_s is None else 429
        severity, message = "WARNING", str(error)
        answer = _failure(status, message, error.retry_after_s)
    except PermanentError as error:
        status, severity, message = error.status, "ERROR", str(error)
        answer = _failure(status, message)
    except HTTPException:
        raise
    except Exception as error:  # the top of the process: our bug, which the workflow tries again a few times
        status, severity, message = 500, "CRITICAL", _where(error)
        answer = _failure(status, "a mistake in this service; its log says more")
    _log(severity, message, status, ms=round(1000 * (time.monotonic() - started_s)))
    return answer


def _body(takes: SchemaName) -> Any:
    """The call's body, checked; its interaction must be the one that the dedup key in the header names."""
    if flask.request.mimetype != "application/json":
        raise PermanentError(400, "the body must be JSON: Content-Type: application/json")
    raw = flask.request.get_data(cache=False)
    if len(raw) > MAX_BODY_BYTES:
        raise PermanentError(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
    try:
        value = body.parse(raw, takes)
    except ValueError as error:
        raise PermanentError(400, f"the body is not what {takes}.json says: {error}") from None
    request = value["request"] if takes == "reply" else value
    if flask.request.headers.get("X-Dedup-Key") != request["interaction_id"]:
        raise PermanentError(400, "the header X-Dedup-Key does not name the request's interaction_id")
    return value


def _attempt() -> int:
    """Which attempt of the workflow this is, from 1."""
    said = flask.request.headers.get("X-Attempt", "")
    return int(said) if _ATTEMPT.fullmatch(said) else 1


def _failure(status: int, message: str, retry_after_s: float | None = None) -> ResponseReturnValue:
    answer: dict[str, Any] = {"error": {"status": status, "message": message}}
    if retry_after_s is not None:
        answer["retry_after"] = retry_after_s
    return answer, status


def _where(error: Exception) -> str:
    """The kind and place of a mistake, without its text: that may quote an address with a token in it."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    place = f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}" if traceback else "nowhere"
    return f"{type(error).__name__} at {place}"


def _log(severity: str, message: str, status: int, ms: int) -> None:
    """One line of JSON, as Cloud Logging reads it."""
    interaction_id = flask.request.headers.get("X-Dedup-Key", "")
    entry = {
        "severity": severity,
        "message": f"{flask.request.path} {message}",
        "interaction_id": interaction_id if _SNOWFLAKE.fullmatch(interaction_id) else None,
        "status": status,
        "ms": ms,
    }
    sys.stdout.write(json.dumps(entry) + "\n")
    sys.stdout.flush()
