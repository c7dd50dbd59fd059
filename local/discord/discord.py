"""Discord on one machine: an application, a guild with one channel, and a member.  Put together by local/server.py.

All that it knows lies in one SQLite file, and survives kill -9.  The file is touched on a thread of its own only:
nothing here keeps the event loop from its other work.
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
from typing import Any, TypeVar

from local.data.content_pool import ContentPool
from local.data.disk import DiskUnavailable, backoffs_s, log_waiting_for_disk
from local.discord.answer import Answer
from local.discord.channel import Channel
from local.discord.command_form import Command
from local.discord.commands import Commands
from local.discord.delivery import RESPOND_WITHIN_S, ByCallback, Delivery, Pong, Sender
from local.discord.errors import FormErrors
from local.discord.events import Broadcast
from local.discord.fields import Fields
from local.discord.grants import Grants
from local.discord.interaction import RANDOM_CHARACTERS, Interaction
from local.discord.limits import Allowance, RateLimit
from local.discord.message import Message
from local.discord.place import Place
from local.discord.replies import Replies
from local.discord.rows import Change
from local.discord.shown import shown_to_client
from local.discord.signing import ensure_signing_key
from local.discord.snowflake import PATTERN, Clock, Snowflakes, first_at, made_at
from local.discord.store import Store
from local.discord.writer import Uploads, Writer

MOST_DELIVERIES = 10
_USER_AGENT = re.compile(r"DiscordBot \(\S+, [^()]+\).*")
_LOG = logging.getLogger(__name__)

Result = TypeVar("Result")


def now_utc() -> datetime:
    return datetime.now(UTC)


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
    ) -> None:
        self._key = ensure_signing_key(path.with_suffix(".key"))
        self.public_key_hex = bytes(self._key.verify_key).hex()
        self.ingress_url = ingress_url
        self.broadcast = Broadcast()
        self.odd_user_agents: Counter[str] = Counter()
        self.grants = Grants(bot_token)
        self._path = path
        self._pool = pool or ContentPool(path.with_suffix(".pool"))
        self._clock = clock
        self._limit = RateLimit()
        self._called_back: dict[str, asyncio.Event] = {}  # by the interaction that is being delivered
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
        """Call a method of self.commands, self.channel or self.replies on the store's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, method, *arguments)

    async def register(self, value: object) -> list[Command]:
        """Make these, a list as in PUT /applications/{id}/commands, the application's.  Raises DiscordError."""
        return await self.run(self.commands.overwrite, "global", value)

    async def interact(self, value: object, base_url: str) -> dict[str, Any]:
        """A member uses a command: send the interaction, wait for its acknowledgement, and tell what came of it.

        value is {data: {name, options?}, deliveries?: how often it is sent, user_id?: another than the one at the page,
        interaction_id?: send that one again}.
        Raises DiscordError for what a client of Discord would not have been able to send.
        """
        errors = FormErrors()
        fields = Fields(value, errors)
        repeated, user_id = fields.matching("interaction_id", PATTERN), fields.matching("user_id", PATTERN)
        count = fields.whole("deliveries", 1, MOST_DELIVERIES) or 1
        data = fields.raw("data")
        errors.check()
        if repeated is None:
            random = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(RANDOM_CHARACTERS))
            interaction = await self.run(self.replies.begin, data, random, user_id)
        else:
            interaction, _ = await self.run(self.replies.outcome, repeated)
        deliveries = await self._deliver(interaction, count)
        return await self.outcome(interaction.id, base_url) | {
            "deliveries": [delivery.to_json() for delivery in deliveries]
        }

    async def outcome(self, interaction_id: str, base_url: str) -> dict[str, Any]:
        """What became of the interaction so far, and what the member sees of it.  Raises DiscordError, 404/10062."""
        interaction, messages = await self.run(self.replies.outcome, interaction_id)
        return {
            "acknowledged": {"status": interaction.acknowledged_status, "ms": interaction.acknowledged_ms},
            "id": interaction.id,
            "messages": [shown_to_client(message, self.place, base_url) for message in messages],
            "state": interaction.state,
        }

    async def call_back(self, interaction_id: str, token: str, answer: Answer, uploads: Uploads) -> Message:
        """The application answers an interaction by a call of its own.  Raises DiscordError."""
        message = await self.run(self.replies.call_back, interaction_id, token, answer, uploads)
        if (called_back := self._called_back.get(interaction_id)) is not None:
            called_back.set()
        return message

    async def set_endpoint(self, url: str) -> None:
        """Send interactions there from now on, if it answers a PING and refuses a wrong signature.

        Raises DiscordError, 400/50035, where it does not.  Source: Discord, "Setting Up an Endpoint".
        """
        body = json.dumps(self.place.ping(secrets.token_hex(16))).encode()
        delivery = await self._sender.ping(url, body)
        if not isinstance(delivery.answer, Pong) or await self._sender.refusal_of(url, body) != 401:
            errors = FormErrors()
            errors.add(
                ("interactions_endpoint_url",),
                "APPLICATION_INTERACTIONS_ENDPOINT_URL_INVALID",
                "The specified interactions endpoint url could not be verified.",
            )
            errors.check()
        self.ingress_url = url

    async def oldest_s(self) -> float | None:
        """When the oldest message or interaction was made that forget() may take."""
        oldest = await self.run(self._store.oldest_id)
        return None if oldest is None else made_at(str(oldest)).timestamp()

    async def forget(self, before_s: float, most: int) -> int:
        """Delete up to `most` messages, and as many interactions, that were made before that; how many it were."""
        return await self.run(self._store.forget, first_at(before_s), most)

    async def release_free_pages(self, pages: int) -> None:
        """Up to so many free pages of the SQLite file go back to the disk."""
        await self.run(self._store.release_free_pages, pages)

    def take(self, token: str) -> Allowance:
        """Count a call with that token."""
        return self._limit.take(token, time.monotonic())

    def note_user_agent(self, user_agent: str) -> None:
        """Discord may block one that is not of its form; here it is only noted.  Source: Discord, "User Agent"."""
        if _USER_AGENT.fullmatch(user_agent):
            return
        if user_agent not in self.odd_user_agents:
            _LOG.warning(
                "User-Agent %r is not of the form that Discord asks for: DiscordBot ($url, $version)", user_agent
            )
        self.odd_user_agents[user_agent] += 1

    async def _deliver(self, interaction: Interaction, count: int) -> list[Delivery]:
        """The first answer counts; where there is none at all, the first failure does."""
        called_back = self._called_back.setdefault(interaction.id, asyncio.Event())
        sending = [self._delivered(interaction, called_back) for _ in range(count)]
        deliveries = []
        for finished in asyncio.as_completed(sending):
            delivery = await finished
            deliveries.append(delivery)
            if delivery.answer is not None or len(deliveries) == count:
                await self._settled(interaction.id, delivery)
            if delivery.problem is not None:
                _LOG.warning("interaction %s: %s", interaction.id, delivery.problem)
        self._called_back.pop(interaction.id, None)
        return deliveries

    async def _settled(self, interaction_id: str, delivery: Delivery) -> None:
        """The application has answered, so this must be kept, whenever the disk takes it."""
        for wait_s in backoffs_s():
            try:
                await self.run(self.replies.settle, interaction_id, delivery)
            except DiskUnavailable as error:
                log_waiting_for_disk(error)
                await asyncio.sleep(wait_s)
            else:
                return

    async def _delivered(self, interaction: Interaction, called_back: asyncio.Event) -> Delivery:
        delivery = await self._sender.deliver(self.ingress_url, interaction.body)
        if not isinstance(delivery.answer, ByCallback):
            return delivery
        try:
            async with asyncio.timeout(RESPOND_WITHIN_S - delivery.ms / 1000):
                await called_back.wait()
        except TimeoutError:
            problem = f"status {delivery.status}, and no callback within {RESPOND_WITHIN_S:g} s"
            return replace(delivery, answer=None, problem=problem)
        return delivery

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        def tell(change: Change) -> None:
            loop.call_soon_threadsafe(self.broadcast.publish, change)

        self._store = Store(self._path, self._pool, on_change=tell)
        ids = Snowflakes(self._clock, after=self._store.newest_id())
        made = {
            f"{name}_id": self._store.setting(name, ids.next) for name in ("application", "guild", "channel", "member")
        }
        self.place = Place(**made, public_key_hex=self.public_key_hex)
        writer = Writer(self._store, self.place, ids, self._clock)
        self.commands = Commands(self._store, self.place, ids)
        self.channel = Channel(self._store, writer, self._clock)
        self.replies = Replies(self._store, self.commands, writer, self.place, ids, self._clock)
        self.replies.give_up_pending()
