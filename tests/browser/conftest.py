"""The local Discord whose page the tests open, in the loop of the browser that they share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.discord.application import Running, local_discord


@pytest_asyncio.fixture(loop_scope="session")
async def here(tmp_path: Path) -> AsyncIterator[Running]:
    async with local_discord(tmp_path) as running:
        yield running
