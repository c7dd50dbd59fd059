"""Sends a signed interaction to the application and reads its answer.

In: the interaction's bytes.  Out: a Delivery, never an error: its problem is shown to the member.
Source: Discord, "Receiving and Responding", "Interaction Response Object"; an answer in another status or format counts
as none (https://github.com/getsentry/sentry/pull/76197).
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import aiohttp
from nacl.signing import SigningKey

from local.discord.engine.signing import signed_headers
from local.discord.errors import DiscordError
from local.discord.forms.answer import A_COMMAND, Answer, Immediate, Question, Unshown, parse_answer
from local.discord.forms.form import Form

RESPOND_WITHIN_S = 3.0
_MOST_BYTES = 1024 * 1024
_USER_AGENT = "Discord-Interactions/1.0 (+https://discord.com)"


@dataclass(frozen=True, slots=True)
class Pong:
    """The application's answer to a ping."""


@dataclass(frozen=True, slots=True)
class ByCallback:
    """The application answers by a callback.  Source: Discord, "Interaction Callback": 202 and no body."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery: HTTP status (None without an answer), duration, the answer, and the problem with it.

    An Unshown answer has both: the answer is right, and we have a problem with it.
    """

    status: int | None
    ms: float
    answer: Answer | ByCallback | Pong | None
    problem: str | None

    def to_json(self) -> dict[str, Any]:
        return {"status": self.status, "ms": self.ms, "problem": self.problem}


class NotAnAnswer(ValueError):
    """Raised when an HTTP answer is not a valid answer to an interaction; the message says why."""


class Sender:
    """Sends to the application's interactions endpoint, each time over a new connection.

    A server that closes an idle connection just when it is reused would look like an application that does not respond.
    """

    def __init__(self, key: SigningKey, clock: Callable[[], datetime]) -> None:
        self._key = key
        self._clock = clock
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            timeout=aiohttp.ClientTimeout(total=RESPOND_WITHIN_S),
            headers={"User-Agent": _USER_AGENT, "Content-Type": "application/json"},
        )

    async def close(self) -> None:
        await self._session.close()

    async def deliver(self, url: str, body: bytes, question: Question) -> Delivery:
        """Send an interaction.  A pong is not a valid answer to it."""
        delivery = await self._send_signed(url, body, question)
        if isinstance(delivery.answer, Pong):
            expected = " or ".join(map(str, question.answers()[:2]))
            return replace(
                delivery, answer=None, problem=f"type 1 is no answer to {question.words}; expected {expected}"
            )
        if isinstance(delivery.answer, Unshown):
            return replace(delivery, problem=delivery.answer.sentence)
        return delivery

    async def ping(self, url: str, body: bytes) -> Delivery:
        return await self._send_signed(url, body)

    async def status_for_wrong_signature(self, url: str, body: bytes) -> int | None:
        """The status of the answer to a wrong signature; it must be 401."""
        headers = signed_headers(SigningKey.generate(), int(self._clock().timestamp()), body)
        return (await self._send(url, body, headers)).status

    async def _send_signed(self, url: str, body: bytes, question: Question = A_COMMAND) -> Delivery:
        return await self._send(url, body, signed_headers(self._key, int(self._clock().timestamp()), body), question)

    async def _send(
        self, url: str, body: bytes, headers: Mapping[str, str], question: Question = A_COMMAND
    ) -> Delivery:
        began_s = time.perf_counter()
        status, answer, problem = None, None, None
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as http:
                status = http.status
                answer = read_answer(http.status, http.content_type, await _read(http.content), question)
        except TimeoutError:
            problem = f"no answer within {RESPOND_WITHIN_S:g} s"
        except aiohttp.ClientError as error:
            problem = f"{type(error).__name__}: {error}"
        except NotAnAnswer as error:
            problem = str(error)
        ms = round((time.perf_counter() - began_s) * 1000, 1)
        return Delivery(status, ms, answer, problem)


async def _read(content: aiohttp.StreamReader) -> bytes:
    """The whole body, at most _MOST_BYTES of it."""
    read = bytearray()
    while part := await content.read(_MOST_BYTES - len(read)):
        read += part
    return bytes(read)


def read_answer(
    status: int, content_type: str, body: bytes, question: Question = A_COMMAND
) -> Answer | ByCallback | Pong:
    """Parse an HTTP answer.  Raises NotAnAnswer where Discord would say that the application did not respond."""
    if status == 202:
        return ByCallback()
    if status != 200:
        raise NotAnAnswer(f"status {status}, expected 200")
    if content_type != "application/json":
        raise NotAnAnswer(f"content type {content_type}, expected application/json")
    try:
        response = json.loads(body)
    except (ValueError, RecursionError):
        raise NotAnAnswer("the body is not JSON") from None
    if isinstance(response, dict) and response.get("type") == 1:
        return Pong()
    try:
        answer = parse_answer(response, question)
    except DiscordError as error:
        raise NotAnAnswer(f"no answer to {question.words}: {json.dumps(error.body.get('errors'))[:500]}") from None
    if isinstance(answer, Immediate):
        _check_alone(answer.form)
    return answer


def _check_alone(form: Form) -> None:
    """Refuse files and empty messages: files come in a multipart body, which an HTTP answer does not have."""
    if form.files:
        raise NotAnAnswer("data: attachments without a file")
    if not (form.content or form.embeds or form.components):
        raise NotAnAnswer("data: Cannot send an empty message")
