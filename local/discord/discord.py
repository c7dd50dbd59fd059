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
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from local.discord import commands
from local.discord.channel import Channel
from local.discord.delivery import Delivery, Pong, Sender
from local.discord.errors import FormErrors, rate_limited
from local.discord.events import Broadcast
from local.discord.fields import Fields
from local.discord.interaction import RANDOM_CHARACTERS, Interaction
from local.discord.limits import Allowance, RateLimit
from local.discord.place import Place
from local.discord.shown import shown_to_client
from local.discord.signing import ensure_signing_key
from local.discord.snowflake import PATTERN, Clock, Snowflakes
from local.discord.store import Change, Store

MOST_DELIVERIES = 10
_USER_AGENT = re.compile(r"DiscordBot \(\S+, [^()]+\).*")
_LOG = logging.getLogger(__name__)

Result = TypeVar("Result")


def now_utc() -> datetime:
    return datetime.now(UTC)


class LocalDiscord:
    """In use between start() and close(), or within `async with`.

    path is the SQLite file; the signing key lies beside it, with the suffix .key.  Interactions go to ingress_url.
    Calls that need a bot's token are refused while there is none.
    """

    def __init__(self, path: Path, ingress_url: str, bot_token: str | None = None, clock: Clock = now_utc) -> None:
        self._key = ensure_signing_key(path.with_suffix(".key"))
        self.public_key_hex = bytes(self._key.verify_key).hex()
        self.ingress_url = ingress_url
        self.broadcast = Broadcast()
        self.odd_user_agents: Counter[str] = Counter()
        self._bot_token = bot_token
        self._path = path
        self._clock = clock
        self._limit = RateLimit()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="discord-store")

    async def start(self) -> None:
        """Raises sqlite3.Error where the file is none of ours."""
        loop = asyncio.get_running_loop()
        self._sender = Sender(self._key, self._clock)
        await loop.run_in_executor(self._thread, self._open, loop)

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
        """Call a method of self.channel on the store's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, method, *arguments)

    async def register(self, value: object) -> list[commands.Command]:
        """Make these, a list as in PUT /applications/{id}/commands, the application's.  Raises DiscordError."""
        return await self.run(self.channel.register, value)

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
            interaction = await self.run(self.channel.begin, data, random, user_id)
        else:
            interaction, _ = await self.run(self.channel.outcome, repeated)
        deliveries = await self._deliver(interaction, count)
        return await self.outcome(interaction.id, base_url) | {
            "deliveries": [delivery.to_json() for delivery in deliveries]
        }

    async def outcome(self, interaction_id: str, base_url: str) -> dict[str, Any]:
        """What became of the interaction so far, and what the member sees of it.  Raises DiscordError, 404/10062."""
        interaction, messages = await self.run(self.channel.outcome, interaction_id)
        return {
            "acknowledged": {"status": interaction.acknowledged_status, "ms": interaction.acknowledged_ms},
            "id": interaction.id,
            "messages": [shown_to_client(message, self.place, base_url) for message in messages],
            "state": interaction.state,
        }

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

    def is_bot(self, authorization: str | None) -> bool:
        if self._bot_token is None or authorization is None:
            return False
        return secrets.compare_digest(authorization.encode(), f"Bot {self._bot_token}".encode())

    def take(self, token: str) -> Allowance:
        """Count a call with that token.  Raises DiscordError, 429, where it is one too many."""
        allowance = self._limit.take(token, time.monotonic())
        if not allowance.allowed:
            raise rate_limited(round(allowance.reset_after_s, 3))
        return allowance

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
        sending = [self._sender.deliver(self.ingress_url, interaction.body) for _ in range(count)]
        deliveries = []
        for finished in asyncio.as_completed(sending):
            delivery = await finished
            deliveries.append(delivery)
            if delivery.answer is not None or len(deliveries) == count:
                await self.run(self.channel.settle, interaction.id, delivery)
            if delivery.problem is not None:
                _LOG.warning("interaction %s: the application did not respond: %s", interaction.id, delivery.problem)
        return deliveries

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        def tell(change: Change) -> None:
            loop.call_soon_threadsafe(self.broadcast.publish, change)

        self._store = Store(self._path, on_change=tell)
        ids = Snowflakes(self._clock, after=self._store.newest_id())
        made = {
            f"{name}_id": self._store.setting(name, ids.next) for name in ("application", "guild", "channel", "member")
        }
        self.place = Place(**made, public_key_hex=self.public_key_hex)
        self.channel = Channel(self._store, self.place, ids, self._clock)
        self.channel.give_up_pending()
