"""One task, the request that it makes, and how an attempt of it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from local.tasks.rules import RetryConfig

DEADLINE_S = 600.0  # Source: Cloud Tasks, dispatchDeadline's default


@dataclass(frozen=True, slots=True)
class Token:
    """The token that the service adds: OIDC with an audience, OAuth 2 with a scope; "" means the default."""

    kind: Literal["OIDC", "OAUTH"]
    email: str
    audience_or_scope: str = ""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """The request that a task sends.  The names in headers keep the case that the client used."""

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    token: Token | None = None
    deadline_s: float = DEADLINE_S

    @property
    def target(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class AppEngineRequest:
    """The request that a task sends to the App Engine app of its project.

    routing: the service, version and instance that were asked for.  deadline_s: 0 stands for the service's own.
    """

    relative_uri: str = "/"
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    routing: Mapping[str, str] = field(default_factory=dict)
    deadline_s: float = 0.0

    @property
    def target(self) -> str:
        return self.relative_uri


TaskRequest = HttpRequest | AppEngineRequest


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """How one attempt ended.  status is None where no answer came; then error says why.

    retry_after_s: the wait that the target asked for, 0 where it did not.  body: how the answer begins.
    """

    status: int | None
    error: str = ""
    timed_out: bool = False
    retry_after_s: float = 0.0
    body: str = ""

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class LastAttempt:
    """The latest attempt; result and responded_at_s are None while it is in flight."""

    scheduled_s: float
    dispatched_s: float
    responded_at_s: float | None = None
    result: AttemptResult | None = None


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to create; task_id is "" where the service chooses one, retry is None where the queue's retry applies."""

    task_id: str
    request: TaskRequest
    schedule_s: float
    retry: RetryConfig | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One task that is waiting or in flight.  Times are seconds since the epoch.

    attempts counts dispatches, responses the answers to them (X-AppEngine-TaskExecutionCount), and refusals the answers
    that were no 5xx (X-CloudTasks-TaskExecutionCount).
    """

    number: int
    queue: str
    task_id: str
    request: TaskRequest
    created_s: float
    schedule_s: float
    attempts: int = 0
    responses: int = 0
    refusals: int = 0
    first_attempt_s: float | None = None
    last: LastAttempt | None = None
    retry: RetryConfig | None = None

    @property
    def name(self) -> str:
        return f"{self.queue}/tasks/{self.task_id}"
