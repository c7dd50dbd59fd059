"""Discord: edit the one message that answers an interaction, or post it to the channel when that is too late.

Only this file turns Discord's errors into ours.  No error shows a URL: it contains the interaction's token.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from service.deployment import DISCORD_TIMEOUT_S, STEPS_THREADS
from service.environment import Secret
from service.trace import HEADER, traceparent
from steps.connections import keep_connections
from steps.errors import Blocked, NotYetAcknowledged, PermanentError, RetryableError, TokenExpired
from steps.rate_limits import CountedBy, read_rate_limit
from steps.throttle import Throttle
from steps.verdicts import verdict_of

_INVALID = (401, 403)  # what Discord counts, beside 429.  Source: Discord, "Invalid Request Limit"
_SNOWFLAKE = re.compile(r"[0-9]{1,20}")


class Discord:
    """The calls of Discord's API that a reply needs.  One keep-alive session, which stores no cookie."""

    def __init__(
        self,
        api_url: str,
        user_agent: str,
        bot_token: Secret | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api_url = api_url
        self._session = requests.Session()
        keep_connections(self._session, STEPS_THREADS)
        self._session.headers["User-Agent"] = user_agent
        # Cloudflare's cookies would tie one member's call to the next.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._bot_token = bot_token
        self._throttle = Throttle(monotonic_s)

    @property
    def can_post(self) -> bool:
        """Whether there is a bot that could post to a channel."""
        return self._bot_token is not None

    def edit_original(
        self, application_id: str, token: Secret, message: Mapping[str, Any], png: bytes | None, interaction_id: str
    ) -> str:
        """Make `message`, with png as its file 0, the reply to the interaction.  Returns the message's id.

        Raises RetryableError, PermanentError or TokenExpired.  Doing it twice changes nothing: attachments are listed,
        so a file replaces the previous one.  Source: Discord, "Edit Original Interaction Response", "Uploading Files".
        """
        url = f"{self._api_url}/webhooks/{application_id}/{token.reveal()}/messages/@original"
        return self._send("address", "PATCH", url, {HEADER: traceparent(interaction_id)}, message, png)

    def post(self, channel_id: str, message: Mapping[str, Any], nonce: str, png: bytes | None) -> str:
        """Post the message to a channel as the bot.  Returns the message's id.

        Raises RetryableError or PermanentError.  Doing it twice within minutes shows it once: nonce is enforced.
        Source: Discord, "Create Message".
        """
        assert self._bot_token is not None  # noqa: S101 -- can_post
        headers = {"Authorization": f"Bot {self._bot_token.reveal()}", HEADER: traceparent(nonce)}
        body = {**message, "nonce": nonce, "enforce_nonce": True}
        return self._send("bot", "POST", f"{self._api_url}/channels/{channel_id}/messages", headers, body, png)

    def _send(
        self,
        counted_by: CountedBy,
        method: str,
        url: str,
        headers: Mapping[str, str],
        message: Mapping[str, Any],
        png: bytes | None,
    ) -> str:
        parts = {"payload_json": (None, json.dumps(message), "application/json")}
        if png is not None:
            parts["files[0]"] = ("mandala.png", png, "image/png")  # type: ignore[assignment]
        with self._throttle.call(counted_by):
            try:
                answer = self._session.request(
                    method, url, headers=headers, files=parts, timeout=DISCORD_TIMEOUT_S, allow_redirects=False
                )
            except requests.RequestException as error:
                raise RetryableError(f"Discord did not answer: {type(error).__name__}", kind="discord") from None
            limit = read_rate_limit(answer.headers, _json(answer)) if answer.status_code == 429 else None
            self._throttle.count(is_invalid=limit.is_invalid if limit else answer.status_code in _INVALID)
        if limit is not None:
            if limit.is_global:
                self._throttle.hold(counted_by, limit.retry_after_s)
            raise RetryableError(limit.message, retry_after_s=limit.retry_after_s, kind="discord")
        return _message_id(answer)


def _message_id(answer: requests.Response) -> str:
    """Of the message that Discord now shows."""
    if not 200 <= answer.status_code < 300:
        raise _error(answer)
    shown = _json(answer)
    message_id = shown.get("id") if isinstance(shown, dict) else None
    if not isinstance(message_id, str) or not _SNOWFLAKE.fullmatch(message_id):
        raise RetryableError("Discord's answer is no message", kind="discord")
    return message_id


def _error(answer: requests.Response) -> Exception:
    status, body = answer.status_code, _json(answer)
    code = body.get("code") if isinstance(body, dict) else None
    code = code if type(code) is int else None
    verdict = verdict_of(status, code)
    message = f"Discord answered {status}/{code}"
    if verdict == "retry":
        return RetryableError(message, kind="discord")
    if verdict == "early":
        return NotYetAcknowledged(message, kind="discord")
    if verdict == "blocked":
        return Blocked(message, kind="discord")
    if verdict == "expired":
        return TokenExpired(message)
    return PermanentError(verdict, message, kind="discord")


def _json(answer: requests.Response) -> object:
    """The answer's JSON, or None: a proxy may have answered, with anything."""
    try:
        return answer.json()
    except (ValueError, RecursionError):  # ValueError: also a number of more than 4,300 digits
        return None
