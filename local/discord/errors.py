"""Discord's errors, and the one place where they become an answer.

Source: Discord, "Error Messages", "Opcodes and Status Codes", "Rate Limits".
"""

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Path = tuple[str | int, ...]


class DiscordError(Exception):
    """Raised when a call is refused: an HTTP status, Discord's own code and text, and what else the body holds."""

    def __init__(
        self, status: int, code: int, message: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(f"{status}/{code} {message}")
        self.status = status
        self.headers = headers or {}
        self.body = {"message": message, "code": code} | more


def unknown(what: str, code: int) -> DiscordError:
    return DiscordError(404, code, f"Unknown {what}")


def unknown_webhook() -> DiscordError:
    """The token is not known, or not yet: the acknowledgement of its interaction was not processed."""
    return unknown("Webhook", 10015)


def unknown_message() -> DiscordError:
    return unknown("Message", 10008)


def invalid_webhook_token() -> DiscordError:
    """The token is older than its 15 minutes, or was never one."""
    return DiscordError(401, 50027, "Invalid Webhook Token")


def unauthorized() -> DiscordError:
    return DiscordError(401, 0, "401: Unauthorized")


def not_found() -> DiscordError:
    return DiscordError(404, 0, "404: Not Found")


def empty_message() -> DiscordError:
    return DiscordError(400, 50006, "Cannot send an empty message")


def invalid_json() -> DiscordError:
    return DiscordError(400, 50109, "The request body contains invalid JSON.")


def too_large() -> DiscordError:
    return DiscordError(413, 40005, "Request entity too large")


def rate_limited(retry_after_s: float, is_global: bool = False, scope: str = "user") -> DiscordError:
    """scope is user, global or shared.  The header holds whole seconds, rounded up; the body the exact ones."""
    headers = {"Retry-After": str(math.ceil(retry_after_s)), "X-RateLimit-Scope": scope}
    if is_global:
        headers["X-RateLimit-Global"] = "true"
    error = DiscordError(429, 0, "You are being rate limited.", headers, retry_after=retry_after_s)
    del error.body["code"]
    error.body["global"] = is_global
    return error


class FormErrors:
    """What is wrong with a form, field by field; all of it is told at once."""

    def __init__(self) -> None:
        self._tree: dict[str, Any] = {}

    def add(self, path: Path, code: str, message: str) -> None:
        node = self._tree
        for step in path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def check(self) -> None:
        """Raises DiscordError, 400/50035, if anything was added."""
        if self._tree:
            raise DiscordError(400, 50035, "Invalid Form Body", errors=self._tree)


def discord_errors(handler: Handler) -> Handler:
    """The handler, its DiscordError rendered as Discord's JSON."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except DiscordError as error:
            return web.json_response(error.body, status=error.status, headers=error.headers)
        except web.HTTPRequestEntityTooLarge:
            return web.json_response(too_large().body, status=413)

    return answer


async def read_json_object(request: web.Request) -> dict[str, Any]:
    """The request's body.  Raises DiscordError, 400/50109, where it is no JSON object."""
    return parse_json_object(await request.read())


def parse_json_object(body: bytes) -> dict[str, Any]:
    """Raises DiscordError, 400/50109, where it is no JSON object."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise invalid_json() from None
    if not isinstance(value, dict):
        raise invalid_json()
    return value
