"""Discord's errors, and how they become an answer.

Source: Discord, "Error Messages", "Opcodes and Status Codes".
"""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from aiohttp import web

from local.data.disk import DiskUnavailable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Path = tuple[str | int, ...]


class DiscordError(Exception):
    """Raised when a call is refused.  code and message are Discord's; more: further fields of the body."""

    def __init__(
        self, status: int, code: int, message: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(f"{status}/{code} {message}")
        self.status = status
        self.headers = headers or {}
        self.body = {"message": message, "code": code} | more


class NotImitated(DiscordError):
    """Raised for a form that Discord accepts and this stand-in cannot show; sentence says what that is."""

    def __init__(self, sentence: str, errors: Mapping[str, Any]) -> None:
        super().__init__(400, 50035, "Invalid Form Body", errors=errors)
        self.sentence = sentence


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


def not_found(detail: str = "") -> DiscordError:
    return DiscordError(404, 0, f"404: Not Found{detail}")


def method_not_allowed(allowed: Collection[str]) -> DiscordError:
    return DiscordError(405, 0, "405: Method Not Allowed", {"Allow": ", ".join(sorted(allowed))})


def unknown_interaction() -> DiscordError:
    return unknown("interaction", 10062)


def invalid_form(path: Path, code: str, message: str) -> DiscordError:
    """A form with one error."""
    errors: dict[str, Any] = {"_errors": [{"code": code, "message": message}]}
    for step in reversed(path):
        errors = {str(step): errors}
    return DiscordError(400, 50035, "Invalid Form Body", errors=errors)


def empty_message() -> DiscordError:
    return DiscordError(400, 50006, "Cannot send an empty message")


def invalid_json() -> DiscordError:
    return DiscordError(400, 50109, "The request body contains invalid JSON.")


def too_large() -> DiscordError:
    return DiscordError(413, 40005, "Request entity too large")


class FormErrors:
    """Collects the errors of a form by field; check() raises all of them together."""

    def __init__(self) -> None:
        self._tree: dict[str, Any] = {}
        self._is_wrong = False
        self._not_imitated: list[str] = []

    def add(self, path: Path, code: str, message: str) -> None:
        """Add an error for which Discord refuses the form, too."""
        self._is_wrong = True
        self._note(path, code, message)

    def add_not_imitated(self, path: Path, sentence: str) -> None:
        """Add a field that Discord accepts and this stand-in cannot show; sentence says so."""
        self._not_imitated.append(sentence)
        self._note(path, "LOCAL_NOT_SUPPORTED", sentence)

    def check(self) -> None:
        """Raises DiscordError, 400/50035, if anything was added; NotImitated, if Discord would accept the form."""
        if self._is_wrong:
            raise DiscordError(400, 50035, "Invalid Form Body", errors=self._tree)
        if self._not_imitated:
            raise NotImitated(" ".join(dict.fromkeys(self._not_imitated)), self._tree)

    def _note(self, path: Path, code: str, message: str) -> None:
        node = self._tree
        for step in path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})


def json_answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer.  Its content type has no charset, as Discord's: libraries compare it exactly.

    Source: discord.py, json_or_text; hikari, _APPLICATION_JSON.
    """
    return web.Response(
        body=json.dumps(body).encode(), status=status, headers={"Content-Type": "application/json", **(headers or {})}
    )


def discord_errors(handler: Handler) -> Handler:
    """handler, with DiscordError answered in Discord's JSON, and a full disk with 503."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except DiscordError as error:
            return json_answer(error.body, error.status, error.headers)
        except DiskUnavailable as error:
            return json_answer({"message": f"503: Service Unavailable ({error})", "code": 0}, 503)
        except web.HTTPRequestEntityTooLarge:
            return json_answer(too_large().body, 413)

    return answer


async def read_json_object(request: web.Request) -> dict[str, Any]:
    """The request's body.  Raises DiscordError, 400/50109, where it is not a JSON object."""
    return parse_json_object(await request.read())


def parse_json_object(body: bytes) -> dict[str, Any]:
    """Raises DiscordError, 400/50109, where body is not a JSON object."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise invalid_json() from None
    if not isinstance(value, dict):
        raise invalid_json()
    return value
