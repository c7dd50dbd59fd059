"""What a case's HTTP calls meet: answers in the order in which they are asked for, whichever driver asks."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Script:
    """answers: one a request, the last one for all that follow.  seen: what was asked, as `METHOD target body`."""

    answers: list[dict[str, Any]]
    seen: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def answer(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer.  Raises AssertionError where the case scripted none."""
        assert self.answers, f"{method} {target}: the case scripts no answer"
        given = self.answers[min(len(self.seen), len(self.answers) - 1)]
        self.seen.append(" ".join(part for part in (method, target, body.decode(errors="replace")) if part))
        self.headers.append(headers)
        sent = {name: str(value) for name, value in given.get("headers", {}).items()}
        if "json" in given:
            return (
                given.get("code", 200),
                {"Content-Type": "application/json", **sent},
                json.dumps(given["json"]).encode(),
            )
        content = bytes.fromhex(given["hex"]) if "hex" in given else given.get("text", "").encode()
        kind = {"Content-Type": "text/plain"} if "text" in given else {}
        return given.get("code", 200), {**kind, **sent}, content
