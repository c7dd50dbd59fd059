"""Discord on one machine: an application, a guild with one channel, and a member.  Created by local/server.py.

All state is in one SQLite file and survives kill -9.  Only one thread uses the file, so the event loop never waits for
the disk.
"""

import asyncio
import json
import logging
import re
import secrets
import string
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

from local.data.content_pool import ContentPool
from local.data.disk import DiskUnavailable, backoffs_s, log_waiting_for_disk
from local.discord.data.interaction import RANDOM_CHARACTERS, Interaction
from local.discord.data.message import Message
from local.discord.data.message_json import client_message_json
from local.discord.data.rows import Change
from local.discord.data.store import Store
from local.discord.engine.beginnings import Beginnings
from local.discord.engine.channel import Channel
from local.discord.engine.commands import Commands
from local.discord.engine.delivery import RESPOND_WITHIN_S, ByCallback, Delivery, Pong, Sender
from local.discord.engine.events import Broadcast
from local.discord.engine.grants import Grants
from local.discord.engine.limits import Allowance, RateLimit
from local.discord.engine.replies import Replies
from local.discord.engine.signing import ensure_signing_key
from local.discord.engine.writer import Uploads, Writer
from local.discord.errors import FormErrors
from local.discord.forms.answer import AUTOCOMPLETE, Answer, Choices
from local.discord.forms.command_form import Command
from local.discord.forms.use import parse_use
from local.discord.identities import Identities
from local.discord.snowflake import Clock, Snowflakes, smallest_id_at, time_of_id

_USER_AGENT = re.compile(r"DiscordBot \(\S+, [^()]+\).*")
_LOG = logging.getLogger(__name__)

Result = TypeVar("Result")


def now_utc() -> datetime:
    return datetime.now(UTC)


class Watcher(Protocol):
    """Is told of each delivery of an interaction, and of each change of a message."""

    def delivery_began(self, interaction: Interaction) -> int: ...
    def delivery_ended(self, number: int, interaction: Interaction, delivery: Delivery) -> None: ...
    def message_changed(self, change: Change) -> None: ...


class LocalDiscord:
    """In use between start() and close(), or within `async with`.

    path is the SQLite file; the signing key lies beside it, with the suffix .key.  Interactions go to ingress_url.
    Without a bot_token, calls that need one are refused.  pool: content that other stores share.
    """

    def __init__(
        self,
        path: Path,
        ingress_url: str,
        bot_token: str | None = None,
        clock: Clock = now_utc,
        pool: ContentPool | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        self._watcher = watcher
        self._key = ensure_signing_key(path.with_suffix(".key"))
        self.public_key_hex = bytes(self._key.verify_key).hex()
        self.ingress_url = ingress_url
        self.broadcast = Broadcast()
        self.invalid_user_agents: Counter[str] = Counter()
        self.grants = Grants(bot_token)
        self._path = path
        self._pool = pool or ContentPool(path.with_suffix(".pool"))
        self._clock = clock
        self._limit = RateLimit()
        self._called_back: dict[str, asyncio.Future[Answer]] = {}  # by the interaction that is being delivered
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="discord-store")

    async def start(self) -> None:
        """Raises UnusableFile; DiskUnavailable where the disk takes nothing."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._open, loop)
        self._sender = Sender(self._key, self._clock)

    async def close(self) -> None:
        """End the streams, then everything else."""
        self.broadcast.end()
        await self._sender.close()
        await self.run(self._store.close)
        self._thread.shutdown()

    async def __aenter__(self) -> "LocalDiscord":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def run(self, method: Callable[..., Result], *arguments: Any) -> Result:
        """Call a method of self.commands, self.channel, self.beginnings or self.replies on the store's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, method, *arguments)

    async def register(self, value: object) -> list[Command]:
        """Replace the application's commands by a list as in PUT /applications/{id}/commands.  Raises DiscordError."""
        return await self.run(self.commands.overwrite, "global", value)

    async def interact(self, value: object, base_url: str, locale: str | None = None) -> dict[str, Any]:
        """A member uses something (see use.parse_use): send the interaction, wait for its answer, return the outcome.

        Raises DiscordError for values that a client of Discord could not send.
        """
        use = parse_use(value, locale)
        if use.repeated_id is None:
            random = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(RANDOM_CHARACTERS))
            interaction = await self.run(self.beginnings.begin, use, random, base_url)
        else:
            interaction, _ = await self.run(self.replies.outcome, use.repeated_id)
        deliveries = await self._deliver(interaction, use.count)
        outcome = await self.outcome(interaction.id, base_url)
        suggested = [each.answer.choices for each in deliveries if isinstance(each.answer, Choices)]
        if suggested:
            outcome["choices"] = suggested[0]
        return outcome | {"deliveries": [delivery.to_json() for delivery in deliveries]}

    async def outcome(self, interaction_id: str, base_url: str) -> dict[str, Any]:
        """The interaction's state so far, and its messages.  Raises DiscordError, 404/10062."""
        interaction, messages = await self.run(self.replies.outcome, interaction_id)
        modal = {"modal": json.loads(interaction.modal)} if interaction.modal else {}
        return modal | {
            "acknowledged": {"status": interaction.acknowledged_status, "ms": interaction.acknowledged_ms},
            "id": interaction.id,
            "messages": [client_message_json(message, self.identities, base_url) for message in messages],
            "state": interaction.state,
        }

    async def call_back(
        self, interaction_id: str, token: str, answer: Answer, uploads: Uploads
    ) -> tuple[Interaction, Message | None]:
        """The application answers an interaction by a callback.  Raises DiscordError."""
        answered = await self.run(self.replies.call_back, interaction_id, token, answer, uploads)
        called_back = self._called_back.get(interaction_id)
        if called_back is not None and not called_back.done():
            called_back.set_result(answer)
        return answered

    async def set_endpoint(self, url: str) -> None:
        """Send interactions to url from now on, if it answers a PING and refuses a wrong signature.

        Raises DiscordError, 400/50035, where it does not.  Source: Discord, "Setting Up an Endpoint".
        """
        body = json.dumps(self.identities.ping(secrets.token_hex(16))).encode()
        delivery = await self._sender.ping(url, body)
        if not isinstance(delivery.answer, Pong) or await self._sender.status_for_wrong_signature(url, body) != 401:
            errors = FormErrors()
            errors.add(
                ("interactions_endpoint_url",),
                "APPLICATION_INTERACTIONS_ENDPOINT_URL_INVALID",
                "The specified interactions endpoint url could not be verified.",
            )
            errors.check()
        self.ingress_url = url

    async def oldest_s(self) -> float | None:
        """The time of the oldest message or interaction that forget() may delete."""
        oldest = await self.run(self._store.oldest_id)
        return None if oldest is None else time_of_id(str(oldest)).timestamp()

    async def forget(self, before_s: float, most: int) -> int:
        """Delete up to `most` messages and as many interactions older than that.  Returns how many."""
        return await self.run(self._store.forget, smallest_id_at(before_s), most)

    async def release_free_pages(self, most: int) -> None:
        """Return up to `most` free pages of the SQLite file to the disk."""
        await self.run(self._store.release_free_pages, most)

    def take(self, token: str) -> Allowance:
        """Count a call with that token."""
        return self._limit.take(token, time.monotonic())

    def note_user_agent(self, user_agent: str) -> None:
        """Log a User-Agent that Discord may block because of its form.  Source: Discord, "User Agent"."""
        if _USER_AGENT.fullmatch(user_agent):
            return
        if user_agent not in self.invalid_user_agents:
            _LOG.warning(
                "User-Agent %r is not of the form that Discord asks for: DiscordBot ($url, $version)", user_agent
            )
        self.invalid_user_agents[user_agent] += 1

    async def _deliver(self, interaction: Interaction, count: int) -> list[Delivery]:
        """Send the interaction `count` times.  The first answer is recorded; without any, the last failure."""
        called_back = self._called_back.setdefault(interaction.id, asyncio.get_running_loop().create_future())
        sending = [self._deliver_once(interaction, called_back) for _ in range(count)]
        deliveries = []
        for finished in asyncio.as_completed(sending):
            delivery = await finished
            deliveries.append(delivery)
            if delivery.answer is not None or len(deliveries) == count:
                await self._settle(interaction.id, delivery)
            if delivery.problem is not None:
                _LOG.warning("interaction %s: %s", interaction.id, delivery.problem)
        self._called_back.pop(interaction.id, None)
        return deliveries

    async def _settle(self, interaction_id: str, delivery: Delivery) -> None:
        """Record the delivery.  The application has answered, so retry until the disk is available."""
        for wait_s in backoffs_s():
            try:
                await self.run(self.replies.record_delivery, interaction_id, delivery)
            except DiskUnavailable as error:
                log_waiting_for_disk(error)
                await asyncio.sleep(wait_s)
            else:
                return

    async def _deliver_once(self, interaction: Interaction, called_back: asyncio.Future[Answer]) -> Delivery:
        if self._watcher is None or interaction.question.kind == AUTOCOMPLETE:
            return await self._send(interaction, called_back)
        number = self._watcher.delivery_began(interaction)
        delivery = await self._send(interaction, called_back)
        self._watcher.delivery_ended(number, interaction, delivery)
        return delivery

    async def _send(self, interaction: Interaction, called_back: asyncio.Future[Answer]) -> Delivery:
        delivery = await self._sender.deliver(self.ingress_url, interaction.body, interaction.question)
        if not isinstance(delivery.answer, ByCallback):
            return delivery
        try:
            async with asyncio.timeout(RESPOND_WITHIN_S - delivery.ms / 1000):
                return replace(delivery, answer=await asyncio.shield(called_back))
        except TimeoutError:
            problem = f"status {delivery.status}, and no callback within {RESPOND_WITHIN_S:g} s"
            return replace(delivery, answer=None, problem=problem)

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        def tell(change: Change) -> None:
            loop.call_soon_threadsafe(self.broadcast.publish, change)
            if self._watcher is not None:
                loop.call_soon_threadsafe(self._watcher.message_changed, change)

        self._store = Store(self._path, self._pool, on_change=tell)
        ids = Snowflakes(self._clock, after=self._store.newest_id())
        made = {
            f"{name}_id": self._store.setting(name, ids.next) for name in ("application", "guild", "channel", "member")
        }
        self.identities = Identities(**made, public_key_hex=self.public_key_hex)
        writer = Writer(self._store, self.identities, ids, self._clock)
        self.commands = Commands(self._store, self.identities, ids)
        self.channel = Channel(self._store, writer, self._clock)
        self.beginnings = Beginnings(self._store, self.commands, self.identities, ids)
        self.replies = Replies(self._store, writer, self.identities, self._clock)
        self.replies.fail_pending()
