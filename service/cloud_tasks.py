"""The two calls of Cloud Tasks that ingress and steps make, over REST, and their errors.

Not by google-cloud-tasks: importing it takes longer than all else until the first answer of a new instance, and Discord
waits 3 s (docs/decisions/080-cloud-tasks-over-rest.md).  Source: Cloud Tasks, REST reference, v2 and v2beta3.
"""

import asyncio
import json
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from service import metadata
from service.kept_connections import Answer, Server

if TYPE_CHECKING:
    from service.credentials import DefaultToken

_GOOGLE = "https://cloudtasks.googleapis.com"
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
    OSError,  # of the network; no token; no answer in time
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

    Belongs to one event loop.  Connections are kept, one for each of so many calls at once.
    """

    def __init__(self, endpoint: str | None, calls_at_once: int) -> None:
        self._server = Server(endpoint or _GOOGLE, calls_at_once)
        self._token = None if endpoint else _token()

    async def create_task(self, queue: str, task: Mapping[str, object], timeout_s: float) -> str:
        """The full name of the task that was created; timeout_s bounds the whole call.  Raises one of FAILURES."""
        name = (await self._call("POST", f"/v2/{queue}/tasks", timeout_s, json.dumps({"task": task}).encode()))["name"]
        if not isinstance(name, str):
            raise TypeError("the name of the task is no text")
        return name

    async def get_queue(self, queue: str, read_mask: str, timeout_s: float) -> Json:
        """The fields of the queue.  Raises one of FAILURES."""
        return await self._call("GET", f"/v2beta3/{queue}?readMask={quote(read_mask, safe='')}", timeout_s)

    async def _call(self, method: str, path: str, timeout_s: float, body: bytes = b"") -> Json:
        headers = {"Content-Type": "application/json"} if body else {}
        try:
            async with asyncio.timeout(timeout_s):
                if self._token is not None:
                    headers["Authorization"] = f"Bearer {await self._token.fresh()}"
                answer = await self._server.call(method, path, headers, body)
        except TimeoutError:
            raise TimeoutError(f"no answer within {timeout_s:.1f} s") from None
        if answer.status == 401 and self._token is not None:
            self._token.forget()
        if answer.status != 200:
            raise _failure(answer)
        found: Json = json.loads(answer.body)
        return found


class CloudTasksForThreads:
    """The same for threads, which wait: the calls are made in an event loop that has a thread of its own."""

    def __init__(self, endpoint: str | None, calls_at_once: int) -> None:
        self._tasks = CloudTasks(endpoint, calls_at_once)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def create_task(self, queue: str, task: Mapping[str, object], timeout_s: float) -> str:
        """As CloudTasks."""
        call = self._tasks.create_task(queue, task, timeout_s)
        return asyncio.run_coroutine_threadsafe(call, self._running_loop()).result()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """Not before the first call: a server may make its processes after this object, and threads are not copied."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="cloud-tasks", daemon=True).start()
            return self._loop


def _token() -> "metadata.AccountToken | DefaultToken":
    if metadata.is_there():
        return metadata.AccountToken()
    from service.credentials import DefaultToken

    return DefaultToken()


def _failure(answer: Answer) -> CallFailed:
    try:
        error = json.loads(answer.body)["error"]
        reason, message = error["status"], error.get("message", "")
    except (AttributeError, LookupError, TypeError, ValueError):
        reason, message = None, answer.body.decode(errors="replace")
    return CallFailed(answer.status, reason if isinstance(reason, str) else "", str(message))
