"""One process of the steps with a clock of the test and two members; and answers of Discord to it."""

import pytest

from service.environment import Secret
from steps.discord import Discord
from steps.errors import RetryableError
from tests.steps.scripted import Answer, Scripted, json_answer

LIMITED = {"message": "You are being rate limited.", "retry_after": 64.57, "global": False}
SHOWN = json_answer(200, {"id": "9"})
CLOUDFLARE = {"Content-Type": "text/plain; charset=UTF-8", "Server": "cloudflare"}
BLOCKED = Answer(429, b"error code: 1015", {**CLOUDFLARE, "Retry-After": "3"})
FORBIDDEN = json_answer(403, {"message": "internal network error", "code": 40333})

GLOBAL = [
    json_answer(429, {"retry_after": 2.5, "global": True}),
    json_answer(429, {"retry_after": 2.5}, {"X-RateLimit-Global": "true"}),
    json_answer(429, {"retry_after": 2.5, "global": False}, {"X-RateLimit-Scope": "global"}),
]


class Member:
    """One of two members, whose calls go through the same process."""

    def __init__(self, discord: Discord, token: str) -> None:
        self._discord, self._token = discord, Secret(token)

    def shows(self) -> bool:
        return self._discord.edit_original("7", self._token, {"content": ""}, None, "42") == "9"

    def waits_s(self) -> float | None:
        with pytest.raises(RetryableError) as caught:
            self.shows()
        return caught.value.retry_after_s


class Process:
    def __init__(self, script: Scripted) -> None:
        self.script = script
        self.now_s = 100.0
        self.discord = Discord(f"{script.url}/api/v10", "mando", Secret("bot"), monotonic_s=lambda: self.now_s)
        self.ada, self.ben = Member(self.discord, "ada"), Member(self.discord, "ben")

    def post(self) -> str:
        return self.discord.post("5", {"content": ""}, nonce="1", png=None)
