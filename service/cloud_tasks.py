"""The two calls of Cloud Tasks that ingress and steps make, over REST, and their errors.

Not by google-cloud-tasks: importing it takes longer than all else until the first answer of a new instance, and Discord
waits 3 s (docs/decisions/080-cloud-tasks-over-rest.md).  Source: Cloud Tasks, REST reference, v2 and v2beta3.
"""

import functools
from collections.abc import Mapping
from typing import Any

import google.auth
import google.auth.exceptions
import requests

from service import metadata
from service.connections import keep_connections

_GOOGLE = "https://cloudtasks.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_MAX_CHARACTERS = 300  # of an error in the log: its message may be a page of HTML

Json = dict[str, Any]


class CallFailed(Exception):
    """Raised when Cloud Tasks answers with an error.  reason: its name of the error, empty if the answer has none."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}" if reason else f"{status}: {message}")
        self.status, self.reason = status, reason


# What a call raises when the service does not answer as it should.
FAILURES = (
    CallFailed,
    google.auth.exceptions.GoogleAuthError,
    OSError,  # of the network and of requests
    ValueError,  # this and the rest: an answer of the wrong form
    LookupError,
    AttributeError,
    TypeError,
)

# A second call would get the same answer.
_NOT_RETRYABLE = (400, 403, 404)


def is_final(error: BaseException) -> bool:
    """Whether a second call would get the same answer."""
    return isinstance(error, CallFailed) and error.status in _NOT_RETRYABLE


def already_exists(error: BaseException) -> bool:
    """Whether the task exists already.  ABORTED is a 409 too; only the status in the body differs.

    Source: google.rpc.Code, whose HTTP mapping gives 409 to both.
    """
    return isinstance(error, CallFailed) and (error.status, error.reason) == (409, "ALREADY_EXISTS")


def describe(error: BaseException | None) -> str:
    """The error in one short line, for the log."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:_MAX_CHARACTERS]


class CloudTasks:
    """endpoint: where Cloud Tasks answers if not at Google; there nobody asks for credentials.

    Its connections are kept, one for each of so many calls at once.  The first call fetches the first access token.
    """

    def __init__(self, endpoint: str | None, calls_at_once: int) -> None:
        self._base_url = (endpoint or _GOOGLE).rstrip("/")
        self._is_google = endpoint is None
        self._calls_at_once = calls_at_once

    def create_task(self, queue: str, task: Mapping[str, object], timeout_s: float) -> str:
        """The full name of the task that was created; timeout_s bounds each read.  Raises one of FAILURES."""
        name = self._call("POST", f"v2/{queue}/tasks", timeout_s, json={"task": task})["name"]
        if not isinstance(name, str):
            raise TypeError("the name of the task is no text")
        return name

    def get_queue(self, queue: str, read_mask: str, timeout_s: float) -> Json:
        """The fields of the queue.  Raises one of FAILURES."""
        return self._call("GET", f"v2beta3/{queue}", timeout_s, params={"readMask": read_mask})

    def _call(self, method: str, path: str, timeout_s: float, **content: Any) -> Json:
        url = f"{self._base_url}/{path}"
        answer = self._session.request(method, url, timeout=timeout_s, allow_redirects=False, **content)
        if answer.status_code != 200:
            raise _failure(answer)
        found: Json = answer.json()
        return found

    @functools.cached_property
    def _session(self) -> requests.Session:
        session = requests.Session()
        if self._is_google and metadata.is_there():
            session.auth = metadata.AccountToken()
        elif self._is_google:
            session = _with_google_auth()
        keep_connections(session, self._calls_at_once)
        return session


def _with_google_auth() -> requests.Session:
    """Where no metadata server is known to be.  A function does without this import, an eighth of its start."""
    from google.auth.transport.requests import AuthorizedSession

    credentials, _ = google.auth.default(scopes=[_SCOPE])
    session: requests.Session = AuthorizedSession(credentials)
    return session


def _failure(answer: requests.Response) -> CallFailed:
    try:
        error = answer.json()["error"]
        reason, message = error["status"], error.get("message", "")
    except (AttributeError, LookupError, TypeError, ValueError):
        reason, message = None, answer.text
    return CallFailed(answer.status_code, reason if isinstance(reason, str) else "", str(message))
