"""One fault: which calls it hits, how, and how long.  Made from a body of /faults, or by an incident."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from local.http.api_error import ApiError
from local.project import REPLY_QUEUE, URGENT_QUEUE

Target = Literal["queue", "reply_queue", "workflow", "generate", "storage", "reply", "discord", "tasks"]
Kind = Literal["400", "403", "429", "500", "502", "503", "timeout", "reset", "slow", "garbage", "twice"]

# The calls that come to the local cloud; of two that fit, the first.  generate and reply go to the steps; tasks are the
# calls of all queues.
_REQUEST_LINES: Mapping[Target, re.Pattern[str]] = {
    "reply_queue": re.compile(f"POST /v2/({REPLY_QUEUE}|{URGENT_QUEUE})/tasks"),
    "queue": re.compile(r"POST /v2/[^ ]+/tasks"),
    "workflow": re.compile(r"POST /v1/[^ ]+/executions"),
    "storage": re.compile(r"POST /upload/storage/v1/[^ ]+|GET /(download/)?storage/v1/b/[^/ ]+/o/[^ ]+"),
    "discord": re.compile(r"(PATCH|POST) /api/v10/(webhooks|channels)/[^ ]+"),
}
_STEP_PATHS: Mapping[Target, str] = {"generate": "/generate-image", "reply": "/reply-discord"}
_FIELDS = ("target", "kind", "count", "after", "for_s")
_MOST_CALLS = 1_000_000
_LONGEST_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Fault:
    """Fails the next `count` calls of the target, or all of them while count is None, until ends_s if that is set.

    after: the call is done, and only its answer is lost.  slow_s, retry_after_s: None for the usual ones.  is_page: the
    error is the HTML of somebody in front of the target.  "twice" is of tasks alone: they are sent twice.
    """

    target: Target
    kind: Kind
    count: int | None = None
    after: bool = False
    ends_s: float | None = None
    slow_s: float | None = None
    retry_after_s: float | None = None
    is_page: bool = False

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Fault":
        """Raises ApiError(400)."""
        only_fields(body, _FIELDS)
        target = next((one for one in get_args(Target) if one == body.get("target")), None)
        kind = next((one for one in get_args(Kind) if one == body.get("kind")), None)
        count = body.get("count")
        if target is None or kind is None:
            raise ApiError(400, f"target is one of {', '.join(get_args(Target))}; kind of {', '.join(get_args(Kind))}")
        if kind == "twice" and target != "tasks":
            raise ApiError(400, "only tasks are sent twice")
        if count is not None and (type(count) is not int or not 1 <= count <= _MOST_CALLS):
            raise ApiError(400, f"count is how many calls are hit, 1 to {_MOST_CALLS}, not {str(count)[:40]}")
        after = body.get("after", False)
        if not isinstance(after, bool):
            raise ApiError(400, f"after is true or false, not {str(after)[:40]}")
        for_s = length_s(body)
        ends_s = None if for_s is None else time.time() + for_s
        return cls(target, kind, count, after=after, ends_s=ends_s)

    def as_json(self) -> dict[str, Any]:
        shown = {"target": self.target, "kind": self.kind, "count": self.count, "after": self.after}
        return shown if self.ends_s is None else shown | {"ends_s": self.ends_s}


def only_fields(body: Mapping[str, Any], fields: Sequence[str]) -> None:
    """Raises ApiError(400) for any other field: a mistyped count would break a part until somebody mends it."""
    if (unknown := next((name for name in body if name not in fields), None)) is not None:
        raise ApiError(400, f"unknown field '{unknown[:40]}'; those that are known here: {', '.join(fields)}")


def length_s(body: Mapping[str, Any]) -> float | None:
    """for_s of a body; None where it has none.  Raises ApiError(400)."""
    given = body.get("for_s")
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= _LONGEST_S:
        raise ApiError(400, f"for_s is a number of seconds, at most a day, not {str(given)[:40]}")
    return float(given)


def target_of_line(line: str) -> Target | None:
    """Which target a call to the local cloud is, by its method and path."""
    return next((name for name, shape in _REQUEST_LINES.items() if shape.fullmatch(line)), None)


def step_of(url: str) -> Target | None:
    """Which of the two steps a call goes to; None if to neither."""
    path = url.partition("?")[0]
    return next((name for name, end in _STEP_PATHS.items() if path.endswith(end)), None)
