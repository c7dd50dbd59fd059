"""The scripted answers to a case's HTTP calls, in the order of the calls.  Used by all drivers."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Scripted:
    """An answer after takes_s seconds; status 0 is a connection that breaks."""

    status: int
    headers: dict[str, str]
    body: bytes
    takes_s: float


@dataclass(slots=True)
class Script:
    """answers: one a request, the last one also for all later requests.  seen: the requests, as `METHOD target body`.

    callbacks: the requests to send to callbacks, each `after` so many seconds from the start.
    """

    answers: list[dict[str, Any]]
    callbacks: list[dict[str, Any]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Scripted:
        """The answer to the next request.  Raises AssertionError if the case has none."""
        assert self.answers, f"{method} {target}: the case scripts no answer"
        given = self.answers[min(len(self.seen), len(self.answers) - 1)]
        self.seen.append(" ".join(part for part in (method, target, body.decode(errors="replace")) if part))
        self.headers.append(headers)
        return Scripted(given.get("code", 200), *self.content(given), takes_s=given.get("takes", 0))

    def next_callback(self) -> dict[str, Any] | None:
        return self.callbacks.pop(0) if self.callbacks else None

    @staticmethod
    def content(given: dict[str, Any]) -> tuple[dict[str, str], bytes]:
        """Headers and body of an answer or callback: json, text, hex (bytes) or size (so many zeros)."""
        sent = {name: str(value) for name, value in given.get("headers", {}).items()}
        if "json" in given:
            return {"Content-Type": "application/json", **sent}, json.dumps(given["json"]).encode()
        content = bytes.fromhex(given["hex"]) if "hex" in given else given.get("text", "").encode()
        kind = {"Content-Type": "text/plain"} if "text" in given else {}
        return {**kind, **sent}, content or bytes(given.get("size", 0))
