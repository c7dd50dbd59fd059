"""One attempt of a task over HTTP, with the headers and the token that Cloud Tasks adds.  Called by the dispatcher."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from local.auth import TokenIssuer
from local.hosts import to_local
from local.tasks.store import Task

_DEADLINE_S = 600.0  # Source: Cloud Tasks, dispatchDeadline's default


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """How one attempt ended; status is None where no answer came, error then says why."""

    status: int | None
    error: str = ""

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Sender:
    """Sends tasks to their targets; hosts of the cloud are found at base_url."""

    def __init__(self, session: aiohttp.ClientSession, issuer: TokenIssuer, base_url: str) -> None:
        self._session = session
        self._issuer = issuer
        self.base_url = base_url

    async def send(self, task: Task) -> AttemptResult:
        http = task.resource["httpRequest"]
        deadline_s = float(str(task.resource.get("dispatchDeadline", f"{_DEADLINE_S}s")).removesuffix("s"))
        try:
            async with self._session.request(
                http.get("httpMethod", "POST"),
                to_local(http["url"], self.base_url),
                data=base64.b64decode(http.get("body", "")),
                headers={**http.get("headers", {}), **_own_headers(task), **self._authorization(http)},
                timeout=aiohttp.ClientTimeout(total=deadline_s),
                skip_auto_headers=("Content-Type",),
            ) as answer:
                await answer.read()
                return AttemptResult(answer.status)
        except TimeoutError:
            return AttemptResult(None, f"no answer within {deadline_s:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return AttemptResult(None, f"{type(error).__name__}: {error}")

    def _authorization(self, http: dict[str, dict[str, str]]) -> dict[str, str]:
        if oidc := http.get("oidcToken"):
            audience = oidc.get("audience") or str(http["url"])
            token = self._issuer.id_token(audience, oidc["serviceAccountEmail"], datetime.now(UTC))
        elif http.get("oauthToken"):
            token = self._issuer.access_token()
        else:
            return {}
        return {"Authorization": f"Bearer {token}"}


def _own_headers(task: Task) -> dict[str, str]:
    """Source: Cloud Tasks, "Create HTTP target tasks", request headers."""
    return {
        "User-Agent": "Google-Cloud-Tasks",
        "X-CloudTasks-QueueName": task.queue.rpartition("/")[2],
        "X-CloudTasks-TaskName": task.name.rpartition("/")[2],
        "X-CloudTasks-TaskRetryCount": str(task.attempts),
        "X-CloudTasks-TaskExecutionCount": str(task.responses),
        "X-CloudTasks-TaskETA": f"{task.schedule_s:.6f}",
    }
