"""Discord: edit the one message that answers an interaction, or post it to the channel when that is too late.

Discord's errors become ours here and nowhere else.

No error of this file shows an address: it holds the interaction's token.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import requests

from schemas.environment import Secret
from steps.errors import NotYetAcknowledged, PermanentError, RetryableError, TokenExpired

_TIMEOUT_S = (3.05, 15.0)  # connect, read
_BLOCKED_FOR_S = 300.0  # a block at Cloudflare names no end; it lasts minutes to an hour

Verdict = Literal["retry", "early", "expired", "gone", "refused", "bug"]

# (status, Discord's code) → what to do.  A status alone is looked up where the pair is not listed.
# Source: Discord, "Opcodes and Status Codes"; 10015 and 50027 as observed by users of the API.
DISCORD_ERRORS: Mapping[tuple[int, int | None], Verdict] = {
    (404, 10015): "early",  # unknown webhook: our acknowledgement is not processed yet
    (404, 10008): "gone",  # unknown message: the member deleted it
    (404, None): "gone",
    (401, 50027): "expired",  # invalid webhook token: its 15 minutes are over
    (401, None): "refused",
    (403, None): "refused",  # 401 and 403 must not be repeated: 10,000 of them in 10 minutes ban our address
    (400, 50035): "bug",  # invalid form body
    (400, None): "bug",
    (408, None): "retry",
}
_OTHER_4XX: Verdict = "bug"
_5XX: Verdict = "retry"  # Discord's own 500, 502, 503 and 504, and Cloudflare's 520 to 530
_STATUS_OF: Mapping[Verdict, int] = {"expired": 410, "gone": 410, "refused": 403, "bug": 400}


class Discord:
    """Discord's API, as far as a reply needs it.  One keep-alive session.

    After a global rate limit, or a block of our address, this process calls nobody until that is over.
    """

    def __init__(
        self,
        api_url: str,
        user_agent: str,
        bot_token: Secret | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api_url = api_url
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent
        self._bot_token = bot_token
        self._monotonic_s = monotonic_s
        self._paused_until_s = 0.0

    @property
    def can_post(self) -> bool:
        """Whether there is a bot that could post to a channel."""
        return self._bot_token is not None

    def edit_original(self, application_id: str, token: Secret, message: Mapping[str, Any], png: bytes | None) -> str:
        """Make `message`, with png as its file 0, the reply to the interaction.  Returns the message's id.

        Raises RetryableError, PermanentError or TokenExpired.  Doing it twice changes nothing: attachments are listed,
        so a file replaces the one before.  Source: Discord, "Edit Original Interaction Response", "Uploading Files".
        """
        url = f"{self._api_url}/webhooks/{application_id}/{token.reveal()}/messages/@original"
        return self._send("PATCH", url, {}, message, png)

    def post(self, channel_id: str, message: Mapping[str, Any], nonce: str, png: bytes | None) -> str:
        """Post the message to a channel as the bot.  Returns the message's id.

        Raises RetryableError or PermanentError.  Doing it twice within minutes shows it once: nonce is enforced.
        Source: Discord, "Create Message".
        """
        assert self._bot_token is not None  # noqa: S101 -- can_post
        authorization = {"Authorization": f"Bot {self._bot_token.reveal()}"}
        body = {**message, "nonce": nonce, "enforce_nonce": True}
        return self._send("POST", f"{self._api_url}/channels/{channel_id}/messages", authorization, body, png)

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], message: Mapping[str, Any], png: bytes | None
    ) -> str:
        pause_s = self._paused_until_s - self._monotonic_s()
        if pause_s > 0:
            raise RetryableError("Discord limits our rate", retry_after_s=round(pause_s, 3))
        parts = {"payload_json": (None, json.dumps(message), "application/json")}
        if png is not None:
            parts["files[0]"] = ("mandala.png", png, "image/png")  # type: ignore[assignment]
        try:
            answer = self._session.request(
                method, url, headers=headers, files=parts, timeout=_TIMEOUT_S, allow_redirects=False
            )
        except requests.RequestException as error:
            raise RetryableError(f"Discord did not answer: {type(error).__name__}") from None
        if answer.status_code != 200:
            raise self._error(answer)
        shown = _json(answer)
        if not isinstance(shown, dict) or not isinstance(shown.get("id"), str):
            raise RetryableError("Discord's answer is no message")
        return str(shown["id"])

    def _error(self, answer: requests.Response) -> Exception:
        if answer.status_code != 429:
            return _error(answer)
        limit = _rate_limit(answer)
        if limit.is_for_all:
            self._paused_until_s = self._monotonic_s() + limit.retry_after_s
        return RetryableError(limit.message, retry_after_s=limit.retry_after_s)


def _error(answer: requests.Response) -> Exception:
    status = answer.status_code
    body = _json(answer)
    code = body.get("code") if isinstance(body, dict) else None
    verdict = DISCORD_ERRORS.get((status, code)) or DISCORD_ERRORS.get((status, None))
    verdict = verdict or (_5XX if status >= 500 else _OTHER_4XX)
    message = f"Discord answered {status}/{code}"
    if verdict == "retry":
        return RetryableError(message)
    if verdict == "early":
        return NotYetAcknowledged(message)
    if verdict == "expired":
        return TokenExpired(message)
    return PermanentError(_STATUS_OF[verdict], message)


def _json(answer: requests.Response) -> object:
    try:
        return answer.json()
    except requests.JSONDecodeError:
        return None


@dataclass(frozen=True, slots=True)
class _Limit:
    """is_for_all: it holds for every call of this process, not for one interaction's alone."""

    message: str
    retry_after_s: float
    is_for_all: bool


def _rate_limit(answer: requests.Response) -> _Limit:
    """Source: Discord, "Rate Limits".  A block at Cloudflare is a 429 too, without JSON or without retry_after."""
    body = _json(answer)
    if isinstance(body, dict) and isinstance(body.get("retry_after"), int | float):
        return _Limit("Discord limits our rate", float(body["retry_after"]), body.get("global") is True)
    return _Limit("Discord's network blocks our address for now", _BLOCKED_FOR_S, is_for_all=True)
