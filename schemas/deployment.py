"""The numbers of the deployment.  Their file: deploy/deployment.yaml; its schema: schemas/deployment.json."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import schemas

_MIB = {"Mi": 1, "Gi": 1024}


@dataclass(frozen=True, slots=True)
class Timeout:
    """Of one call, in seconds: to connect, and for each read."""

    connect_s: float
    read_s: float

    @property
    def longest_s(self) -> float:
        """Of a call with one read."""
        return self.connect_s + self.read_s


@dataclass(frozen=True, slots=True)
class Function:
    """A Cloud Run function.  concurrency: requests that an instance gets at once."""

    memory: str
    cpu: float
    concurrency: int
    min_instances: int
    max_instances: int
    timeout: str

    @property
    def memory_mib(self) -> int:
        return int(self.memory[:-2]) * _MIB[self.memory[-2:]]

    @property
    def timeout_s(self) -> int:
        return int(self.timeout.removesuffix("s"))


@dataclass(frozen=True, slots=True)
class Ingress(Function):
    """The one that Discord calls.  environment: values with $NAMES, which are settings of `mando deploy`."""

    answer_within_s: float
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Functions:
    """The steps where they are functions: each a process of steps.threads threads."""

    generate: Function
    reply: Function


@dataclass(frozen=True, slots=True)
class ReplyWaits:
    """Of a reply that puts itself off: the shortest wait, the longest one, and how long before the token's end the last
    attempt begins.
    """

    first_s: float
    longest_s: float
    last_attempt_s: float


@dataclass(frozen=True, slots=True)
class Steps:
    """What the steps have wherever they run.  threads: of each process.

    last_word_s: before the token's end, a reply that waits in the queue becomes a word to the member; 0: at the end.
    reply_waits: None in a project whose queue alone repeats a reply, as those of before 2026-11-26.
    """

    threads: int
    bucket_timeout: Timeout
    discord_timeout: Timeout
    last_word_s: float
    reply_waits: ReplyWaits | None


@dataclass(frozen=True, slots=True)
class Workflows:
    """All workflows.  environment: values with $NAMES, which `mando deploy` knows."""

    call_log_level: str
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Deployment:
    """All of them.  functions: None in files of before 2026-11-26."""

    ingress: Ingress
    steps: Steps
    workflows: Workflows
    functions: Functions | None

    @classmethod
    def from_json(cls, value: object) -> "Deployment":
        """Raises SchemaError."""
        checked = schemas.check("deployment", value)
        steps = checked["steps"]
        return cls(
            Ingress(**checked["ingress"]),
            Steps(
                steps["threads"],
                _timeout(steps["bucket_timeout_s"]),
                _timeout(steps["discord_timeout_s"]),
                steps.get("last_word_s", 0.0),
                ReplyWaits(**steps["reply_waits"]) if "reply_waits" in steps else None,
            ),
            Workflows(**checked["workflows"]),
            _functions(checked["functions"]) if "functions" in checked else None,
        )


def _functions(value: Mapping[str, Any]) -> Functions:
    return Functions(Function(**value["generate"]), Function(**value["reply"]))


def _timeout(value: Mapping[str, float]) -> Timeout:
    return Timeout(value["connect"], value["read"])
