"""Makes one attempt of a task over HTTP, with the headers and token of Cloud Tasks.  Called by the dispatcher."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from local.appengine.service import FRONT_HEADER, Service
from local.auth import TokenIssuer
from local.http.hosts import to_local
from local.http.outgoing import send_once
from local.tasks.app_engine import host
from local.tasks.headers import dispatched_headers, without
from local.tasks.task import AppEngineRequest, AttemptResult, HttpRequest, Task, TaskRequest

_KEPT_BYTES = 2_000  # of an answer, for those who look for its reason


class Sender:
    """Sends tasks to their targets; base_url replaces hosts of the cloud.  session is an outgoing_session().

    issued_at: now, by the clock of the issuer.  app_engine: the service that gets the tasks for App Engine.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        issuer: TokenIssuer,
        base_url: str,
        issued_at: Callable[[], datetime] = lambda: datetime.now(UTC),
        app_engine: Service | None = None,
    ) -> None:
        self._session = session
        self._issuer = issuer
        self._issued_at = issued_at
        self.base_url = base_url
        self.app_engine = app_engine

    async def send(self, task: Task) -> AttemptResult:
        request = task.request
        if isinstance(request, HttpRequest):
            return await self._send_http(task, request)
        if self.app_engine is None:
            return AttemptResult(None, "the project has no App Engine service")
        return await self._send_to_app_engine(task, request, self.app_engine)

    async def _send_http(self, task: Task, http: HttpRequest) -> AttemptResult:
        token = self._authorization(http)
        headers = without(dispatched_headers(task), set(map(str.lower, token))) | token
        try:
            url = to_local(http.url, self.base_url)
        except ValueError as error:
            return AttemptResult(None, f"{type(error).__name__}: {error}")
        return await self._send(http, url, headers, http.deadline_s, follow=True)

    async def _send_to_app_engine(self, task: Task, request: AppEngineRequest, service: Service) -> AttemptResult:
        """Source: AppEngineHttpRequest: no redirects; Task.dispatch_deadline: the service's own limit holds too.

        unsure: that Retry-After means nothing here; only the documentation of HttpRequest speaks of it.
        """
        headers = dispatched_headers(task) | {"Host": host(task.queue, request.routing), FRONT_HEADER: service.secret}
        deadline_s = min(request.deadline_s or service.timeout_s, service.timeout_s)
        url = f"{service.url}{request.relative_uri}"
        return replace(await self._send(request, url, headers, deadline_s, follow=False), retry_after_s=0.0)

    async def _send(
        self, request: TaskRequest, url: str, headers: Mapping[str, str], deadline_s: float, *, follow: bool
    ) -> AttemptResult:
        try:
            async with send_once(
                self._session, request.method, url, headers, request.body or None, deadline_s, allow_redirects=follow
            ) as answer:
                body = b""
                async for part in answer.content.iter_any():  # the attempt ends only with the body
                    body += part[: _KEPT_BYTES - len(body)]
                asked_s = retry_after_s(answer.headers.get("Retry-After"))
                return AttemptResult(answer.status, retry_after_s=asked_s, body=body.decode(errors="replace"))
        except TimeoutError:
            return AttemptResult(None, f"no answer within {deadline_s:g} s", timed_out=True)
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
