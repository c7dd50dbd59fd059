"""Discord: edit the one message that answers an interaction.  Discord's errors become ours here and nowhere else.

No error of this file shows an address: it holds the interaction's token.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

import requests

from schemas.environment import Secret
from steps.errors import PermanentError, RetryableError

_TIMEOUT_S = (3.05, 15.0)  # connect, read
_BLOCKED_FOR_S = 300.0  # a block at Cloudflare names no end; it lasts minutes to an hour

Verdict = Literal["retry", "gone", "refused", "bug"]

# (status, Discord's code) → what to do.  A status alone is looked up where the pair is not listed.
# Source: Discord, "Opcodes and Status Codes"; 10015 and 50027 as observed by users of the API.
DISCORD_ERRORS: Mapping[tuple[int, int | None], Verdict] = {
    (404, 10015): "retry",  # unknown webhook: our acknowledgement is not processed yet
    (404, 10008): "gone",  # unknown message: the member deleted it
    (404, None): "gone",
    (401, 50027): "gone",  # invalid webhook token: its 15 minutes are over
    (401, None): "refused",
    (403, None): "refused",  # 401 and 403 must not be repeated: 10,000 of them in 10 minutes ban our address
    (400, 50035): "bug",  # invalid form body
    (400, None): "bug",
    (408, None): "retry",
}
_OTHER_4XX: Verdict = "bug"
_5XX: Verdict = "retry"  # Discord's own 500, 502, 503 and 504, and Cloudflare's 520 to 530
_STATUS_OF: Mapping[Verdict, int] = {"gone": 410, "refused": 403, "bug": 400}


class Discord:
    """Discord's API, as far as a reply needs it.  One keep-alive session."""

    def __init__(self, api_url: str, user_agent: str) -> None:
        self._api_url = api_url
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent

    def edit_original(self, application_id: str, token: Secret, message: Mapping[str, Any], png: bytes | None) -> str:
        """Make `message`, with png as its file 0, the reply to the interaction.  Returns the message's id.

        Raises RetryableError or PermanentError.  Doing it twice changes nothing: attachments are listed, so a file
        replaces the one before.  Source: Discord, "Edit Original Interaction Response", "Uploading Files".
        """
        parts = {"payload_json": (None, json.dumps(message), "application/json")}
        if png is not None:
            parts["files[0]"] = ("mandala.png", png, "image/png")  # type: ignore[assignment]
        url = f"{self._api_url}/webhooks/{application_id}/{token.reveal()}/messages/@original"
        try:
            answer = self._session.patch(url, files=parts, timeout=_TIMEOUT_S, allow_redirects=False)
        except requests.RequestException as error:
            raise RetryableError(f"Discord did not answer: {type(error).__name__}") from None
        if answer.status_code != 200:
            raise _error(answer)
        edited = _json(answer)
        if not isinstance(edited, dict) or not isinstance(edited.get("id"), str):
            raise RetryableError("Discord's answer is no message")
        return str(edited["id"])


def _error(answer: requests.Response) -> RetryableError | PermanentError:
    status = answer.status_code
    body = _json(answer)
    if status == 429:
        return _rate_limit(body)
    code = body.get("code") if isinstance(body, dict) else None
    verdict = DISCORD_ERRORS.get((status, code)) or DISCORD_ERRORS.get((status, None))
    verdict = verdict or (_5XX if status >= 500 else _OTHER_4XX)
    message = f"Discord answered {status}/{code}"
    if verdict == "retry":
        return RetryableError(message)
    return PermanentError(_STATUS_OF[verdict], message)


def _json(answer: requests.Response) -> object:
    try:
        return answer.json()
    except requests.JSONDecodeError:
        return None


def _rate_limit(body: object) -> RetryableError:
    """Source: Discord, "Rate Limits".  A block at Cloudflare is a 429 too, without JSON or without retry_after."""
    if isinstance(body, dict) and isinstance(body.get("retry_after"), int | float):
        return RetryableError("Discord limits our rate", retry_after_s=float(body["retry_after"]))
    return RetryableError("Discord's network blocks our address for now", retry_after_s=_BLOCKED_FOR_S)
