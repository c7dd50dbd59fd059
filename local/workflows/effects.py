"""Effects, which a running workflow asks of its driver, and their outcomes.

The interpreter yields effects and is sent outcomes; it never touches a socket, a clock or a random source.
Every outcome is a plain value, so that a driver can write it down before it is used.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

Value: TypeAlias = "bool | int | float | str | bytes | list[Value] | dict[str, Value] | None"


@dataclass(frozen=True, slots=True)
class Auth:
    """Which token an HTTP call carries.  audience is for OIDC, scopes are for OAuth2."""

    kind: Literal["OIDC", "OAuth2"]
    audience: str | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpCall:
    """Make this request; url holds the encoded query.  Outcome: HttpResponse or HttpFailure."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    timeout_s: float
    auth: Auth | None = None


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait.  Outcome: None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Now:
    """Ask for the time.  Outcome: seconds since the epoch, a float."""


@dataclass(frozen=True, slots=True)
class NewUuid:
    """Ask for a random UUID.  Outcome: its text."""


@dataclass(frozen=True, slots=True)
class Log:
    """Write this to the log.  Outcome: None."""

    data: Value
    severity: str


@dataclass(frozen=True, slots=True)
class ConnectorCall:
    """Call a connector that is not served here or has a stub.  Outcome: ConnectorResult or WorkflowError."""

    name: str
    arguments: "Mapping[str, Value]"


@dataclass(frozen=True, slots=True)
class CreateCallback:
    """Open an address that takes one kind of request.  Outcome: its URL."""

    method: str


@dataclass(frozen=True, slots=True)
class AwaitCallback:
    """Wait for a request to that address.  Outcome: CallbackRequest, or None when timeout_s has passed."""

    url: str
    timeout_s: float


class Runs(Protocol):
    """A sequence of runs.  Each may be created when it is read; each is read once."""

    def __len__(self) -> int: ...
    def __getitem__(self, at: int, /) -> "Run": ...


@dataclass(frozen=True, slots=True)
class Fork:
    """Run these branches in parallel, at most concurrency_limit at a time.  A branch is read when it begins.

    Outcome: a tuple of BranchOutcome, in the order of the branches.
    """

    branches: Runs
    concurrency_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """The driver may let other runs go first.  It has no number and no outcome, and no journal keeps it."""


PAUSE = Pause()


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """The answer of the server, with any status."""

    code: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpFailure:
    """The reason why there was no answer.  kind is the error tag that the workflow sees."""

    kind: Literal["ConnectionError", "ConnectionFailedError", "TimeoutError", "AuthError"]
    message: str


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """A request that arrived at a callback's address.  number is unique; received_at is RFC 3339."""

    number: int
    received_at: str
    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ConnectorResult:
    """The result of a ConnectorCall."""

    value: Value


@dataclass(frozen=True, slots=True)
class BranchOutcome:
    """How one branch ended: with a value, or with the error that it raised."""

    value: Value = None
    error: Exception | None = None


# An effect that a driver performs itself, unlike Fork and Pause.
Leaf: TypeAlias = HttpCall | Sleep | Now | NewUuid | Log | ConnectorCall | CreateCallback | AwaitCallback
Effect: TypeAlias = Leaf | Fork | Pause
Outcome: TypeAlias = (
    float | str | HttpResponse | HttpFailure | CallbackRequest | ConnectorResult | tuple[BranchOutcome, ...] | None
)
Effects: TypeAlias = Generator[Effect, Outcome, Value]
Run: TypeAlias = Effects  # of a whole workflow, or of one branch
