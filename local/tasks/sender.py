"""Makes one attempt of a task over HTTP, with the headers and token of Cloud Tasks.  Called by the dispatcher."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from local.auth import TokenIssuer
from local.http.hosts import to_local
from local.http.outgoing import send_once
from local.tasks.task import AttemptResult, HttpRequest, Task

_TIMED_OUT = 504


class Sender:
    """Sends tasks to their targets; base_url replaces hosts of the cloud.  session is an outgoing_session().

    issued_at: now, by the clock of the issuer.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        issuer: TokenIssuer,
        base_url: str,
        issued_at: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._session = session
        self._issuer = issuer
        self._issued_at = issued_at
        self.base_url = base_url

    async def send(self, task: Task) -> AttemptResult:
        http = task.request
        own = {**_own_headers(task), **self._authorization(http)}
        headers = {**_without(http.headers, {"host", *map(str.lower, own)}), **own}
        try:
            url = to_local(http.url, self.base_url)
            async with send_once(
                self._session, http.method, url, headers, http.body or None, http.deadline_s, allow_redirects=True
            ) as answer:
                async for _ in answer.content.iter_any():
                    pass  # the content does not matter, but the attempt ends only with the body
                return AttemptResult(answer.status, retry_after_s=retry_after_s(answer.headers.get("Retry-After")))
        except TimeoutError:
            return AttemptResult(None, f"no answer within {http.deadline_s:g} s", timed_out=True)
        except (aiohttp.ClientError, ValueError) as error:
            return AttemptResult(None, f"{type(error).__name__}: {error}")

    def _authorization(self, http: HttpRequest) -> dict[str, str]:
        if http.token is None:
            return {}
        if http.token.kind == "OIDC":
            audience = http.token.audience_or_scope or http.url
            token = self._issuer.id_token(audience, http.token.email, self._issued_at())
        else:
            token = self._issuer.access_token()
        return {"Authorization": f"Bearer {token}"}


def _without(headers: Mapping[str, str], names: set[str]) -> dict[str, str]:
    """Source: Cloud Tasks v2, HttpRequest.headers: Host is computed, and some headers are replaced."""
    return {name: value for name, value in headers.items() if name.lower() not in names}


def _own_headers(task: Task) -> dict[str, str]:
    """Source: Cloud Tasks, "Create HTTP target tasks", request headers."""
    headers = {
        "User-Agent": "Google-Cloud-Tasks",
        "X-CloudTasks-QueueName": task.queue.rpartition("/")[2],
        "X-CloudTasks-TaskName": task.task_id,
        "X-CloudTasks-TaskRetryCount": str(task.attempts),
        "X-CloudTasks-TaskExecutionCount": str(task.refusals),
        "X-CloudTasks-TaskETA": f"{task.schedule_s:.6f}",
    }
    before = task.last.result if task.last else None
    if before is not None and (before.status is not None or before.timed_out):
        # Source: recorded from the real service; neither header comes after a connection that failed.
        headers["X-CloudTasks-TaskPreviousResponse"] = str(before.status or _TIMED_OUT)
        headers["X-CloudTasks-TaskRetryReason"] = ""
    return headers


def retry_after_s(value: str | None) -> float:
    """The wait in a Retry-After header (seconds or a date); 0 where it is missing or invalid."""
    if value is None:
        return 0.0
    try:
        if value.strip().isdecimal():
            return float(value)  # may be infinite: rules.retry_at_s has the maximum
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):  # not a date, or a date without a time zone
        return 0.0
